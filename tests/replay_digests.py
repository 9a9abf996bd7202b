"""Digests of what replays of the shipped profiles write: journal, report as JSON, report as text.

    python tests/replay_digests.py --into DIR           keep the outputs themselves
    python tests/replay_digests.py --compared-with DIR  say what differs from kept ones
    python tests/replay_digests.py --update             write tests/golden/replay-digests.json

A change that is not meant to change behaviour leaves every digest as it is.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from renamed_fields import comparable
from support.apps.plain import PlainApp

from chaos_llm import outage
from chaos_llm.profiles import load, names

SEEDS = (0, 1, 2)
_LINES_OF_THE_APP = re.compile(r',\s*"first": "[^"]*"')  # they move with each edit of the app
GOLDEN = Path(__file__).with_name("golden") / "replay-digests.json"


@dataclass
class EveryTarget:
    """An app that asks, call after call, each target of a profile's windows in turn."""

    name: str
    apps: list[PlainApp] = field(default_factory=list)
    asked: int = 0

    def __post_init__(self) -> None:
        targets = {target for window in load(self.name).windows for target in window.on}
        self.apps = [PlainApp(target) for target in sorted(targets, key=repr)]

    def __call__(self, prompt: str) -> str:
        self.asked += 1
        return self.apps[self.asked % len(self.apps)](prompt) if self.apps else prompt


def outputs(name: str, seed: int) -> dict[str, str]:
    """What one replay of 30 calls writes, by the kind of output."""
    with outage(name, seed=seed) as chaos:
        report = chaos.replay(EveryTarget(name), calls=30)
        return {
            "journal.jsonl": chaos.journal.to_jsonl(),
            "report.json": _LINES_OF_THE_APP.sub("", report.json()),
            "report.txt": f"{report}\n{chaos.timeline()}\n",
        }


def digests(name: str, seed: int) -> dict[str, str]:
    """The same, each as 16 hexadecimal digits."""
    return {
        kind: hashlib.blake2b(text.encode(), digest_size=8).hexdigest()
        for kind, text in outputs(name, seed).items()
    }


def everything(only: list[str]) -> Iterator[tuple[str, int]]:
    """Every shipped profile at every seed."""
    for name in only or sorted(names()):
        for seed in SEEDS:
            yield name, seed


def differing(name: str, seed: int, kept: Path) -> Iterator[str]:
    """The outputs that are not what an older version wrote, under today's names."""
    for kind, text in outputs(name, seed).items():
        old = (kept / f"{name}-{seed}-{kind}").read_text(encoding="utf-8")
        if comparable(kind, old, old=True) != comparable(kind, text, old=False):
            yield f"{name}-{seed}-{kind}"


def keep(name: str, seed: int, folder: Path) -> None:
    """Write the outputs of one replay."""
    folder.mkdir(parents=True, exist_ok=True)
    for kind, text in outputs(name, seed).items():
        (folder / f"{name}-{seed}-{kind}").write_text(text, encoding="utf-8")


def main() -> int:
    """Do what the options say; 1 where outputs differ from kept ones."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("profiles", nargs="*", help="default: all that are shipped")
    parser.add_argument("--into", type=Path, metavar="DIR")
    parser.add_argument("--compared-with", type=Path, metavar="DIR")
    parser.add_argument("--update", action="store_true")
    options = parser.parse_args()
    kept = json.loads(GOLDEN.read_text(encoding="utf-8")) if options.profiles else {}
    differ = []
    for name, seed in everything(options.profiles):
        if options.into:
            keep(name, seed, options.into)
        if options.compared_with:
            differ += differing(name, seed, options.compared_with)
        if options.update:
            kept[f"{name} {seed}"] = digests(name, seed)
    if options.update:
        GOLDEN.write_text(json.dumps(dict(sorted(kept.items())), indent=1) + "\n", encoding="utf-8")
    sys.stdout.write("".join(f"{each} differs\n" for each in differ))
    return 1 if differ else 0


if __name__ == "__main__":
    sys.exit(main())
