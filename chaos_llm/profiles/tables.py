"""What a profile's file may say, as pydantic models.

A field's description completes the sentence "expected ..." in our error messages and is the
documentation in the JSON schema.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

from chaos_llm import durations

_MOMENT = (
    "a time with its zone (2026-03-02T11:37:00Z), a day (2026-03-02), or an offset from `starts` "
    '("+1h30m")'
)
_SPAN = f"{_MOMENT}, or [earliest, latest] of them"
_DURATION = 'a duration: seconds (90) or text ("90s", "10m", "1h30m")'
_PER_MINUTE = "a number, 1 or more"
_BASIS = 'the key of a source, a list of them, or "assumed"'


def _offset(text: str) -> str:
    if text[:1] not in ("+", "-"):
        raise ValueError("an offset begins with its sign")
    durations.seconds(text[1:])
    return text


def _checked_duration(value: float | str) -> float | str:
    durations.seconds(value)
    return value


Offset = Annotated[str, AfterValidator(_offset)]
Moment = AwareDatetime | date | Offset
Span = Moment | Annotated[list[Moment], Field(min_length=2, max_length=2)]
Duration = Annotated[float | str, AfterValidator(_checked_duration)]
Part = Annotated[float, Field(ge=0, le=1)]
Point = Annotated[tuple[Moment, Part], Field(strict=False)]
Basis = str | Annotated[list[str], Field(min_length=1)]
Text = Annotated[str, Field(min_length=1)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


class SourceTable(_Table):
    """[sources.KEY]."""

    kind: Literal["provider", "monitor", "press", "user"] = Field(
        description="'provider', 'monitor', 'press' or 'user'"
    )
    title: str = Field("", description="text")
    address: str = Field("", description="a web address, as text")


class TargetTable(_Table):
    """One entry of a window's `on`."""

    provider: Text = Field(description='the name of a provider, or "*"')
    surface: Literal["api", "login", "page", "billing", "web"] = Field(
        "api", description="a surface"
    )
    model: str = Field("", description="a model's name, or a pattern with *")
    path: str = Field("", description="a path, or a pattern with *")
    region: str = Field("", description="a region, or a pattern with *")
    credential: str = Field("", description="the fingerprint of a credential")
    stream: bool | None = Field(None, description="true or false")
    larger_than: int | None = Field(None, ge=0, description="a number of bytes")


class MixedTable(_Table):
    """One entry of a window's `mix`; all other keys are the fault's own."""

    model_config = ConfigDict(extra="allow")

    fault: Text = Field(description="the name of a fault")
    weight: float = Field(1.0, gt=0, description="a number over 0")


class RangeTable(_Table):
    """A share that is known as a range, written out."""

    low: Part = Field(alias="from")
    high: Part = Field(alias="to")


class BoundTable(_Table):
    """A share of which only an upper bound is known; told, and not played."""

    below: Part


class WindowTable(_Table):
    """[[window]]."""

    name: Text = Field(description="a name, as text")
    begins: Span = Field(alias="from", description=_SPAN)
    until: Span = Field(description=_SPAN)
    on: list[TargetTable] | None = Field(
        None, min_length=1, description='a list of targets: [{ provider = "anthropic" }]'
    )
    share: (
        Part
        | Annotated[list[Part], Field(min_length=2, max_length=2)]
        | Annotated[list[Point], Field(min_length=1)]
        | RangeTable
        | BoundTable
        | None
    ) = Field(
        None,
        description="a number from 0 to 1, a range [low, high] or { from = low, to = high }, "
        "{ below = bound }, or a line of points [[time, share], ...]",
    )
    per: Literal["request", "client", "credential", "session"] | None = Field(
        None, description="'request', 'client', 'credential' or 'session'"
    )
    redraw: Duration | None = Field(None, description=_DURATION)
    mix: list[MixedTable] | None = Field(
        None, min_length=1, description='a list of faults: [{ fault = "overloaded", weight = 1 }]'
    )
    like: Text | None = Field(None, description="the name of another window")
    basis: Text | dict[str, Basis] = Field(
        description=f"for each of the window's facts {_BASIS}; or one for them all"
    )
    note: str = Field("", description="text")


class PostTable(_Table):
    """One post of a status page."""

    at: Moment = Field(description=_MOMENT)
    state: Literal["", "investigating", "identified", "monitoring", "resolved", "postmortem"] = (
        Field(
            "",
            description="'investigating', 'identified', 'monitoring', 'resolved' or 'postmortem'",
        )
    )
    says: str = Field("", description="text")
    incident: int = Field(1, ge=1, description="the number of the incident on that page")
    basis: Text | None = Field(None, description=_BASIS)


class PageTable(_Table):
    """[page.PROVIDER]."""

    posts: list[PostTable] = Field(
        default_factory=list, description='a list of posts: [{ at = ..., state = "resolved" }]'
    )
    unknown: bool = Field(False, description="true or false")
    basis: Text | None = Field(None, description=_BASIS)


class AsideTable(_Table):
    """[[aside]]."""

    at: Moment = Field(description=_MOMENT)
    says: Text = Field(description="text")
    basis: Text = Field(description=_BASIS)


class PaceTable(_Table):
    """[healthy.PROVIDER]."""

    first_token: Duration = Field(0.0, description=_DURATION)
    token: Duration = Field(0.0, description=_DURATION)
    basis: Text = Field(description=_BASIS)


class QuotaTable(_Table):
    """[quota.PROVIDER]: what one credential may ask for in a minute."""

    requests_per_minute: float | None = Field(None, ge=1, description=_PER_MINUTE)
    tokens_per_minute: float | None = Field(None, ge=1, description=_PER_MINUTE)
    basis: Text = Field(description=_BASIS)


class ProfileTable(_Table):
    """A whole file."""

    title: Text = Field(description="text")
    starts: (
        AwareDatetime
        | date
        | Annotated[list[AwareDatetime | date], Field(min_length=2, max_length=2)]
    ) = Field(
        description="a time with its zone (2026-03-02T11:37:00Z), a day (2026-03-02), "
        "or [earliest, latest] of them"
    )
    ends: Span = Field(description=_SPAN)
    tags: list[Text] = Field(default_factory=list, description="a list of strings")
    grade: str = Field("", description="text")
    note: str = Field("", description="text")
    sources: dict[str, SourceTable] = Field(
        default_factory=dict, description="tables: [sources.KEY]"
    )
    window: list[WindowTable] = Field(default_factory=list, description="tables: [[window]]")
    page: dict[str, PageTable] = Field(default_factory=dict, description="tables: [page.PROVIDER]")
    aside: list[AsideTable] = Field(default_factory=list, description="tables: [[aside]]")
    healthy: dict[str, PaceTable] = Field(
        default_factory=dict, description="tables: [healthy.PROVIDER]"
    )
    quota: dict[str, QuotaTable] = Field(
        default_factory=dict, description="tables: [quota.PROVIDER]"
    )


def schema() -> dict[str, Any]:
    """The format as a JSON schema, for editors; the parameters of faults are not in it."""
    return ProfileTable.model_json_schema(by_alias=True)
