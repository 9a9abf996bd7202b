"""The outage profile in the JSON of reports; times are seconds of the profile."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field


class Record(BaseModel):
    """The base of all records: frozen, and without unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class StretchRecord(Record):
    """A time interval."""

    begins: float
    ends: float


class WindowRecord(StretchRecord):
    """One window as it was simulated: of a range of values the seed picked one."""

    name: str
    on: list[str]
    providers: list[str]
    share: str
    shares: list[tuple[float, float]] = Field(
        description="(time, share) at each point where the share changes"
    )
    faults: str
    stickiness: str
    evidence: str
    simulated: bool
    note: str = ""


class PostRecord(Record):
    """One post of a status page."""

    at: float
    state: str
    says: str
    evidence: str


class PageRecord(Record):
    """A provider's status page; `unknown` if its posts were not found."""

    provider: str
    unknown: bool
    posts: list[PostRecord]


class SourceRecord(Record):
    """A source of facts of a profile."""

    key: str
    kind: str
    grade: str
    title: str
    address: str


class ProfileRecord(Record):
    """The outage profile."""

    name: str
    title: str
    starts: datetime
    ends: float
    tags: list[str]
    note: str
    assumed: float = Field(
        description="share of the simulated facts that no source reported, 0 to 1"
    )
    windows: list[WindowRecord]
    status_pages: list[PageRecord]
    sources: list[SourceRecord]
