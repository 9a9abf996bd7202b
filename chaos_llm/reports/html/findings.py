"""The sections on findings, failures and silently corrupted answers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from chaos_llm.durations import describe
from chaos_llm.reports.html import wording
from chaos_llm.reports.html.element import Html, el, table
from chaos_llm.reports.html.sections import section, slug, swatch
from chaos_llm.reports.records.models import FindingRecord, RunRecord

_ORDER = {"fail": 0, "not judged": 1, "pass": 2, "not applicable": 3}
_SIGNS = {"fail": "✗", "not judged": "?", "pass": "✓", "not applicable": "-"}


def findings(run: RunRecord) -> list[Html]:
    """The findings, failures first; those of checks that the test did not run stand apart."""
    made = [finding for finding in _sorted(run.findings) if finding.claimed]
    others = [finding for finding in _sorted(run.findings) if not finding.claimed]
    sections = [section("Findings", *_listed(run, made))] if made else []
    if others:
        about = "The test did not run these checks; report.check() without arguments does."
        title = "Findings of other checks" if made else "Findings of the checks"
        sections.append(section(title, el("p", about, class_="muted"), *_listed(run, others)))
    return sections


def _listed(run: RunRecord, found: list[FindingRecord]) -> Iterator[Html]:
    """The findings with a verdict, and folded away those of checks that do not apply."""
    apply = [_finding(run, each) for each in found if each.verdict != "not applicable"]
    others = [_finding(run, each) for each in found if each.verdict == "not applicable"]
    if apply:
        yield el("ul", apply, class_="findings")
    if others:
        summary = el("summary", f"{wording.of(len(others), 'check')} did not apply")
        yield el("details", summary, el("ul", others, class_="findings"))


def failures(run: RunRecord) -> Html | None:
    """The first call of each kind of failure."""
    if not run.failures:
        return None
    head = ["time", "call", "outcome", "after", "error or text", "calls like it"]
    rows = (
        [
            wording.when(run.profile, kind.at),
            str(kind.call),
            [swatch(f"o-{kind.outcome}"), wording.outcome_title(kind.outcome)],
            describe(kind.after),
            el("code", kind.cause),
            wording.number(kind.calls),
        ]
        for kind in run.failures
    )
    return section("First failures", table(head, rows, "The first failure of each kind"))


def corruption_shown(run: RunRecord) -> Html | None:
    """The silently corrupted answers that users saw."""
    if not run.corruption_shown.calls:
        return None
    shown = run.corruption_shown
    text = (
        f"{wording.of(shown.calls, 'call')} had an answer that the provider had corrupted (cut, "
        "garbled, or an answer to another prompt) and marked as complete, the first one call "
        f"{shown.first}. No check fails because of it: only an evaluation of the answers' texts "
        "could detect it."
    )
    return section("Silently corrupted answers", el("p", text))


def _sorted(found: Iterable[FindingRecord]) -> list[FindingRecord]:
    return sorted(found, key=lambda finding: _ORDER[finding.verdict])


def _finding(run: RunRecord, finding: FindingRecord) -> Html:
    at = f" ({wording.when(run.profile, finding.at)})" if finding.at is not None else ""
    matters = finding.why and finding.verdict in ("fail", "not judged")
    why = el("p", f"Why it matters: {finding.why}.", class_="why") if matters else None
    badge = el(
        "span",
        f"{_SIGNS[finding.verdict]} {finding.verdict}",
        class_=f"badge v-{slug(finding.verdict)}",
    )
    seen = el("p", finding.seen + at)
    first = el("p", "First: ", el("code", finding.first), class_="first") if finding.first else None
    return el("li", el("h3", badge, " ", el("code", finding.check)), seen, first, why)
