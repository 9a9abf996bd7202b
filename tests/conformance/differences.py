"""Count what our replies have otherwise than recorded ones, row by row.

    python tests/conformance/differences.py [PROVIDER ...]      a line a reply, and the sums
    python tests/conformance/differences.py --paths [PROVIDER]  each difference

`missing` are key paths that at least half of a row's recordings have and we do not, `other` those
that we have in a type that no recording has, `extra` those that no recording has, `headers` those
that at least half have and we do not. What `reasons.toml` explains is counted in the last column.
"""

from __future__ import annotations

import argparse
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import NamedTuple

from requests_of import wire
from shapes import Shape, is_private, shape_of

from chaos_llm.decisions.overrides import Overrides
from chaos_llm.decisions.plan import Plan
from chaos_llm.engine.engine import Engine
from chaos_llm.faults import Fault, auth_expired, rate_limited, wrong_refusal
from chaos_llm.faults.fault import FaultContext
from chaos_llm.journal.journal import Journal
from chaos_llm.profiles.model import Profile
from chaos_llm.protocol.keyed_random import KeyedRandom
from chaos_llm.protocol.messages import Reply, WireRequest
from chaos_llm.providers import ReplyContext
from chaos_llm.requests.correlation import Correlation
from chaos_llm.requests.hosts import host_map

HERE = Path(__file__).parent
KINDS = ("missing", "other", "extra", "headers")
_HALF = 50


@dataclass
class Row:
    """What the recordings of one provider, endpoint, form, status and content have in common."""

    provider: str
    title: str
    recordings: int
    paths: dict[str, tuple[int, frozenset[str]]] = field(default_factory=dict)
    headers: dict[str, tuple[int, str]] = field(default_factory=dict)
    events: str = ""

    @property
    def name(self) -> str:
        """How reasons and tests call it."""
        return f"{self.provider} {self.title}"


class Difference(NamedTuple):
    """One path or header of one reply, and how it differs."""

    row: str
    kind: str
    path: str
    detail: str = ""


def rows(provider: str) -> Iterator[Row]:
    """The rows of a provider's table."""
    row = None
    for line in (HERE / "tables" / f"{provider}.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            if row:
                yield row
            title, _, count = line[1:].rpartition("] ")
            row = Row(provider, title, int(count))
        elif row and line.startswith("event "):
            row.events = line.removeprefix("event ")
        elif row and line.startswith("header "):
            name, share, media = (*line.split(" ", 3)[1:], "")[:3]
            row.headers[name] = int(share), media
        elif row:
            path, share, kinds = line.split(" ", 2)
            row.paths[path] = int(share), frozenset(kinds.split(","))
    if row:
        yield row


def providers() -> list[str]:
    """Every provider that has a table."""
    return sorted(path.stem for path in (HERE / "tables").glob("*.txt"))


def differences(row: Row) -> Iterator[Difference]:
    """Every difference between our reply and a row's recordings."""
    ours = our_shape(row)
    if f" {ours.status} " not in row.name:
        yield Difference(row.name, "other", "status", str(ours.status))
    yield from _of_paths(row, ours)
    yield from _of_headers(row, ours)


def _of_paths(row: Row, ours: Shape) -> Iterator[Difference]:
    for path, (share, kinds) in row.paths.items():
        if path.startswith("<[DONE]>"):
            continue
        if path not in ours.types:
            if share >= _HALF:
                yield Difference(row.name, "missing", path)
        elif other := {kind for kind in ours.types[path] if not _known(kind, kinds)}:
            yield Difference(row.name, "other", path, f"{sorted(other)}, not {sorted(kinds)}")
    repeats = " responses " in row.name
    for path in ours.types:
        own = path.startswith(("<[DONE]>", "<:comment>")) or is_private(path, repeats=repeats)
        if path not in row.paths and not own:
            yield Difference(row.name, "extra", path)


def _of_headers(row: Row, ours: Shape) -> Iterator[Difference]:
    for name, (share, media) in row.headers.items():
        if (share >= _HALF and name not in ours.headers) or (
            media and ours.headers.get(name) != media
        ):
            yield Difference(row.name, "headers", name, media)


def _known(kind: str, kinds: frozenset[str]) -> bool:
    return any(kind == known or kind == known.partition(":")[0] for known in kinds)


def our_shape(row: Row) -> Shape:
    """The shape of what we answer to such a request."""
    endpoint, form, status, has = row.title.split(" ")
    fault = _FAULTS.get(int(status))
    if row.name.startswith("gemini generateContent plain 400"):
        fault = auth_expired()  # what was recorded is the refusal of a key
    asked = wire(row.provider, endpoint, form, "text" if fault else has)
    return shape_of(_answered(asked, row.provider, fault))


_FAULTS: dict[int, Fault] = {
    400: wrong_refusal(),
    401: auth_expired(),
    403: wrong_refusal(403),
    404: wrong_refusal(404),
    429: rate_limited(),
}


def _answered(asked: WireRequest, provider: str, fault: Fault | None) -> Reply:
    engine = Engine(
        Overrides(Plan(_HEALTHY, seed=1)),
        Journal(),
        Correlation(),
        lambda: 0.0,
    )
    hosts = host_map({})
    format_ = hosts.provider((provider,), asked.method, asked.path)
    if fault is None:
        return engine.exchange(format_, asked)[1]
    request = format_.parse(asked)
    refusal = fault.on_answer(None, FaultContext(request, KeyedRandom("conformance")))
    return format_.render(request, refusal, ReplyContext(1772451420.0, KeyedRandom("conformance")))


_HEALTHY = Profile("healthy", "nothing happens", datetime(2026, 3, 2, tzinfo=UTC), 3600.0, ())


@cache
def reasons() -> list[dict[str, str]]:
    """The differences that stay, each with its reason."""
    return tomllib.loads((HERE / "reasons.toml").read_text(encoding="utf-8"))["reason"]


def reason_for(difference: Difference) -> dict[str, str] | None:
    """The first row of reasons.toml that covers a difference."""
    for reason in reasons():
        if (
            difference.kind in reason["kind"].split()
            and fnmatchcase(difference.row, reason["row"])
            and any(fnmatchcase(difference.path, glob) for glob in reason["path"].split())
        ):
            return reason
    return None


def main() -> None:
    """Print the counts, or each difference."""
    parser = argparse.ArgumentParser(description="Compare our replies with recorded ones.")
    parser.add_argument("providers", nargs="*", default=providers())
    parser.add_argument("--paths", action="store_true", help="print each difference")
    chosen = parser.parse_args()
    sums = dict.fromkeys((*KINDS, "explained"), 0)
    print(f"{'reply':52}" + "".join(f"{name:>10}" for name in sums))
    for provider in chosen.providers:
        for row in rows(provider):
            counts = dict.fromkeys(sums, 0)
            for difference in differences(row):
                counts["explained" if reason_for(difference) else difference.kind] += 1
                if chosen.paths and not reason_for(difference):
                    print("   ", difference.kind, difference.path, difference.detail)
            for name, count in counts.items():
                sums[name] += count
            print(f"{row.name:52}" + "".join(f"{count:10}" for count in counts.values()))
    print(f"{'all':52}" + "".join(f"{count:10}" for count in sums.values()))


if __name__ == "__main__":
    main()
