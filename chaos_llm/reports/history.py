"""What the sessions before this one came to: a small file beside the pages of --chaos-report."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Literal

from chaos_llm.reports.html.test_matrix import Entry
from chaos_llm.reports.records.profile import Record

FILE = "history.json"
_KEPT = 10  # sessions


class Result(Record):
    """One test; `answered` is the share of its calls, None without a replay."""

    verdict: str
    answered: float | None
    calls: int
    longest_downtime: float


class Session(Record):
    """One run of pytest: when its pages were made, and its tests by node id."""

    made: datetime
    tests: dict[str, Result]


class History(Record):
    """The last sessions, the oldest first."""

    kind: Literal["chaos_llm history"] = "chaos_llm history"
    sessions: list[Session]


def session_of(entries: Sequence[Entry], made: datetime) -> Session:
    """What is kept of the tests of a session."""
    return Session(made=made, tests={entry.test.test: _result(entry) for entry in entries})


def read(folder: Path) -> list[Session]:
    """The sessions that a folder remembers; none where its file is missing or not ours."""
    try:
        text = (folder / FILE).read_text(encoding="utf-8")
        return History.model_validate_json(text).sessions
    except (OSError, ValueError):  # pydantic's errors are ValueErrors
        return []


def added(before: Sequence[Session], session: Session) -> str:
    """The text of the file with one more session; the oldest are forgotten."""
    kept = [*before, session][-_KEPT:]
    return History(sessions=kept).model_dump_json(indent=1) + "\n"


def _result(entry: Entry) -> Result:
    return Result(
        verdict=entry.test.verdict,
        answered=entry.answered,
        calls=sum(run.calls for run in entry.test.runs),
        longest_downtime=entry.longest_downtime,
    )
