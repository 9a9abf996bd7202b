"""Play one run of a campaign, in a process that plays nothing else meanwhile."""

from __future__ import annotations

import traceback
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from chaos_llm.analysis.billed_tokens import tokens_of, wasted
from chaos_llm.analysis.healthy_failures import healthy_failures
from chaos_llm.campaign.app_factory import fresh_app
from chaos_llm.campaign.case import Case, Row
from chaos_llm.campaign.fingerprint import Fingerprint, require_same
from chaos_llm.checks.check import Finding, Verdict
from chaos_llm.errors import ChaosError
from chaos_llm.outage_context import Outage
from chaos_llm.profiles.model import Profile
from chaos_llm.reports.report import Report


@dataclass(frozen=True)
class Task:
    """All that a worker needs for one run; it is pickled.

    `options` are keyword arguments of `replay`. `limit` is how many real seconds the run may take,
    `page` a file to which the run's page is written.
    """

    app: str
    case: Case
    profile: Profile
    options: Mapping[str, Any] = field(default_factory=dict)
    expected: Fingerprint = field(default_factory=dict)
    limit: float = 600.0
    page: str = ""


def play(task: Task) -> Row:
    """Play one run; an error of the app's or of the harness' is a row that says so.

    Raises UsageError if this process has other versions than the one that began the campaign.
    """
    require_same(task.expected, task.app)
    try:
        return judged(task)
    except Exception as error:  # whatever the app raises is what this run showed
        text = "".join(traceback.format_exception_only(error)).strip()
        return Row(task.case.profile, task.case.seed, "crashed", error=text[:500])


def replay(task: Task) -> tuple[Outage, Report]:
    """The outage of a run, and its report."""
    with Outage(task.profile, seed=task.case.seed) as chaos:
        return chaos, chaos.replay(fresh_app(task.app), **task.options)


def judged(task: Task) -> Row:
    """Replay and judge; raises what the replay raises."""
    report = replay(task)[1]
    with suppress(AssertionError, ChaosError):
        report.check(allow_no_faults=True)
    if task.page:
        title = f"{task.case.profile}, seed {task.case.seed}"
        Path(task.page).write_text(report.html(title), encoding="utf-8")
    sent, healthy = report.run.exchanges, healthy_failures(report.run)
    answered = sum(report.counts[outcome] for outcome in ("primary", "fallback", "cached"))
    return Row(
        task.case.profile,
        task.case.seed,
        calls=report.calls,
        answered=answered,
        passed=_names(report.findings, "pass"),
        failed=_names(report.findings, "fail"),
        downtime=report.longest_downtime,
        requests=len(sent),
        lost_requests=sum(exchange.failed for exchange in sent),
        tokens=sum(map(tokens_of, report.run.api)),
        wasted_tokens=sum(map(tokens_of, wasted(report.run))),
        grade=report.grade,
        error=healthy.sentence if healthy.are_many else "",
        findings={f.check: f.seen for f in report.findings if f.verdict == "fail"},
    )


def _names(findings: Iterable[Finding], verdict: Verdict) -> tuple[str, ...]:
    """The names of the checks with this verdict, without their arguments, sorted."""
    return tuple(sorted({f.check.partition("(")[0] for f in findings if f.verdict == verdict}))
