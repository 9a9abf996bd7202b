"""One run of a campaign: what is to be played, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

# A run that raised, never ended in real time, or lost its worker is a row of the result, too.
Status = Literal["judged", "crashed", "hung", "lost"]


@dataclass(frozen=True, order=True)
class Case:
    """One profile at one seed. Cases are ordered by profile, then by seed."""

    profile: str
    seed: int


@dataclass(frozen=True)
class Row:
    """What one run showed; numbers are counts, `downtime` is in seconds of the profile.

    `passed` and `failed` are names of checks. `lost_requests` are requests that brought no
    answer to a call. `tokens` were billed, in and out; `wasted_tokens` of them for answers that no
    user got. `error` says why a run was not judged.
    """

    profile: str
    seed: int
    status: Status = "judged"
    calls: int = 0
    answered: int = 0
    passed: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    downtime: float = 0.0
    requests: int = 0
    lost_requests: int = 0
    tokens: int = 0
    wasted_tokens: int = 0
    grade: str = "unjudged"
    findings: Mapping[str, str] = field(default_factory=dict)  # of failed checks: what was seen
    error: str = ""

    @property
    def case(self) -> Case:
        """The run that this row is about."""
        return Case(self.profile, self.seed)

    @property
    def share_answered(self) -> float:
        """Share of the calls that were answered; a run that was not judged answered none."""
        return self.answered / self.calls if self.calls else 0.0

    @property
    def is_bad(self) -> bool:
        """Whether it lost an answer, failed a check or was not judged."""
        return self.status != "judged" or bool(self.failed) or self.answered < self.calls

    def to_record(self) -> dict[str, Any]:
        """A dict for JSON."""
        record = asdict(self)
        return {**record, "findings": dict(sorted(self.findings.items()))}

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Row:
        """The row that `to_record` wrote."""
        lists = {name: tuple(record[name]) for name in ("passed", "failed")}
        return cls(**{**record, **lists})
