"""Several apps on one bad day, below one time axis, and what their users got, side by side."""

from __future__ import annotations

from collections.abc import Mapping

from chaos_llm.calls import OUTCOMES
from chaos_llm.durations import describe
from chaos_llm.reports.drawing import LABEL, LETTERS, axis
from chaos_llm.reports.report import Report
from chaos_llm.reports.text import asked_row, down_row, users_row

_COLUMN = 14


def comparison_text(reports: Mapping[str, Report], width: int = 100) -> str:
    """Draw the reports of one profile; all of them cover the same stretch of time."""
    runs = [report.run for report in reports.values()]
    first, columns = runs[0], max(20, width - LABEL - 6)
    profile = first.plan.profile
    rows = [f"{profile.title} ({profile.name})", axis(profile, first.begins, first.ends, columns)]
    rows += [down_row(first, provider, columns) for provider in first.providers]
    for name, report in reports.items():
        rows += ["", name]
        rows += [asked_row(report.run, provider, columns) for provider in report.run.providers]
        rows.append(users_row(report.run, columns))
    return "\n".join([*rows, "", *_table(reports)])


def _table(reports: Mapping[str, Report]) -> list[str]:
    """What users got: a row an outcome, a column an app."""
    lines = [_line("what users got", list(reports))]
    for outcome in OUTCOMES:
        if any(report.counts[outcome] for report in reports.values()):
            shares = [f"{report.share(outcome):.1%}" for report in reports.values()]
            lines.append(_line(f"{LETTERS[outcome]}  {outcome}", shares))
    lines.append(_line("answered", [f"{report.answered:.1%}" for report in reports.values()]))
    gaps = [describe(report.longest_gap) for report in reports.values()]
    lines.append(_line("longest gap", gaps))
    for provider in dict.fromkeys(p for report in reports.values() for p in report.run.providers):
        counts = [f"{report.requests(provider)}" for report in reports.values()]
        lines.append(_line(f"requests to {provider}", counts))
    return lines


def _line(label: str, cells: list[str]) -> str:
    return f"{label:<24}" + "".join(f"{cell:>{_COLUMN}}" for cell in cells)
