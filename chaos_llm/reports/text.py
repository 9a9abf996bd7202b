"""Reports as text for a terminal: the timeline, failures, journal and findings."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterable, Sequence

from chaos_llm.analysis.call import OUTCOMES
from chaos_llm.analysis.refused_requests import refused_requests
from chaos_llm.analysis.run import Run
from chaos_llm.analysis.unserved_requests import divided, unserved_text
from chaos_llm.checks import Finding
from chaos_llm.durations import describe
from chaos_llm.journal.journal import Exchange, Journal
from chaos_llm.profiles.model import Profile
from chaos_llm.protocol.redaction import NO_SECRETS, Secrets
from chaos_llm.reports.drawing import LABEL, LETTERS, NARROWEST, Drawing
from chaos_llm.reports.failures import failure_groups, failure_text
from chaos_llm.reports.masking import shown

_SHOWN_EXCHANGES = 40  # of a test without a replay
_SHOWN_FAILURES = 3  # kinds of failures below a timeline


def timeline_text(run: Run, width: int = 100) -> str:
    """The timeline of a run: faults, requests and outcomes over time, and the totals."""
    drawing = Drawing(run, max(NARROWEST, width - LABEL))
    rows = drawing.axis()
    for provider in run.providers:
        rows += [drawing.hit(provider), drawing.page(provider), drawing.requests(provider)]
    rows += [drawing.users_got(), drawing.unanswered()]
    paragraphs = [heading(run, drawing.columns), *_totals(run), *drawing.legend()]
    top, *below = (folded(paragraph, width) for paragraph in paragraphs)
    lines = [*top, "", *filter(None, rows), "", *_flat(below), *failures(run, width)]
    return shown("\n".join(lines), run.secrets)


def heading(run: Run, columns: int) -> str:
    """The profile, the seed, and the time that one column stands for."""
    begins, step = run.profile.when(run.begins), (run.ends - run.begins) / columns
    return (
        f"{run.profile.name}, seed {run.seed} · from {begins:%d %B %Y %H:%M} UTC · "
        f"one column is {describe(step)}"
    )


def folded(text: str, width: int) -> list[str]:
    """A paragraph in lines of that width; all but the first are indented by two columns."""
    return textwrap.wrap(text, width, subsequent_indent="  ", break_on_hyphens=False)


def failures(run: Run, width: int) -> list[str]:
    """The first call of each of the first kinds of failures; empty if all calls were answered."""
    kinds = failure_groups(run)
    if not kinds:
        return []
    lines = [
        f"  {run.profile.when(call.began):%H:%M:%S} call {call.number}, {call.outcome} after "
        f"{describe(call.seconds)}: {shown(failure_text(call), run.secrets)}"
        for call, *_ in kinds[:_SHOWN_FAILURES]
    ]
    more = len(kinds) - len(lines)
    rest = [f"  … and {more} more kinds"] if more else []
    return ["first failures of each kind:", *(_cut(line, width) for line in lines), *rest]


def journal_text(journal: Journal, profile: Profile, width: int = 100) -> str:
    """The last exchanges of a journal, one per line, for a test without a replay."""
    exchanges = list(journal)
    left_out = max(0, len(exchanges) - _SHOWN_EXCHANGES)
    requests = "one request" if len(exchanges) == 1 else f"{len(exchanges)} requests"
    lines = [f"{profile.name}: {requests}, times in UTC"]
    if left_out:
        lines.append(f"  … {left_out} earlier ones are left out")
    secrets = journal.secrets
    texts = (_exchange_line(exchange, profile) for exchange in exchanges[left_out:])
    lines += [_cut(shown(line, secrets), width) for line in texts]
    if unserved := divided(exchanges)[1]:
        lines += folded(shown(unserved_text(unserved), secrets), width)
    return "\n".join(lines)


def findings_text(
    findings: Sequence[Finding],
    profile: Profile,
    vacuous: str = "",
    secrets: Secrets = NO_SECRETS,
) -> str:
    """Findings, failures first: the verdict, the observation, its time, and why it matters."""
    order = {"fail": 0, "not judged": 1, "pass": 2, "not applicable": 3}
    lines = [f"nothing was tested: {vacuous}"] if vacuous else []
    for finding in sorted(findings, key=lambda finding: order[finding.verdict]):
        when = "" if finding.at is None else f" at {profile.when(finding.at):%d %b %H:%M:%S} UTC"
        lines.append(f"{finding.verdict.upper():<15}{finding.check}: {finding.seen}{when}")
        if finding.verdict == "fail" and finding.why:
            lines.append(f"{'':<15}why it matters: {finding.why}")
    return shown("\n".join(lines), secrets)


def _totals(run: Run) -> list[str]:
    """The letters of the drawing with their counts, then requests and faults."""
    counts = Counter(call.outcome for call in run.calls)
    outcomes = ", ".join(
        f"{LETTERS[outcome]} {outcome} {counts[outcome]}" for outcome in OUTCOMES if counts[outcome]
    )
    requests = ", ".join(f"{provider} {len(run.to(provider))}" for provider in run.providers)
    effects = Counter(effect for exchange in run.exchanges for effect in exchange.effects)
    by_effect = ", ".join(f"{effect} {count}" for effect, count in effects.items())
    lines = [f"users got: {outcomes or 'nothing'}", f"requests: {requests or 'none'}"]
    lines.append(f"faults planned: {effects.total()}" + (f" ({by_effect})" if by_effect else ""))
    lines += [refused.sentence for refused in refused_requests(run)]
    if run.corruption_shown:
        shown, first = len(run.corruption_shown), run.corruption_shown[0].number
        lines.append(
            "silently corrupted answers, which no app can detect, were shown in "
            f"{shown} calls, first in call {first}"
        )
    if run.unserved:
        lines.append(unserved_text(run.unserved))
    return lines


def _exchange_line(exchange: Exchange, profile: Profile) -> str:
    took = describe(exchange.until - exchange.at)
    faults = (
        ", ".join(f"{each.fault} {each.effect}" for each in exchange.fault_effects) or "healthy"
    )
    message = f" {exchange.error_message!r}" if exchange.error_message else ""
    if exchange.broken_rule is not None:
        faults = f"{faults}, refused ({exchange.broken_rule.reason})"
    return (
        f"  {profile.when(exchange.at):%H:%M:%S} #{exchange.number} {exchange.provider} "
        f"{exchange.status or '---'} {exchange.end} after {took}: {faults}{message}"
    )


def _cut(line: str, width: int) -> str:
    return line if len(line) <= width else f"{line[: width - 1]}…"


def _flat(paragraphs: Iterable[list[str]]) -> list[str]:
    return [line for lines in paragraphs for line in lines]
