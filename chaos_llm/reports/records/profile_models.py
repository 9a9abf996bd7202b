"""The bad day in the JSON of reports; times are seconds of the profile."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field, field_validator

from chaos_llm.redaction import spelt_out


class Record(BaseModel):
    """What all of them share: frozen, and nothing unknown in them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @field_validator("*", mode="before")
    @classmethod
    def _encodable(cls, value: object) -> object:
        """Spell out what no file can hold: half letters, and what a page's reader would obey."""
        return spelt_out(value)


class StretchRecord(Record):
    """From and until."""

    begins: float
    ends: float


class WindowRecord(StretchRecord):
    """One window as it was played: where only a range is known the seed has picked."""

    name: str
    on: list[str]
    providers: list[str]
    share: str
    shares: list[tuple[float, float]] = Field(description="(time, share) where it changes course")
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
    """A provider's status page; `unknown` where its posts were not found."""

    provider: str
    unknown: bool
    posts: list[PostRecord]


class SourceRecord(Record):
    """Where facts of a profile come from."""

    key: str
    kind: str
    grade: str
    title: str
    address: str


class ProfileRecord(Record):
    """The bad day."""

    name: str
    title: str
    starts: datetime
    ends: float
    tags: list[str]
    note: str
    assumed: float = Field(description="share of the played facts that nobody reported, 0 to 1")
    windows: list[WindowRecord]
    status_pages: list[PageRecord]
    sources: list[SourceRecord]
