"""The tables of a [[window]], as pydantic models.

A field's description completes the sentence "expected ..." in error messages.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from chaos_llm.profiles.value_kinds import (
    DURATION,
    EVIDENCE,
    SPAN,
    Duration,
    EvidenceText,
    Part,
    Point,
    Span,
    Table,
    Text,
)


def field_of(key: str) -> str:
    """The attribute of a table that holds a key of the file; `except` is a keyword of Python."""
    return "except_" if key == "except" else key


class TargetTable(Table):
    """One entry of a window's `on`."""

    provider: Text | None = Field(None, description='the name of a provider, or "*"')
    edge: Text | None = Field(None, description="the name of an [edge.NAME] instead of a provider")
    surface: Literal["api", "login", "page", "client", "billing", "web"] = Field(
        "api", description="a surface"
    )
    model: str = Field("", description="a model's name, or a pattern with *")
    path: str = Field("", description="a path, or a pattern with *")
    region: str = Field("", description="a region, or a pattern with *")
    credential: str = Field("", description="the fingerprint of a credential")
    stream: bool | None = Field(None, description="true or false")
    larger_than: int | None = Field(None, ge=0, description="a number of bytes")
    tier: Literal["", "free", "pay-as-you-go", "subscription", "enterprise"] = Field(
        "", description="'free', 'pay-as-you-go', 'subscription' or 'enterprise'"
    )


class WeightedFaultTable(Table):
    """One entry of a window's `faults`; all other keys are parameters of the fault."""

    model_config = ConfigDict(extra="allow")

    fault: Text = Field(description="the name of a fault")
    weight: float = Field(1.0, gt=0, description="a number over 0")


class ToxicTable(Table):
    """One entry of a window's `network`; all other keys are parameters of the toxic."""

    model_config = ConfigDict(extra="allow")

    toxic: Text = Field(description="the name of a toxic, as Toxiproxy calls it")


class FlapTable(Table):
    """Alternating failures and healthy times within a window."""

    down: Duration = Field(description=DURATION)
    up: Duration = Field(description=DURATION)


class CapacityTable(Table):
    """The load that the provider can serve; all that exceeds it fails."""

    requests: float | None = Field(None, gt=0, description="a number over 0")
    times: float | None = Field(None, gt=0, description="a multiple of the healthy load, over 0")
    per: Duration = Field("1m", description=DURATION)
    collapses_at: float | None = Field(None, gt=0, description="a load over the capacity")


class RangeTable(Table):
    """A share that is known as a range: { from = low, to = high }."""

    low: Part = Field(alias="from")
    high: Part = Field(alias="to")


class BoundTable(Table):
    """A share of which only an upper bound is known; documented, not simulated."""

    below: Part


class WindowTable(Table):
    """[[window]]."""

    name: Text = Field(description="a name, as text")
    begins: Span = Field(alias="from", description=SPAN)
    until: Span = Field(description=SPAN)
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
    sticky_by: Literal["request", "client", "credential", "session"] | None = Field(
        None, description="'request', 'client', 'credential' or 'session'"
    )
    sticky_for: Duration | None = Field(None, description=DURATION)
    faults: list[WeightedFaultTable] | None = Field(
        None, min_length=1, description='a list of faults: [{ fault = "overloaded", weight = 1 }]'
    )
    network: list[ToxicTable] | None = Field(
        None, min_length=1, description='a list of toxics: [{ toxic = "latency", latency = "1s" }]'
    )
    except_: list[TargetTable] | None = Field(
        None,
        alias="except",
        min_length=1,
        description='a list of targets: [{ provider = "openai", path = "..." }]',
    )
    flap: FlapTable | None = Field(
        None, description='alternating times: { down = "5m", up = "5m" }'
    )
    capacity: CapacityTable | None = Field(
        None, description="a load: { requests = 60 } a minute, or { times = 1.5 } the healthy one"
    )
    extends: Text | None = Field(None, description="the name of another window")
    evidence: Text | dict[str, EvidenceText] = Field(
        description=f"for each of the window's facts {EVIDENCE}; or one for all of them"
    )
    note: str = Field("", description="text")
