"""The tables of a profile's file, as pydantic models.

A field's description completes the sentence "expected ..." in error messages and is the
documentation in the JSON schema.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from chaos_llm import faults, providers
from chaos_llm.network import TOXICS
from chaos_llm.profiles.value_kinds import (
    DURATION,
    EVIDENCE,
    MOMENT,
    PER_MINUTE,
    SPAN,
    AnyDate,
    Duration,
    Moment,
    Span,
    Table,
    Text,
)
from chaos_llm.profiles.window_tables import WindowTable


class SourceTable(Table):
    """[sources.KEY]."""

    kind: Literal["provider", "monitor", "recording", "press", "user"] = Field(
        description="'provider', 'monitor', 'recording', 'press' or 'user'"
    )
    title: str = Field("", description="text")
    address: str = Field("", description="a web address, as text")


class PostTable(Table):
    """One post of a status page."""

    at: Moment = Field(description=MOMENT)
    state: Literal["", "investigating", "identified", "monitoring", "resolved", "postmortem"] = (
        Field(
            "",
            description="'investigating', 'identified', 'monitoring', 'resolved' or 'postmortem'",
        )
    )
    says: str = Field("", description="text")
    incident: int = Field(1, ge=1, description="the number of the incident on that page")
    impact: Literal["", "none", "minor", "major", "critical"] = Field(
        "", description="'none', 'minor', 'major' or 'critical'"
    )
    components: list[Text] = Field(
        default_factory=list, description="a list of the page's components that are affected"
    )
    evidence: Text | None = Field(None, description=EVIDENCE)


class StatusPageTable(Table):
    """[status_page.PROVIDER]."""

    posts: list[PostTable] = Field(
        default_factory=list, description='a list of posts: [{ at = ..., state = "resolved" }]'
    )
    unknown: bool = Field(False, description="true or false")
    evidence: Text | None = Field(None, description=EVIDENCE)


class EventTable(Table):
    """[[event]]."""

    at: Moment = Field(description=MOMENT)
    says: Text = Field(description="text")
    evidence: Text = Field(description=EVIDENCE)


class ModelLatencyTable(Table):
    """One entry of `models` in [baseline.PROVIDER]."""

    model: Text = Field(description="a model's name, or a pattern with *")
    first_token: Duration = Field(0.0, description=DURATION)
    token: Duration = Field(0.0, description=DURATION)
    evidence: Text | None = Field(None, description=EVIDENCE)


class HealthyLatencyTable(Table):
    """[baseline.PROVIDER]."""

    first_token: Duration = Field(0.0, description=DURATION)
    token: Duration = Field(0.0, description=DURATION)
    models: list[ModelLatencyTable] = Field(
        default_factory=list,
        description='a list of models: [{ model = "gpt-4o*", first_token = 0.5 }]',
    )
    evidence: Text = Field(description=EVIDENCE)


class EdgeTable(Table):
    """[edge.NAME]: a CDN or proxy that several providers share."""

    providers: list[Text] = Field(min_length=1, description="a list of providers")
    evidence: Text = Field(description=EVIDENCE)


class QuotaTable(Table):
    """[quota.PROVIDER]: the rate limits of each credential."""

    requests_per_minute: float | None = Field(None, ge=1, description=PER_MINUTE)
    tokens_per_minute: float | None = Field(None, ge=1, description=PER_MINUTE)
    evidence: Text = Field(description=EVIDENCE)


class ProfileTable(Table):
    """A whole file."""

    title: Text = Field(description="text")
    starts: AnyDate | Annotated[list[AnyDate], Field(min_length=2, max_length=2)] = Field(
        description="a time with its zone (2026-03-02T11:37:00Z), a day (2026-03-02), "
        "or [earliest, latest] of them"
    )
    ends: Span = Field(description=SPAN)
    tags: list[Text] = Field(default_factory=list, description="a list of strings")
    confidence: str = Field("", description="text")
    note: str = Field("", description="text")
    sources: dict[str, SourceTable] = Field(
        default_factory=dict, description="tables: [sources.KEY]"
    )
    window: list[WindowTable] = Field(default_factory=list, description="tables: [[window]]")
    status_page: dict[str, StatusPageTable] = Field(
        default_factory=dict, description="tables: [status_page.PROVIDER]"
    )
    event: list[EventTable] = Field(default_factory=list, description="tables: [[event]]")
    baseline: dict[str, HealthyLatencyTable] = Field(
        default_factory=dict, description="tables: [baseline.PROVIDER]"
    )
    quota: dict[str, QuotaTable] = Field(
        default_factory=dict, description="tables: [quota.PROVIDER]"
    )
    edge: dict[str, EdgeTable] = Field(default_factory=dict, description="tables: [edge.NAME]")


def schema() -> dict[str, Any]:
    """The JSON schema of the format, for editors; it lacks the parameters of faults."""
    format_ = ProfileTable.model_json_schema(by_alias=True)
    format_ |= {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "An outage profile",
    }
    tables = format_["$defs"]
    tables["WeightedFaultTable"]["properties"]["fault"]["enum"] = sorted(faults.known())
    tables["ToxicTable"]["properties"]["toxic"]["enum"] = list(TOXICS)
    names = dict.fromkeys(provider.name for provider in providers.known())
    tables["TargetTable"]["properties"]["provider"]["examples"] = [*names, "*"]
    return format_
