"""What checks found in a run, what went wrong first, and what no check could see."""

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
    """What the checks say, failures first; those that the test did not make stand apart."""
    made = [finding for finding in _sorted(run.findings) if finding.claimed]
    others = [finding for finding in _sorted(run.findings) if not finding.claimed]
    told = [section("What the checks found", *_told(run, made))] if made else []
    if others:
        about = "The test did not ask these; report.check() without arguments makes them."
        title = "What other checks would say" if made else "What the checks would say"
        told.append(section(title, el("p", about, class_="muted"), *_told(run, others)))
    return told


def _told(run: RunRecord, found: list[FindingRecord]) -> Iterator[Html]:
    """Those that say something, and folded those that did not apply."""
    apply = [_finding(run, each) for each in found if each.verdict != "not applicable"]
    others = [_finding(run, each) for each in found if each.verdict == "not applicable"]
    if apply:
        yield el("ul", apply, class_="findings")
    if others:
        did = el("summary", f"{wording.of(len(others), 'check')} did not apply")
        yield el("details", did, el("ul", others, class_="findings"))


def failures(run: RunRecord) -> Html | None:
    """What went wrong first, each kind once."""
    if not run.failures:
        return None
    head = ["time", "call", "outcome", "after", "what it met", "calls like it"]
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
    return section("What went wrong first", table(head, rows, "Each kind of failure, once"))


def corruption_shown(run: RunRecord) -> Html | None:
    """What no app could see."""
    if not run.corruption_shown.calls:
        return None
    first = f"The first one was call {run.corruption_shown.first}."
    text = (
        f"{wording.of(run.corruption_shown.calls, 'call')} "
        "had an answer that the provider had corrupted "
        f"(shortened, garbled, somebody else's) and called complete. {first} No check fails "
        "because of it: only an evaluation of the answers themselves could see that."
    )
    return section("Exposure", el("p", text))


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
    return el("li", el("h3", badge, " ", el("code", finding.check)), seen, why)
