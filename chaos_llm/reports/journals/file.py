"""A journal as a file: a first line on profile and seed, then a line for each request."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from chaos_llm.decisions.plan import Plan
from chaos_llm.errors import UsageError
from chaos_llm.journal.journal import Journal
from chaos_llm.protocol import strict_json

KIND = "chaos_llm journal"
_NEEDED = {"n", "at", "until", "provider", "status", "end", "call", "attempt", "fault_effects"}


@dataclass(frozen=True)
class JournalFile:
    """A journal that was read: its first line, if it has one, and its records."""

    about: Mapping[str, Any]
    records: Sequence[Mapping[str, Any]]

    def when(self, time: float) -> str:
        """A time as a date and time of day, or in seconds if the journal has no first line."""
        starts = self.about.get("starts")
        if starts is None:
            return f"{time:g} s"
        return f"{datetime.fromisoformat(starts) + timedelta(seconds=time):%d %b %H:%M:%S}"

    @property
    def source(self) -> str:
        """The profile and the seed, or an empty text if the journal has no first line."""
        return f" on {self.about['profile']}, seed {self.about['seed']}" if self.about else ""

    def window(self, name: str) -> Mapping[str, Any]:
        """The facts of a window in the first line; empty if there are none."""
        windows = self.about.get("windows", ())
        return next((window for window in windows if window["name"] == name), {})


def written(journal: Journal, plan: Plan) -> str:
    """The file's text, without prompts and answers, and with digests instead of credentials."""
    return strict_json.dumps(_about(plan)) + "\n" + journal.to_jsonl()


def read(lines: Iterable[str], name: str = "the journal") -> JournalFile:
    """Read such a file, or the lines of `chaos.journal.to_jsonl()`; raises UsageError otherwise."""
    try:
        records: list[Any] = Journal.read(lines)
    except ValueError as error:
        raise UsageError(f"{name} is no journal: {error}; give a .jsonl file") from None
    about = {}
    if records and isinstance(records[0], dict) and records[0].get("kind") == KIND:
        about, records = records[0], records[1:]
    for record in records:
        if not isinstance(record, dict) or not set(record) >= _NEEDED:
            message = f"{name} is no journal: a line is not the record of a request"
            raise UsageError(
                f"{message}; give what chaos.journal.to_jsonl() or --chaos-report wrote"
            )
    return JournalFile(about, records)


def _about(plan: Plan) -> dict[str, Any]:
    return {
        "kind": KIND,
        "schema_version": 2,
        "profile": plan.profile.name,
        "title": plan.profile.title,
        "starts": plan.profile.starts.isoformat(),
        "seed": plan.seed,
        "windows": list(_windows(plan)),
    }


def _windows(plan: Plan) -> Iterator[dict[str, Any]]:
    written_names = set()
    for placed in plan.windows:  # a flapping window is in the plan once for each burst
        name, sticky_by, sticky_for = (
            placed.window.name,
            placed.window.sticky_by,
            placed.window.sticky_for,
        )
        if name not in written_names:
            written_names.add(name)
            yield {
                "name": name,
                "sticky_by": sticky_by,
                "sticky_for": sticky_for,
                "opened": placed.opened,
            }
