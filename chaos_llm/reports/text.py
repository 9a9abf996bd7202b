"""Reports for a terminal: what happened, drawn over time, and what checks found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from chaos_llm.calls import OUTCOMES, Call, Outcome
from chaos_llm.checks import Finding
from chaos_llm.durations import describe
from chaos_llm.journal import Exchange, Journal
from chaos_llm.run import Run
from chaos_llm.timeline import Profile

_LABEL = 18
_LETTERS: dict[Outcome, str] = {
    "primary": "P",
    "fallback": "F",
    "cached": "c",
    "stale": "s",
    "degraded": "d",
    "truncated": "T",
    "corrupted": "K",
    "error_text": "E",
    "failed": "x",
    "late": "L",
    "missed": "m",
    "unjudged": "?",
}
_SHADES = " ░▒▓█"
_SHOWN_EXCHANGES = 40
_T = TypeVar("_T")


def timeline_text(run: Run, width: int = 100) -> str:
    """A run over time: what was down, who was asked, what users got; one column is a stretch."""
    columns = max(20, width - _LABEL)
    profile, step = run.plan.profile, (run.ends - run.begins) / columns
    rows = [f"{profile.name} · seed {run.seed} · one column is {describe(step)}"]
    rows.append(_axis(profile, run.begins, run.ends, columns))
    for provider in run.providers:
        shares = run.shares(provider, columns)
        rows.append(_row(f"{provider} down", (_shade(share) for share in shares)))
        asked = _spread(run.to(provider), lambda e: e.at, run, columns)
        rows.append(_row("  asked", (_count_mark(bucket) for bucket in asked)))
    called = _spread(run.calls, lambda call: call.due, run, columns)
    rows.append(_row("users got", (_outcome_mark(bucket) for bucket in called)))
    return "\n".join([*rows, *totals(run)])


def totals(run: Run) -> list[str]:
    """The letters of the drawing with their counts, then requests and faults."""
    counts = Counter(call.outcome for call in run.calls)
    outcomes = "  ".join(
        f"{_LETTERS[outcome]} {outcome} {counts[outcome]}"
        for outcome in OUTCOMES
        if counts[outcome]
    )
    asked = ", ".join(f"{provider} {len(run.to(provider))}" for provider in run.providers)
    effects = Counter(met.effect for exchange in run.exchanges for met in exchange.met)
    planned = sum(effects.values())
    met = ", ".join(f"{effect} {count}" for effect, count in effects.items())
    faults = f"faults: planned {planned}" + (f" ({met})" if met else "")
    return [f"{'':{_LABEL}}{outcomes}", f"requests: {asked or 'none'}", faults]


def journal_text(journal: Journal, profile: Profile, width: int = 100) -> str:
    """The last exchanges of a journal, a line each; what a test without a replay shows."""
    exchanges = list(journal)
    left_out = max(0, len(exchanges) - _SHOWN_EXCHANGES)
    lines = [f"{profile.name}: {len(exchanges)} requests"]
    if left_out:
        lines.append(f"  … {left_out} earlier ones are left out")
    lines += [_exchange_line(exchange, profile)[:width] for exchange in exchanges[left_out:]]
    return "\n".join(lines)


def findings_text(findings: Sequence[Finding], profile: Profile, vacuous: str = "") -> str:
    """Findings, failures first: what was seen, when, and why it matters."""
    order = {"fail": 0, "not judged": 1, "pass": 2, "not applicable": 3}
    lines = [f"nothing was tested: {vacuous}"] if vacuous else []
    for finding in sorted(findings, key=lambda finding: order[finding.verdict]):
        when = "" if finding.at is None else f" at {profile.when(finding.at):%d %b %H:%M:%S} UTC"
        lines.append(f"{finding.verdict.upper():<15}{finding.check}: {finding.seen}{when}")
        if finding.verdict == "fail":
            lines.append(f"{'':<15}why it matters: {finding.why}")
    return "\n".join(lines)


def _exchange_line(exchange: Exchange, profile: Profile) -> str:
    took = describe(exchange.until - exchange.at)
    faults = ", ".join(f"{met.fault} {met.effect}" for met in exchange.met) or "healthy"
    said = f" {exchange.said!r}" if exchange.said else ""
    return (
        f"  {profile.when(exchange.at):%H:%M:%S} #{exchange.number} {exchange.provider} "
        f"{exchange.status or '---'} {exchange.end} after {took}: {faults}{said}"
    )


def _axis(profile: Profile, begins: float, ends: float, columns: int) -> str:
    """Times of day, as many as fit without touching."""
    marks = max(1, columns // 12)
    cells = [" "] * (columns + 6)
    for mark in range(marks + 1):
        at = mark * columns // marks
        text = f"{profile.when(begins + (ends - begins) * mark / marks):%H:%M}"
        cells[at : at + len(text)] = text
    return " " * _LABEL + "".join(cells).rstrip()


def _row(label: str, marks: Iterable[str]) -> str:
    return f"{label[: _LABEL - 1]:<{_LABEL}}{''.join(marks)}".rstrip()


def _spread(
    items: Iterable[_T], when: Callable[[_T], float], run: Run, columns: int
) -> list[list[_T]]:
    buckets: list[list[_T]] = [[] for _ in range(columns)]
    length = (run.ends - run.begins) or 1.0
    for item in items:
        column = int((when(item) - run.begins) / length * columns)
        buckets[min(columns - 1, max(0, column))].append(item)
    return buckets


def _shade(share: float) -> str:
    return _SHADES[min(4, int(share * 4 + 0.999))]


def _count_mark(exchanges: Sequence[Exchange]) -> str:
    """The number of requests, and a dot where there was none; "+" from ten on."""
    count = len(exchanges)
    return "·" if not count else str(count) if count < 10 else "+"


def _outcome_mark(calls: Sequence[Call]) -> str:
    """The letter of the outcome that most calls of a column had; the worse one where they tie."""
    if not calls:
        return " "
    counts = Counter(call.outcome for call in calls)
    return _LETTERS[max(counts, key=lambda outcome: (counts[outcome], OUTCOMES.index(outcome)))]
