"""The comparison of several apps in one outage: timelines below each other, and numbers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from chaos_llm.analysis.call import OUTCOMES
from chaos_llm.checks import Check, Finding, standard
from chaos_llm.durations import describe
from chaos_llm.reports.drawing import LABEL, LETTERS, NARROWEST, Drawing
from chaos_llm.reports.profiles.wording import MEANINGS
from chaos_llm.reports.report import Report
from chaos_llm.reports.text import folded, heading

_CELL = 13  # columns of a table's cell
_LABEL = 42  # columns of a table's row labels, if there is room
_NOTHING = "n/a"

_Reports = Mapping[str, Report]
_Row = tuple[str, list[str]]


def comparison_text(reports: _Reports, width: int = 100) -> str:
    """Draw the reports of one profile, all of which cover the same time."""
    columns = max(NARROWEST, width - LABEL)
    most = max(Drawing(report.run, columns).busiest for report in reports.values())
    drawings = {name: Drawing(report.run, columns, most) for name, report in reports.items()}
    first = next(iter(drawings.values()))
    rows = [first.run.profile.title, *folded(heading(first.run, columns), width), "", *first.axis()]
    for provider in first.run.providers:
        rows += filter(None, [first.hit(provider), first.page(provider)])
    for name, drawing in drawings.items():
        requests = [drawing.requests(provider) for provider in drawing.run.providers]
        rows += ["", name, *requests, *filter(None, [drawing.users_got(), drawing.unanswered()])]
    rows += ["", *_table("what users got", reports, _what_users_got(reports), width)]
    rows += ["", *_verdicts_of_checks(reports, width), ""]
    return "\n".join([*rows, *(line for each in first.legend() for line in folded(each, width))])


def _what_users_got(reports: _Reports) -> Iterator[_Row]:
    listed = reports.values()
    for outcome in OUTCOMES:
        if any(report.counts[outcome] for report in listed):
            label = f"{LETTERS[outcome]}  {MEANINGS[outcome]}"
            yield label, [f"{report.share(outcome):.1%}" for report in listed]
    yield "answered", [f"{report.answered:.1%}" for report in listed]
    gaps = [report.longest_downtime for report in listed]
    yield "longest downtime", [describe(gap) if gap else "none" for gap in gaps]
    for provider in dict.fromkeys(p for report in listed for p in report.run.providers):
        yield f"requests to {provider}", [f"{report.requests(provider)}" for report in listed]


def _verdicts_of_checks(reports: _Reports, width: int) -> list[str]:
    """The verdicts of the checks that need no configuration, and why some failed."""
    found = {
        name: {_short(check): check(report.run) for check in standard(report.run)}
        for name, report in reports.items()
    }
    checks = dict.fromkeys(check for findings in found.values() for check in findings)
    verdicts = {check: [_verdict(f.get(check)) for f in found.values()] for check in checks}
    judged = [(check, cells) for check, cells in verdicts.items() if set(cells) != {_NOTHING}]
    lines = _table("verdicts of the checks", reports, judged, width)
    for name, findings in found.items():
        for check, finding in findings.items():
            if finding.verdict == "fail":
                profile, at = reports[name].run.profile, finding.at
                when = "" if at is None else f" ({profile.when(at):%H:%M} UTC)"
                lines += folded(f"{name} fails {check}: {finding.seen}{when}", width)
    return lines


def _short(check: Check) -> str:
    return f"{check.name} {getattr(check, 'provider', '')}".rstrip()


def _verdict(finding: Finding | None) -> str:
    if finding is None or finding.verdict in ("not applicable", "not judged"):
        return _NOTHING
    return "FAIL" if finding.verdict == "fail" else "pass"


def _table(title: str, apps: Iterable[str], rows: Iterable[_Row], width: int) -> list[str]:
    """A table with a column for each app, below its name."""
    names = list(apps)
    label_width = max(NARROWEST, min(_LABEL, width - _CELL * len(names)))
    return [
        f"{label[: label_width - 1]:<{label_width}}"
        + "".join(f"{cell[: _CELL - 1]:>{_CELL}}" for cell in cells)
        for label, cells in ((title, names), *rows)
    ]
