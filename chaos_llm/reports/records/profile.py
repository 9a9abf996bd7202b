"""The outage profile in the JSON of reports: its models, and how they are made from a plan.

Times are seconds of the profile. Windows are described as the seed placed them, in numbers and in
words.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field, field_validator

from chaos_llm.decisions.plan import PlacedWindow, Plan
from chaos_llm.profiles import evidence_grades
from chaos_llm.profiles.model import Profile, StatusPage, Window
from chaos_llm.protocol.redaction import printable_values
from chaos_llm.reports.profiles import wording


class Record(BaseModel):
    """The base of all records: frozen, and without unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @field_validator("*", mode="before")
    @classmethod
    def _encodable(cls, value: object) -> object:
        """Escape what no file can hold, such as lone surrogates, and control characters."""
        return printable_values(value)


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


def profile_record(plan: Plan) -> ProfileRecord:
    """The record of a plan's profile."""
    profile = plan.profile
    placed: dict[str, list[PlacedWindow]] = {}
    for window in plan.windows:  # a flapping window is in the plan once for each burst
        placed.setdefault(window.window.name, []).append(window)
    return ProfileRecord(
        name=profile.name,
        title=profile.title,
        starts=profile.starts,
        ends=profile.ends,
        tags=list(profile.tags),
        note=profile.note,
        assumed=round(evidence_grades.assumed_share(profile), 4),
        windows=[_window(profile, w, placed.get(w.name, [])) for w in profile.windows],
        status_pages=[_page(page) for page in profile.status_pages.values()],
        sources=[
            SourceRecord(
                key=key,
                kind=source.kind,
                grade=source.grade,
                title=source.title,
                address=source.address,
            )
            for key, source in profile.sources.items()
        ],
    )


def _window(profile: Profile, window: Window, placed: list[PlacedWindow]) -> WindowRecord:
    begins = min((burst.begins for burst in placed), default=window.begins[0])
    ends = max((burst.ends for burst in placed), default=window.ends[1])
    return WindowRecord(
        name=window.name,
        begins=begins,
        ends=ends,
        on=[wording.target(target) for target in window.on],
        providers=list(dict.fromkeys(target.provider for target in window.on)),
        share=wording.share(profile, window.share),
        shares=list(_shares(placed)),
        faults=wording.faults(window),
        stickiness=wording.stickiness(window),
        evidence=wording.marks(profile, evidence_grades.facts(window)),
        simulated=bool(placed),
        note=window.note,
    )


def _shares(bursts: list[PlacedWindow]) -> Iterator[tuple[float, float]]:
    """The points at which a share begins, changes and ends; between two bursts it is 0."""
    ended = None
    for burst in bursts:
        if ended is not None and burst.begins > ended:
            yield ended, 0.0
            yield burst.begins, 0.0
        inside = (time for time, _ in burst.window.share.points if burst.begins < time < burst.ends)
        ended = burst.ends
        for time in (burst.begins, *inside, ended):
            before = min(time, ended - min(0.001, (ended - burst.begins) / 2))
            yield time, round(burst.share(before), 4)


def _page(page: StatusPage) -> PageRecord:
    posts = sorted(page.posts, key=lambda post: post.at)
    return PageRecord(
        provider=page.provider,
        unknown=page.unknown,
        posts=[PostRecord(at=p.at, state=p.state, says=p.says, evidence=p.evidence) for p in posts],
    )
