"""The page of many outages in a row: a line for each, with a link to its own page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from chaos_llm.durations import describe
from chaos_llm.reports.html import wording
from chaos_llm.reports.html.element import el, table
from chaos_llm.reports.html.sections import section
from chaos_llm.reports.html.shell import page

_HEAD = ("outage", "begins", "lasted", "calls answered in it", "time without an answer", "grade")


@dataclass(frozen=True)
class OutageRow:
    """One outage; `lasted` and `downtime` are seconds, `page` is the name of its own page."""

    profile: str
    starts: datetime
    lasted: float
    answered: float
    downtime: float
    grade: str
    page: str


def outages_page(rows: Sequence[OutageRow], title: str, about: str) -> str:
    """The page; `title` says what was replayed, `about` what came of all of it."""
    cells = (
        [
            el("a", row.profile, href=row.page),
            f"{row.starts:%Y-%m-%d}",
            describe(row.lasted),
            wording.percent(row.answered),
            describe(row.downtime),
            row.grade,
        ]
        for row in rows
    )
    top = el("header", el("p", title, class_="name"), el("h1", about))
    return page(f"{title}: {about}", top, section("Outages", table(_HEAD, cells, "Outages")))
