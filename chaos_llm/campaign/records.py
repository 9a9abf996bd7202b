"""A campaign's table as a JSON file, whose schema `chaos-llm schema campaign` prints."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from chaos_llm.campaign.case import Status
from chaos_llm.campaign.intervals import Estimate
from chaos_llm.campaign.table import Summary, Table
from chaos_llm.campaign.text import description, replay_command


class Record(BaseModel):
    """An object of the file."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class EstimateRecord(Record):
    """A value with its interval of 95 %."""

    value: float
    low: float
    high: float


class RunOfCampaignRecord(Record):
    """One of the worst runs, and the command that plays it again."""

    profile: str
    seed: int
    status: Status
    seen: str
    command: str


class SummaryRecord(Record):
    """The runs of one profile, or of all; durations are in seconds."""

    name: str
    runs: int
    not_judged: int
    grade: str
    answered: EstimateRecord = Field(description="share of the calls, 0 to 1")
    bad: EstimateRecord = Field(
        description="share of the runs that lost an answer or failed a check"
    )
    longest_downtime: EstimateRecord
    requests_a_call: EstimateRecord
    waste: EstimateRecord = Field(description="share of the requests that brought no answer")
    tokens_a_call: EstimateRecord = Field(description="billed tokens, in and out")
    wasted_tokens: EstimateRecord = Field(
        description="share of the billed tokens that paid for answers that no user got"
    )
    checks: dict[str, EstimateRecord] = Field(description="share of judged runs that failed")
    worst: list[RunOfCampaignRecord]


class CampaignRecord(Record):
    """A campaign: an app against many profiles and seeds."""

    kind: Literal["chaos_llm campaign"] = "chaos_llm campaign"
    schema_version: Literal[1] = 1
    chaos_llm: str
    app: str
    profiles: list[SummaryRecord]
    in_all: SummaryRecord


def record(table: Table, folder: str) -> CampaignRecord:
    """The record of a table; `folder` is where the campaign is."""
    return CampaignRecord(
        chaos_llm=version("chaos_llm"),
        app=table.app,
        profiles=[_summary(each, folder) for each in table.profiles],
        in_all=_summary(table.in_all, folder),
    )


def schema() -> dict[str, Any]:
    """The JSON schema of the file."""
    return CampaignRecord.model_json_schema()


def _summary(summary: Summary, folder: str) -> SummaryRecord:
    return SummaryRecord(
        name=summary.name,
        runs=len(summary.rows),
        not_judged=len(summary.not_judged),
        grade=summary.grade,
        answered=_estimate(summary.answered),
        bad=_estimate(summary.bad),
        longest_downtime=_estimate(summary.downtime),
        requests_a_call=_estimate(summary.requests),
        waste=_estimate(summary.waste),
        tokens_a_call=_estimate(summary.cost),
        wasted_tokens=_estimate(summary.wasted_tokens),
        checks={name: _estimate(found) for name, found in summary.checks.items()},
        worst=[
            RunOfCampaignRecord(
                profile=row.profile,
                seed=row.seed,
                status=row.status,
                seen=description(row),
                command=replay_command(row, folder),
            )
            for row in summary.worst
        ],
    )


def _estimate(found: Estimate) -> EstimateRecord:
    return EstimateRecord(value=found.value, low=found.low, high=found.high)
