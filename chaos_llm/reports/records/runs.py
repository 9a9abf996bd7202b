"""The record of a replay."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from typing import Protocol

from chaos_llm.analysis.call import Call, Outcome
from chaos_llm.analysis.first_requests import first_request
from chaos_llm.analysis.run import Interval, Run
from chaos_llm.checks import Finding, standard
from chaos_llm.reports.failures import failure_groups, failure_text
from chaos_llm.reports.grades import GRADES, Grade
from chaos_llm.reports.masking import masked, masked_record
from chaos_llm.reports.records.columns import columns_of, outcomes_over_time, stretch_records
from chaos_llm.reports.records.models import (
    CallRecord,
    CorruptionShownRecord,
    FailureRecord,
    FindingRecord,
    RunRecord,
)
from chaos_llm.reports.records.profile import profile_record
from chaos_llm.reports.records.providers import provider_records

_KINDS = 12  # of failures that are listed


class ReplayReport(Protocol):
    """The fields that a record needs; Report imports this module, so this one cannot import it."""

    run: Run
    findings: list[Finding]
    real_peers: Sequence[str]

    @property
    def calls(self) -> int: ...
    @property
    def counts(self) -> Counter[Outcome]: ...
    @property
    def answered(self) -> float: ...
    @property
    def gap(self) -> Interval | None: ...
    @property
    def longest_downtime(self) -> float: ...
    @property
    def planned(self) -> int: ...
    def effects(self) -> Counter[str]: ...
    @property
    def grade(self) -> Grade: ...
    @property
    def grades(self) -> Counter[Grade]: ...
    def grade_of(self, call: Call) -> Grade: ...


def run_record(report: ReplayReport, *, calls: bool = False, prompts: bool = False) -> RunRecord:
    """The record of one replay; `calls` and `prompts` add its calls, and their prompts."""
    run = report.run
    columns = columns_of(run)
    gap = report.gap
    record = RunRecord(
        chaos_llm=version("chaos_llm"),
        profile=profile_record(run.overrides.plan),
        seed=run.seed,
        begins=run.begins,
        ends=run.ends,
        calls=report.calls,
        users=len({call.user for call in run.calls}),
        grade=report.grade,
        grades={grade: report.grades[grade] for grade in GRADES if report.grades[grade]},
        outcomes=dict(report.counts),
        inferred=sum(call.inferred for call in run.calls),
        answered=report.answered,
        longest_downtime=report.longest_downtime,
        longest_downtime_at=gap.begins if gap else None,
        planned=report.planned,
        effects=dict(sorted(report.effects().items())),
        step=columns.step,
        stretches=stretch_records(columns),
        over_time=outcomes_over_time(run, columns),
        providers=provider_records(run, columns),
        findings=[*(_finding(run, each) for each in report.findings), *_unclaimed(report)],
        failures=list(_failures(run)),
        corruption_shown=CorruptionShownRecord(
            calls=len(run.corruption_shown),
            first=run.corruption_shown[0].number if run.corruption_shown else None,
        ),
        real_peers=list(report.real_peers),
        each_call=list(_calls(report, prompts=prompts)) if calls or prompts else None,
    )
    return masked_record(record, run.secrets)


def _unclaimed(report: ReplayReport) -> Iterator[FindingRecord]:
    """The findings of standard checks that the test did not run."""
    claimed = {_claim(finding) for finding in report.findings}
    for check in standard(report.run):
        finding = check(report.run)
        if _claim(finding) not in claimed:
            yield _finding(report.run, finding, claimed=False)


def _claim(finding: Finding) -> str:
    """A check's name and its provider, without its limits."""
    name, _, arguments = finding.check.partition("(")
    named = [part for part in arguments.rstrip(")").split(", ") if part.startswith("provider=")]
    return f"{name} {' '.join(named)}"


def _finding(run: Run, finding: Finding, *, claimed: bool = True) -> FindingRecord:
    words = f"{finding.check}: {finding.seen}"
    first = first_request(run, finding.at, words) if finding.verdict == "fail" else ""
    return FindingRecord(
        check=finding.check,
        verdict=finding.verdict,
        seen=masked(finding.seen, length=1000),
        at=finding.at,
        why=finding.why,
        claimed=claimed,
        first=masked(first, length=1000),
    )


def _failures(run: Run) -> Iterator[FailureRecord]:
    for alike in failure_groups(run)[:_KINDS]:
        first = alike[0]
        yield FailureRecord(
            call=first.number,
            at=first.began,
            outcome=first.outcome,
            after=first.seconds,
            cause=masked(failure_text(first), [first.prompt]),
            calls=len(alike),
        )


def _calls(report: ReplayReport, *, prompts: bool) -> Iterator[CallRecord]:
    for call in report.run.calls:
        yield CallRecord(
            number=call.number,
            user=call.user,
            due=call.due,
            began=call.began,
            ended=call.ended,
            outcome=call.outcome,
            inferred=call.inferred,
            grade=report.grade_of(call),
            age=call.age,
            requests=len(report.run.evidence.of(call)),
            error=call.error.name if call.error is not None else "",
            prompt=call.prompt if prompts else None,
        )
