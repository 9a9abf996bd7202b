"""Reports for a terminal: what happened, drawn over time, and what checks found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from chaos_llm.calls import OUTCOMES
from chaos_llm.checks import Finding
from chaos_llm.durations import describe
from chaos_llm.journal import Exchange, Journal
from chaos_llm.reports.drawing import (
    LABEL,
    LETTERS,
    axis,
    count_mark,
    outcome_mark,
    row,
    shade,
    spread,
)
from chaos_llm.run import Run
from chaos_llm.timeline import Profile

_SHOWN_EXCHANGES = 40


def timeline_text(run: Run, width: int = 100) -> str:
    """A run over time: what was down, who was asked, what users got; one column is a stretch."""
    columns = max(20, width - LABEL)
    profile, step = run.plan.profile, (run.ends - run.begins) / columns
    rows = [f"{profile.name} · seed {run.seed} · one column is {describe(step)}"]
    rows.append(axis(profile, run.begins, run.ends, columns))
    for provider in run.providers:
        rows.append(down_row(run, provider, columns))
        rows.append(asked_row(run, provider, columns))
    rows.append(users_row(run, columns))
    return "\n".join([*rows, *totals(run)])


def down_row(run: Run, provider: str, columns: int) -> str:
    """How much of what a provider is asked fails, as shades."""
    return row(f"{provider} down", map(shade, run.shares(provider, columns)))


def asked_row(run: Run, provider: str, columns: int) -> str:
    """How many requests a provider was sent."""
    asked = spread(run.to(provider), lambda exchange: exchange.at, run, columns)
    return row(f"  asked {provider}", map(count_mark, asked))


def users_row(run: Run, columns: int) -> str:
    """What most users got."""
    called = spread(run.calls, lambda call: call.due, run, columns)
    return row("  users got", map(outcome_mark, called))


def totals(run: Run) -> list[str]:
    """The letters of the drawing with their counts, then requests and faults."""
    counts = Counter(call.outcome for call in run.calls)
    outcomes = "  ".join(
        f"{LETTERS[outcome]} {outcome} {counts[outcome]}" for outcome in OUTCOMES if counts[outcome]
    )
    asked = ", ".join(f"{provider} {len(run.to(provider))}" for provider in run.providers)
    effects = Counter(met.effect for exchange in run.exchanges for met in exchange.met)
    planned = sum(effects.values())
    met = ", ".join(f"{effect} {count}" for effect, count in effects.items())
    faults = f"faults: planned {planned}" + (f" ({met})" if met else "")
    return [f"{'':{LABEL}}{outcomes}", f"requests: {asked or 'none'}", faults]


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
