"""What a replay amounts to: plain numbers, and checks on demand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from chaos_llm.analysis.call import OUTCOMES, Call, Outcome
from chaos_llm.analysis.gaps import longest_downtime
from chaos_llm.analysis.run import Interval, Run
from chaos_llm.checks import Finding, standard
from chaos_llm.errors import UsageError
from chaos_llm.reports.grades import Grade, Grading
from chaos_llm.reports.text import findings_text, timeline_text

Claim = Callable[[Run], Finding]  # a check, or a plain function in its place


class CheckFailed(AssertionError):
    """A check of a report failed; the message says what was seen, when, and why it matters."""


class NoFaultApplied(CheckFailed):
    """No fault struck any request, so the checks, which found no failure, looked at nothing."""


@dataclass
class Report:
    """The outcome of one replay. Outcomes are shares of the calls, durations float seconds."""

    run: Run
    findings: list[Finding] = field(default_factory=list)
    real_peers: Sequence[str] = ()  # real servers that somebody awaited: their clocks did not move

    def __repr__(self) -> str:
        """A line for assertions that fail, which show it; `str(report)` is all of it."""
        name = self.run.profile.name
        return f"<Report of {name}: {self.calls} calls, {self.answered:.1%} answered>"

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
        """Share of the calls shown a spoilt answer that no app can tell from a good one."""
        return len(self.run.corruption_shown) / max(1, self.calls)

    @cached_property
    def gap(self) -> Interval | None:
        """The longest time without an answer; None where there was none.

        From when the first of a row of unanswered calls was due until a call was answered again;
        a user counts as served while each call is answered, however rare the calls are.
        """
        gap = longest_downtime(self.run, stale_counts=False)
        return gap if gap.ends > gap.begins else None

    @property
    def longest_downtime(self) -> float:
        """Seconds of the longest time without an answer; 0 where there was none."""
        return self.gap.ends - self.gap.begins if self.gap else 0.0

    def requests(self, provider: str) -> int:
        """How many requests one provider's models were sent."""
        return len(self.run.to(provider))

    @cached_property
    def _grading(self) -> Grading:
        return Grading(self.run)

    @property
    def grade(self) -> Grade:
        """The worst that happened to any user; GRADES is sorted by it."""
        return self._grading.in_all

    @property
    def grades(self) -> Counter[Grade]:
        """How many calls were fine, rescued, safe failures, corruption_shown, unjudged, unsafe."""
        return self._grading.counts

    def grade_of(self, call: Call) -> Grade:
        """What the outcome of one call of `run.calls` means to its user."""
        return self._grading.of(call)

    @property
    def planned(self) -> int:
        """How many faults were planned on the requests of this replay."""
        return sum(len(exchange.effects) for exchange in self.run.exchanges)

    def effects(self) -> Counter[str]:
        """What became of the planned faults: struck, not struck, not expressible, shadowed."""
        return Counter(effect for exchange in self.run.exchanges for effect in exchange.effects)

    def check(self, *checks: Claim, allow_no_faults: bool = False) -> list[Finding]:
        """Make these claims, or all that apply without configuration; raises CheckFailed.

        A check of nothing is no pass: it fails when no fault struck, unless `untouched` permits
        that, and when no claim was applicable.
        """
        for check in checks:
            if isinstance(check, type) or not callable(check):
                raise UsageError(
                    f"a check is made, as in stops_calling('anthropic'); got {check!r}"
                )
        findings = [check(self.run) for check in checks or standard(self.run)]
        self.findings.extend(findings)
        problems = [finding for finding in findings if finding.verdict == "fail"]
        vacuous = self._vacuous(findings, allow_no_faults=allow_no_faults)
        if problems or vacuous:
            kind = CheckFailed if problems or self.run.applied else NoFaultApplied
            raise kind(findings_text(findings, self.run.profile, vacuous, self.run.secrets))
        return findings

    def _vacuous(self, findings: list[Finding], *, allow_no_faults: bool) -> str:
        if not self.run.applied and not allow_no_faults:
            return (
                "no fault struck any request of this replay; "
                "give another time, profile or provider, or permit it by check(untouched=True)"
            )
        if self.run.applied and not any(f.verdict in ("pass", "fail") for f in findings):
            return "no check could tell anything about this replay"
        return ""

    def timeline(self, width: int = 100) -> str:
        """What happened, drawn for a terminal."""
        return timeline_text(self.run, width)

    def json(self, *, calls: bool = False, prompts: bool = False) -> str:
        """The report as JSON; `chaos-llm schema report` prints its schema.

        `calls` adds the calls one by one, `prompts` these with their prompts, which may be private.
        """
        from chaos_llm.reports.records.runs import run_record  # noqa: PLC0415 - pydantic, on demand

        return run_record(self, calls=calls, prompts=prompts).model_dump_json(indent=1)

    def html(self, title: str = "") -> str:
        """The report as a page that needs nothing besides itself."""
        from chaos_llm.reports.html.page import run_page  # noqa: PLC0415 - the same
        from chaos_llm.reports.records.runs import run_record  # noqa: PLC0415 - the same

        return run_page(run_record(self), title)

    def __str__(self) -> str:
        shares = ", ".join(
            f"{outcome} {count}" for outcome in OUTCOMES if (count := self.counts[outcome])
        )
        return f"{self.calls} calls: {shares}; longest gap {self.longest_downtime:g} s"
