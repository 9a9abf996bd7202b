"""The report of a replay: numbers, checks, and the formats in which it is written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Never

from chaos_llm.analysis.call import OUTCOMES, Call, Outcome
from chaos_llm.analysis.gaps import longest_downtime
from chaos_llm.analysis.healthy_failures import healthy_failures
from chaos_llm.analysis.refused_requests import refused_requests
from chaos_llm.analysis.run import Interval, Run
from chaos_llm.analysis.unapplied_faults import other_providers_asked
from chaos_llm.checks import Finding, standard
from chaos_llm.errors import refuse_unknown
from chaos_llm.protocol.awaitable import itself
from chaos_llm.reports.checked import remember
from chaos_llm.reports.chosen_checks import Claim, Skipped, required_check, without_skipped
from chaos_llm.reports.failed_check import failed_check_text
from chaos_llm.reports.grades import Grade, Grading
from chaos_llm.reports.requests_only import found_without_calls
from chaos_llm.reports.text import timeline_text


class CheckFailed(AssertionError):
    """A check of a report failed; the message says what was observed, when, and why it matters."""


class NoFaultApplied(CheckFailed):
    """No check failed, but no fault was applied to any request, so nothing was tested."""


@dataclass
class Report:
    """The outcome of one replay. Outcomes are shares of the calls, durations float seconds."""

    run: Run
    findings: list[Finding] = field(default_factory=list)
    # Real servers and native threads that the app waited for; no virtual time passed for them.
    real_peers: Sequence[str] = ()
    is_of_replay: bool = True  # else the test made the requests itself, and calls are not known

    def __repr__(self) -> str:
        """A short line, which failing assertions show; `str(report)` is longer."""
        name = self.run.profile.name
        return f"<Report of {name}: {self.calls} calls, {self.answered:.1%} answered>"

    def __await__(self) -> Generator[Any, Any, Report]:
        """The report itself: `await chaos.replay(...)` is right in any async code."""
        return itself(self)

    @property
    def calls(self) -> int:
        """How many calls were due."""
        return len(self.run.calls)

    @cached_property
    def counts(self) -> Counter[Outcome]:
        """How many calls had each outcome."""
        return Counter(call.outcome for call in self.run.calls)

    def share(self, *outcomes: Outcome) -> float:
        """The share of the calls with one of these outcomes; 0 without any call."""
        return sum(self.counts[outcome] for outcome in outcomes) / max(1, self.calls)

    @property
    def answered(self) -> float:
        """Share of the calls with a provider's answer: primary, fallback or a fresh cache."""
        return self.share("primary", "fallback", "cached")

    @property
    def primary(self) -> float:
        return self.share("primary")

    @property
    def fallback(self) -> float:
        return self.share("fallback")

    @property
    def cached(self) -> float:
        return self.share("cached")

    @property
    def stale(self) -> float:
        return self.share("stale")

    @property
    def degraded(self) -> float:
        return self.share("degraded")

    @property
    def truncated(self) -> float:
        return self.share("truncated")

    @property
    def corrupted(self) -> float:
        return self.share("corrupted")

    @property
    def error_text(self) -> float:
        return self.share("error_text")

    @property
    def failed(self) -> float:
        """Share of the calls that gave nothing: exceptions, empty results, missed calls."""
        return self.share("failed", "missed")

    @property
    def late(self) -> float:
        return self.share("late")

    @property
    def missed(self) -> float:
        return self.share("missed")

    @property
    def unjudged(self) -> float:
        return self.share("unjudged")

    @property
    def corruption_shown(self) -> float:
        """Share of the calls that returned a silently corrupted answer, which no app can detect."""
        return len(self.run.corruption_shown) / max(1, self.calls)

    @cached_property
    def gap(self) -> Interval | None:
        """The longest time without an answer; None if every call was answered.

        It begins when the first of several unanswered calls in a row was due, and ends when a call
        was answered again. While each call is answered, rare calls are no downtime.
        """
        gap = longest_downtime(self.run, stale_counts=False)
        return gap if gap.ends > gap.begins else None

    @property
    def longest_downtime(self) -> float:
        """Seconds of the longest time without an answer; 0 if every call was answered."""
        return self.gap.ends - self.gap.begins if self.gap else 0.0

    def requests(self, provider: str) -> int:
        """The number of requests to one provider's models."""
        return len(self.run.to(provider))

    @cached_property
    def _grading(self) -> Grading:
        return Grading(self.run)

    @property
    def grade(self) -> Grade:
        """The worst grade of any call; GRADES lists the grades from best to worst."""
        return self._grading.in_all

    @property
    def grades(self) -> Counter[Grade]:
        """How many calls have each grade of GRADES."""
        return self._grading.counts

    def grade_of(self, call: Call) -> Grade:
        """The grade of one call of `run.calls`."""
        return self._grading.of(call)

    @property
    def planned(self) -> int:
        """How many faults were planned on the requests of this replay."""
        return sum(len(exchange.effects) for exchange in self.run.exchanges)

    def effects(self) -> Counter[str]:
        """The number of planned faults by effect: applied, no_effect, unsupported, masked."""
        return Counter(effect for exchange in self.run.exchanges for effect in exchange.effects)

    def check(
        self,
        *checks: Claim,
        skip: Skipped | Iterable[Skipped] = (),
        allow_no_faults: bool = False,
        **unknown: Never,
    ) -> list[Finding]:
        """Run these checks, or all that need no configuration, and return their findings.

        `skip=["stops_calling"]` leaves checks out, by name or as themselves. Raises CheckFailed if
        a check fails, if none could judge the replay, or if the app failed on healthy providers,
        and NoFaultApplied if no fault was applied, unless `allow_no_faults` permits that: then
        nothing was tested.
        """
        __tracebackhide__ = True  # pytest shows the line of the test
        refuse_unknown("check()", unknown, ("skip", "allow_no_faults"))
        chosen = without_skipped([*map(required_check, checks)] or standard(self.run), skip)
        findings = [each(self.run) for each in chosen]
        if not self.is_of_replay:
            findings = found_without_calls(self.run, chosen)
        self.findings.extend(findings)
        failure = self._failure(findings, allow_no_faults=allow_no_faults)
        remember(findings, is_failure=failure is not None)
        if failure is not None:
            raise failure
        return findings

    def _failure(self, findings: list[Finding], *, allow_no_faults: bool) -> CheckFailed | None:
        """The error to raise for these findings, if any."""
        is_failed = any(finding.verdict == "fail" for finding in findings)
        healthy = healthy_failures(self.run)
        vacuous = self._vacuous(findings, allow_no_faults=allow_no_faults)
        if not is_failed and not vacuous and not healthy.fail_the_run:
            return None
        problem = f"nothing was tested: {vacuous}" if vacuous else ""
        if healthy.are_many:
            refused = "".join(f"{each.sentence}. " for each in refused_requests(self.run))
            problem = f"{refused}{healthy.sentence}"
        explained = healthy.are_many
        text = failed_check_text(findings, self.run, problem, is_explained=explained)
        if is_failed or self.run.applied or healthy.fail_the_run:
            return CheckFailed(text)
        return NoFaultApplied(text)

    def _vacuous(self, findings: list[Finding], *, allow_no_faults: bool) -> str:
        if not self.run.applied and not allow_no_faults:
            refused = "".join(f"{each.sentence}. " for each in refused_requests(self.run))
            refused += other_providers_asked(self.run)
            return (
                f"{refused}no fault was applied to any request of this replay; choose another "
                "time, profile or provider, or permit it by check(allow_no_faults=True)"
            )
        if self.run.applied and not any(f.verdict in ("pass", "fail") for f in findings):
            return f"no check could judge {'this replay' if self.is_of_replay else 'the requests'}"
        return ""

    def timeline(self, width: int = 100) -> str:
        """The run as a text timeline of that many columns."""
        return timeline_text(self.run, width)

    def json(self, *, calls: bool = False, prompts: bool = False) -> str:
        """The report as JSON; `chaos-llm schema report` prints its schema.

        `calls` adds a record of each call; `prompts` adds them with their prompts, which may be
        private.
        """
        from chaos_llm.reports.records.runs import run_record  # noqa: PLC0415 - pydantic, on demand

        return run_record(self, calls=calls, prompts=prompts).model_dump_json(indent=1)

    def html(self, title: str = "") -> str:
        """The report as an HTML page that loads no other file."""
        from chaos_llm.reports.html.page import run_page  # noqa: PLC0415 - pydantic, on demand
        from chaos_llm.reports.records.runs import run_record  # noqa: PLC0415 - pydantic, on demand

        return run_page(run_record(self), title)

    def __str__(self) -> str:
        shares = ", ".join(
            f"{outcome} {count}" for outcome in OUTCOMES if (count := self.counts[outcome])
        )
        return f"{self.calls} calls: {shares}; longest downtime {self.longest_downtime:g} s"
