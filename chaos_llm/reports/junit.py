"""The properties of a test for JUnit XML: names and values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from chaos_llm.decisions.plan import Plan
from chaos_llm.journal.journal import Journal
from chaos_llm.reports.grades import GRADES
from chaos_llm.reports.masking import shown
from chaos_llm.reports.report import Report

PREFIX = "chaos_"


def properties(plan: Plan, journal: Journal, reports: Sequence[Report]) -> list[tuple[str, str]]:
    """The properties of one test: profile, seed, requests, and the numbers of its replays."""
    requests = Counter(exchange.provider for exchange in journal)
    values = {
        "profile": plan.profile.name,
        "seed": str(plan.seed),
        "requests": ", ".join(f"{name} {count}" for name, count in requests.items()) or "none",
        "applied": str(sum(bool(exchange.applied) for exchange in journal)),
        **(dict(_of_replays(reports)) if reports else {}),
    }
    return [(PREFIX + name, shown(value, journal.secrets)) for name, value in values.items()]


def _of_replays(reports: Sequence[Report]) -> Iterator[tuple[str, str]]:
    calls = sum(report.calls for report in reports)
    answered = sum(report.answered * report.calls for report in reports)
    failed = [f.check for report in reports for f in report.findings if f.verdict == "fail"]
    yield "calls", str(calls)
    yield "answered", f"{answered / max(1, calls):.4f}"
    yield "longest_downtime", f"{max(report.longest_downtime for report in reports):.3f}"
    yield "grade", max((report.grade for report in reports), key=GRADES.index)
    yield "failed_checks", "; ".join(failed)
