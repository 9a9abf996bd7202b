"""What a replay amounts to: plain numbers, and checks on demand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

from chaos_llm.calls import OUTCOMES, Outcome
from chaos_llm.checks import Finding, standard
from chaos_llm.errors import UsageError
from chaos_llm.reports.text import findings_text, timeline_text
from chaos_llm.run import Run

Claim = Callable[[Run], Finding]  # a check, or a plain function in its place


class CheckFailed(AssertionError):
    """A check of a report failed; the message says what was seen, when, and why it matters."""


@dataclass
class Report:
    """The outcome of one replay. Outcomes are shares of the calls, durations float seconds."""

    run: Run
    findings: list[Finding] = field(default_factory=list)

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
    def exposed(self) -> float:
        """Share of the calls shown a spoilt answer that no app can tell from a good one."""
        return len(self.run.exposed) / max(1, self.calls)

    @cached_property
    def longest_gap(self) -> float:
        """Seconds of the longest time without an answer.

        From when the first of a row of unanswered calls was due until a call was answered again;
        a user counts as served while each call is answered, however rare the calls are.
        """
        longest, since = 0.0, None
        for call in sorted(self.run.calls, key=lambda call: (call.due, call.number)):
            if call.answered and since is not None:
                longest, since = max(longest, call.ended - since), None
            elif not call.answered and since is None:
                since = call.due
        return longest if since is None else max(longest, self.run.ends - since)

    def requests(self, provider: str) -> int:
        """How many requests one provider's models were sent."""
        return len(self.run.to(provider))

    @property
    def planned(self) -> int:
        """How many faults were planned on the requests of this replay."""
        return sum(len(exchange.effects) for exchange in self.run.exchanges)

    def effects(self) -> Counter[str]:
        """What became of the planned faults: struck, not struck, not expressible, shadowed."""
        return Counter(effect for exchange in self.run.exchanges for effect in exchange.effects)

    def check(self, *checks: Claim, untouched: bool = False) -> list[Finding]:
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
        vacuous = self._vacuous(findings, untouched=untouched)
        if problems or vacuous:
            raise CheckFailed(findings_text(findings, self.run.profile, vacuous))
        return findings

    def _vacuous(self, findings: list[Finding], *, untouched: bool) -> str:
        if not self.run.struck and not untouched:
            return (
                "no fault struck any request of this replay; "
                "give another time, profile or provider, or permit it by check(untouched=True)"
            )
        if self.run.struck and not any(f.verdict in ("pass", "fail") for f in findings):
            return "no check could tell anything about this replay"
        return ""

    def timeline(self, width: int = 100) -> str:
        """What happened, drawn for a terminal."""
        return timeline_text(self.run, width)

    def __str__(self) -> str:
        shares = ", ".join(
            f"{outcome} {count}" for outcome in OUTCOMES if (count := self.counts[outcome])
        )
        return f"{self.calls} calls: {shares}; longest gap {self.longest_gap:g} s"
