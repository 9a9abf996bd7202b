"""Several apps on one bad day, below one time axis, and what their users got, side by side."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from chaos_llm.calls import OUTCOMES, Outcome
from chaos_llm.checks import Finding, standard
from chaos_llm.durations import describe
from chaos_llm.reports.drawing import LABEL, LETTERS, NARROWEST, Drawing
from chaos_llm.reports.report import Report
from chaos_llm.reports.text import folded, heading

_WORDS = 42
_CELL = 13
_NOTHING = "n/a"
MEANINGS: dict[Outcome, str] = {
    "primary": "answered by the usual provider",
    "fallback": "answered by another provider",
    "cached": "answered from a fresh cache",
    "stale": "an old answer from a cache",
    "degraded": "an apology, or a notice",
    "truncated": "half an answer",
    "corrupted": "the answer to another question",
    "error_text": "an error, shown as an answer",
    "failed": "an exception, or nothing",
    "late": "an answer that came too late",
    "missed": "nothing, they were still waiting",
    "unjudged": "something that cannot be judged",
}


def comparison_text(reports: Mapping[str, Report], width: int = 100) -> str:
    """Draw the reports of one profile; all of them cover the same stretch of time."""
    columns = max(NARROWEST, width - LABEL)
    drawings = {name: Drawing(report.run, columns) for name, report in reports.items()}
    most = max(drawing.busiest for drawing in drawings.values())
    first = next(iter(drawings.values()))
    rows = [first.run.profile.title, *folded(heading(first.run, columns), width), "", *first.axis()]
    for provider in first.run.providers:
        rows += filter(None, [first.hit(provider), first.page(provider)])
    for name, report in reports.items():
        drawing = Drawing(report.run, columns, most)
        asked = [drawing.asks(provider) for provider in report.run.providers]
        rows += ["", name, *asked, *filter(None, [drawing.users_got(), drawing.unanswered()])]
    rows += ["", *_what_users_got(reports), "", *_what_checks_say(reports, width), ""]
    legend = Drawing(first.run, columns, most).legend()
    return "\n".join([*rows, *(line for each in legend for line in folded(each, width))])


def _what_users_got(reports: Mapping[str, Report]) -> list[str]:
    """A row an outcome, a column an app."""
    lines = [_line("what users got", reports)]
    for outcome in OUTCOMES:
        if any(report.counts[outcome] for report in reports.values()):
            shares = (f"{report.share(outcome):.1%}" for report in reports.values())
            lines.append(_line(f"{LETTERS[outcome]}  {MEANINGS[outcome]}", shares))
    lines.append(_line("answered", (f"{report.answered:.1%}" for report in reports.values())))
    gaps = (_gap(report) for report in reports.values())
    lines.append(_line("longest time without an answer", gaps))
    for provider in dict.fromkeys(p for report in reports.values() for p in report.run.providers):
        counts = (f"{report.requests(provider)}" for report in reports.values())
        lines.append(_line(f"requests to {provider}", counts))
    return lines


def _gap(report: Report) -> str:
    return describe(report.longest_gap) if report.longest_gap else "none"


def _what_checks_say(reports: Mapping[str, Report], width: int) -> list[str]:
    """The verdicts of the checks that need no configuration, and why some failed."""
    found = {name: _findings(report) for name, report in reports.items()}
    lines = [_line("what the checks say", reports)]
    for check in dict.fromkeys(check for findings in found.values() for check in findings):
        verdicts = [_verdict(findings.get(check)) for findings in found.values()]
        if set(verdicts) != {_NOTHING}:
            lines.append(_line(check, verdicts))
    for name, findings in found.items():
        for check, finding in findings.items():
            if finding.verdict == "fail":
                profile = reports[name].run.profile
                when = f" ({profile.when(finding.at):%H:%M} UTC)" if finding.at is not None else ""
                lines += folded(f"{name} fails {check}: {finding.seen}{when}", width)
    return lines


def _findings(report: Report) -> dict[str, Finding]:
    findings = (check(report.run) for check in standard(report.run))
    return {finding.check.partition("(")[0] + _of(finding): finding for finding in findings}


def _of(finding: Finding) -> str:
    """The provider that a check is about, as its name has it in the first place."""
    given = finding.check.partition("provider=")[2]
    return f" {given.split(chr(39))[1]}" if given else ""


def _verdict(finding: Finding | None) -> str:
    if finding is None or finding.verdict in ("not applicable", "not judged"):
        return _NOTHING
    return "FAIL" if finding.verdict == "fail" else "pass"


def _line(label: str, cells: Iterable[str]) -> str:
    return f"{label:<{_WORDS}}" + "".join(f"{cell:>{_CELL}}" for cell in cells)
