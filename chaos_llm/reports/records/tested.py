"""The record of a test: its replays, or its requests if it made no replay."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version

from chaos_llm.analysis.first_requests import app_line
from chaos_llm.decisions.plan import Plan
from chaos_llm.journal.journal import Exchange, Journal
from chaos_llm.reports.masking import masked, masked_record, shown
from chaos_llm.reports.records.models import ExchangeRecord, ProblemRecord, TestRecord
from chaos_llm.reports.records.profile import profile_record
from chaos_llm.reports.records.runs import ReplayReport, run_record

_LINE = re.compile(r"(?P<file>.+):(?P<line>\d+) in ")
_SHOWN = 200  # requests of a test without a replay


@dataclass(frozen=True)
class Verdict:
    """The verdict of pytest on a test; `seconds` are real ones."""

    test: str
    word: str
    says: str = ""
    seconds: float = 0.0


def record_of_test(
    verdict: Verdict,
    plan: Plan,
    journal: Journal,
    *,
    reports: Sequence[ReplayReport],
    real_peers: Sequence[str] = (),
    journal_file: str = "",
) -> TestRecord:
    """The record of one test."""
    requests = Counter(exchange.provider for exchange in journal)
    listed = [] if reports else list(journal)[:_SHOWN]
    record = TestRecord(
        chaos_llm=version("chaos_llm"),
        test=shown(verdict.test),
        verdict=verdict.word,
        says=masked(verdict.says, length=600),
        seconds=round(verdict.seconds, 3),
        profile=profile_record(plan),
        seed=plan.seed,
        requests=dict(requests),
        applied=sum(bool(exchange.applied) for exchange in journal),
        runs=[run_record(report) for report in reports],
        exchanges=[_exchange(exchange) for exchange in listed],
        real_peers=list(real_peers),
        problems=[each for report in reports for each in _problems(report)],
        journal=journal_file,
    )
    return masked_record(record, journal.secrets)


def _problems(report: ReplayReport) -> Iterator[ProblemRecord]:
    for finding in report.findings:
        if finding.verdict == "fail":
            where = app_line(report.run, finding.at, f"{finding.check}: {finding.seen}")
            found = _LINE.match(where)
            yield ProblemRecord(
                check=finding.check,
                seen=masked(finding.seen, length=1000),
                why=finding.why,
                file=found["file"] if found else "",
                line=int(found["line"]) if found else 0,
            )


def _exchange(exchange: Exchange) -> ExchangeRecord:
    return ExchangeRecord(
        number=exchange.number,
        at=exchange.at,
        until=exchange.until,
        provider=exchange.provider,
        status=exchange.status,
        end=exchange.end,
        faults=[f"{each.fault} {each.effect}" for each in exchange.fault_effects],
        why=masked(exchange.decision.why),
        error_message=masked(exchange.error_message),
    )
