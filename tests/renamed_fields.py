"""Old and new names of what journals and reports hold, from schema version 1 to 2.

`python tests/replay_digests.py --compared-with DIR` uses it to show that the outputs of an older
version, kept with `--into DIR`, say the same under the new names.
"""

from __future__ import annotations

import json
import re
from typing import Any

KEYS = {
    "nth": "attempt",
    "said": "error_message",
    "met": "fault_effects",
    "throws": "draws",
    "spoilt": "silently_corrupted",
    "struck": "applied",
    "not struck": "no_effect",
    "not expressible": "unsupported",
    "shadowed": "masked",
    "exposed": "corruption shown",
    "longest_gap": "longest_downtime",
    "longest_gap_at": "longest_downtime_at",
    "exposure": "corruption_shown",
    "asked_and_failed": "failures_by_column",
    "basis": "evidence",
    "played": "simulated",
    "die": "stickiness",
    "pages": "status_pages",
}
EFFECTS = {
    "struck": "applied",
    "not struck": "no_effect",
    "not expressible": "unsupported",
    "shadowed": "masked",
    "exposed": "corruption shown",
}
CHECKS = {
    "closes_after_recovery": "restores_traffic_to",
    "refreshes_once": "refreshes_token_once",
    "gap_stays_under": "downtime_stays_under",
}
FACTS = {
    "per": "sticky_by",
    "redraw": "sticky_for",
    "mix": "faults",
    "spares": "except",
    "like": "extends",
}


def renamed(value: Any, inside: str = "") -> Any:
    """The same JSON value under the new names; `inside` is the old key that holds it."""
    if isinstance(value, dict):
        named = {_key(key, each, inside): renamed(each, key) for key, each in value.items()}
        return named | ({"schema_version": 2} if "schema_version" in named else {})
    if isinstance(value, list):
        return [renamed(each, inside) for each in value]
    return _text(value, inside) if isinstance(value, str) else value


def _key(key: str, value: object, inside: str) -> str:
    if key == "asked":  # of a finding, and of a provider
        return "claimed" if isinstance(value, bool) else "requests_by_column"
    if key == "met" and inside == "failures":
        return "cause"
    return KEYS.get(key, key)


def _text(text: str, inside: str) -> str:
    if text in EFFECTS:
        return EFFECTS[text]
    for old, new in CHECKS.items():
        text = re.sub(rf"\b{old}\b", new, text)
    if inside == "basis":
        for old, new in FACTS.items():
            text = text.replace(f"[{old} ", f"[{new} ")
    return text.replace("see before=", "see warmup=")


def comparable(kind: str, text: str, *, old: bool) -> str:
    """An output in a form in which equal ones are equal texts, whatever the order of keys."""
    convert = renamed if old else lambda value: value
    if kind.endswith(".jsonl"):
        lines = (json.dumps(convert(json.loads(line))) for line in text.splitlines())
        return "\n".join(lines)
    if kind.endswith(".json"):
        return json.dumps(convert(json.loads(text)), indent=1, sort_keys=True)
    return "\n".join(map(_line, text.splitlines())) if old else text.rstrip("\n")


def _line(line: str) -> str:
    """A line of a report as text."""
    named = EFFECTS if line.startswith("faults planned") else CHECKS
    for old in sorted(named, key=len, reverse=True):  # "not struck" before "struck"
        line = re.sub(rf"(?<!\w){re.escape(old)}\b", named[old], line)
    return line
