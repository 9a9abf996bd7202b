"""The matrix of tests and outage profiles: a cell for each pair, with a link to its page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from chaos_llm.reports.grades import GRADES, Grade
from chaos_llm.reports.html import wording
from chaos_llm.reports.html.element import Child, Html, el, table
from chaos_llm.reports.html.sections import section, slug
from chaos_llm.reports.records.models import TestRecord

_SIGNS = {"passed": "✓", "xfailed": "✓", "failed": "✗", "error": "✗", "skipped": "-"}


class Entry(NamedTuple):
    """A test and the name of its files without ending; a test that never began has no page."""

    test: TestRecord
    stem: str

    @property
    def row(self) -> str:
        """The test's name without its profile."""
        name, bracket, inside = self.test.test.partition("[")
        if not bracket:
            return name
        day = self.test.profile.name
        left = inside.removesuffix("]").replace(day, "", 1).strip("-").replace("--", "-")
        return f"{name}[{left}]" if left else name

    @property
    def grade(self) -> Grade | None:
        """The worst grade of its replays."""
        return max((run.grade for run in self.test.runs), key=GRADES.index, default=None)

    @property
    def answered(self) -> float | None:
        """The share of all calls that were answered."""
        calls = sum(run.calls for run in self.test.runs)
        if not calls:
            return None
        return sum(run.answered * run.calls for run in self.test.runs) / calls

    @property
    def longest_downtime(self) -> float:
        return max((run.longest_downtime for run in self.test.runs), default=0.0)


def matrix(entries: Sequence[Entry]) -> Html:
    """Tests and profiles; the longer list is vertical, because pages scroll that way."""
    tests = list(dict.fromkeys(entry.row for entry in entries))
    days = sorted({entry.test.profile.name for entry in entries})
    cells: dict[tuple[str, str], list[Html]] = {}
    for entry in entries:
        cells.setdefault((entry.row, entry.test.profile.name), []).append(_cell(entry))
    if len(tests) >= len(days):
        head: list[Child] = ["test", *(_turned(day) for day in days)]
        rows = [[_name(test), *([cells.get((test, day))] for day in days)] for test in tests]
    else:
        head = ["profile", *(_turned(test.rpartition("::")[2], test) for test in tests)]
        rows = [
            [el("span", day, class_="day"), *([cells.get((test, day))] for test in tests)]
            for day in days
        ]
    about = "A cell shows whether the test passed and the share of its calls that was answered. "
    grades = "Its colour is the worst grade of any of its calls."
    return section(
        "Tests and outage profiles",
        el("p", about + grades, class_="muted"),
        el("div", table(head, rows, "Tests and outage profiles"), class_="matrix"),
        _legend(),
    )


def _turned(text: str, whole: str = "") -> Html:
    return el("span", text, class_="turned", title=whole or text)


def _name(row: str) -> Html:
    file, separator, name = row.rpartition("::")
    return el("span", el("small", file + separator), name, class_="test-name")


def _cell(entry: Entry) -> Html:
    test = entry.test
    answered = f" {wording.percent(entry.answered)}" if entry.answered is not None else ""
    shown = f"{_SIGNS.get(test.verdict, '?')}{answered}"
    title = f"{entry.row} on {test.profile.name}: {_in_words(entry)}"
    look = f"cell t-{test.verdict} c-{slug(entry.grade or 'none')}"
    if not entry.stem:
        return el("span", shown, class_=look, title=title)
    return el("a", shown, class_=look, href=f"{entry.stem}.html", title=title, aria_label=title)


def _in_words(entry: Entry) -> str:
    parts = [entry.test.verdict]
    if entry.grade:
        parts.append(entry.grade)
    if entry.answered is not None:
        parts.append(f"{wording.percent(entry.answered)} answered")
    return ", ".join(parts)


def _legend() -> Html:
    graded = [
        el(
            "li",
            el("span", "✓", class_=f"cell c-{slug(grade)}"),
            el("b", grade),
            f" {text}",
        )
        for grade, text in wording.GRADES.items()
    ]
    signs = [el("li", el("b", "✓"), " passed"), el("li", el("b", "✗"), " failed")]
    return el("ul", signs, graded, class_="legend key")
