"""The JSON of reports, as pydantic models.

All times are seconds of the profile, whose `starts` says when that was; durations are seconds. No
field holds a secret, nor a prompt, unless a caller asked for prompts.
"""

from __future__ import annotations

from typing import Any, Final, Literal

from pydantic import Field

from chaos_llm.analysis.call import Outcome
from chaos_llm.checks.check import Verdict
from chaos_llm.reports.grades import Grade
from chaos_llm.reports.records.profile import ProfileRecord, Record, StretchRecord

SCHEMA_VERSION: Final = (
    2  # raised if a field is removed or changes its meaning; new fields do not raise it
)


class LeftAlone(StretchRecord):
    """A time without a request to a provider, while so many calls used other providers."""

    calls: int


class DrawnStretch(StretchRecord):
    """A part of the run, and the number of its columns."""

    columns: int


class ProviderRecord(Record):
    """The requests to one provider, and its state; lists have an entry for each column."""

    name: str
    requests: int
    failed: int
    applied: int
    input_tokens: int
    output_tokens: int
    requests_by_column: list[int]
    failures_by_column: list[int]
    hit: list[float] = Field(description="the largest share of its requests that is hit, 0 to 1")
    down: list[StretchRecord]
    left_alone: list[LeftAlone]


class FindingRecord(Record):
    """What a check found; `claimed` is False if the test did not run this check.

    `first` names the first violation of a failed check: the call, the provider that it asked, and
    the line of the app's code that asked it.
    """

    check: str
    verdict: Verdict
    seen: str
    at: float | None
    why: str
    claimed: bool = True
    first: str = ""


class FailureRecord(Record):
    """A kind of failure: its first call, and how many calls were like it."""

    call: int
    at: float
    outcome: Outcome
    after: float
    cause: str
    calls: int


class CorruptionShownRecord(Record):
    """The silently corrupted answers that calls returned, which no app can detect."""

    calls: int
    first: int | None


class CallRecord(Record):
    """One call; `prompt` only if the caller asked for prompts."""

    number: int
    user: int
    due: float
    began: float
    ended: float
    outcome: Outcome
    inferred: bool
    grade: Grade
    age: float
    requests: int
    error: str
    prompt: str | None = None


class RunRecord(Record):
    """One replay. The lists of `over_time` and of providers have an entry for each column.

    A column is `step` seconds long; the columns of a stretch are adjacent. Between two stretches no
    call was due for a long time.
    """

    kind: Literal["chaos_llm run"] = "chaos_llm run"
    schema_version: Literal[2] = SCHEMA_VERSION
    chaos_llm: str
    profile: ProfileRecord
    seed: int
    begins: float
    ends: float
    calls: int
    users: int
    grade: Grade
    grades: dict[Grade, int]
    outcomes: dict[Outcome, int]
    inferred: int = Field(description="calls whose outcome rests on the requests alone")
    answered: float = Field(description="share of the calls, 0 to 1")
    longest_downtime: float
    longest_downtime_at: float | None
    planned: int
    effects: dict[str, int]
    step: float
    stretches: list[DrawnStretch]
    over_time: dict[Outcome, list[int]]
    providers: list[ProviderRecord]
    findings: list[FindingRecord]
    failures: list[FailureRecord]
    corruption_shown: CorruptionShownRecord
    real_peers: list[str]
    each_call: list[CallRecord] | None = None


class ExchangeRecord(Record):
    """One request of a test, in words."""

    number: int
    at: float
    until: float
    provider: str
    status: int
    end: str
    faults: list[str]
    why: str
    error_message: str


class ProblemRecord(Record):
    """A check of a test that failed, and the line of the app's code where that began.

    `file` is relative to the folder in which pytest was started, if it is in there; it is empty,
    and `line` 0, where no line is known.
    """

    check: str
    seen: str
    why: str
    file: str = ""
    line: int = 0


class TestRecord(Record):
    """One test with one profile: its replays, or its requests if it made no replay."""

    __test__ = False

    kind: Literal["chaos_llm test"] = "chaos_llm test"
    schema_version: Literal[2] = SCHEMA_VERSION
    chaos_llm: str
    test: str
    verdict: str = Field(description="passed, failed, skipped, or xfailed")
    says: str = Field(description="why it did not pass, in a line")
    seconds: float = Field(description="real time that the test took")
    profile: ProfileRecord
    seed: int
    requests: dict[str, int]
    applied: int
    runs: list[RunRecord]
    exchanges: list[ExchangeRecord]
    real_peers: list[str]
    problems: list[ProblemRecord] = Field(default=[], description="its checks that failed")
    journal: str = Field(description="the file beside this one; empty if there is none")


MODELS: dict[str, type[Record]] = {"report": RunRecord, "test": TestRecord}


def schema(name: str) -> dict[str, Any]:
    """The JSON schema of one of MODELS."""
    made = MODELS[name].model_json_schema(mode="serialization")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **made}
