"""The text timeline of a run: a row for each fact, a column for each part of the time."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from chaos_llm.analysis.call import OUTCOMES, Call, Outcome
from chaos_llm.analysis.run import Run
from chaos_llm.journal.journal import Exchange
from chaos_llm.reports.profiles.timeline import TextScale, axis

LABEL = 17  # columns of a row's label
NARROWEST = 20  # columns of the timeline, even on a narrow terminal
LETTERS: dict[Outcome, str] = {
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
_BARS = "▁▂▃▄▅▆▇█"
_CLOSED = ("", "resolved", "postmortem")  # states of a status page without an open incident
_T = TypeVar("_T")


class Drawing:
    """The rows of one run below the same axis; `most` requests in a column draw a full bar."""

    def __init__(self, run: Run, columns: int, most: int | None = None) -> None:
        self.run, self.columns = run, columns
        self._due = self._spread(run.calls, lambda call: call.due)
        self.most = most or self.busiest

    @property
    def busiest(self) -> int:
        """The largest number of requests to one provider in one column."""
        requests = (self._requests(provider) for provider in self.run.providers)
        return max((len(column) for columns in requests for column in columns), default=1)

    def axis(self) -> list[str]:
        """Round times of the day above a ruler."""
        starts = self.run.profile.when(self.run.begins)
        scale = TextScale(self.run.ends - self.run.begins, self.columns)
        labels, ruler = axis(starts, scale)
        return [row("", labels[: self.columns]), row("", ruler)]

    def hit(self, provider: str) -> str:
        """The share of requests to a provider that is hit."""
        return row(f"{provider} hit", map(shade, self.run.shares(provider, self.columns)))

    def page(self, provider: str) -> str:
        """The posts of the provider's status page, and when it showed an open incident."""
        page = self.run.profile.status_pages.get(provider)
        if page is None or not page.posts:
            return ""
        marks, state = [" "] * self.columns, ""
        for post in sorted(page.posts, key=lambda post: post.at):
            column, state = self._column(post.at), post.state or state
            if column < self.columns:
                open_from_here = " " if state in _CLOSED else "─"
                marks[max(0, column) :] = open_from_here * (self.columns - max(0, column))
                if column >= 0:
                    marks[column] = post.state[:1] or "+"
        return row("  status page", marks) if "".join(marks).strip() else ""

    def requests(self, provider: str) -> str:
        """The number of requests to a provider, as bars."""
        columns = zip(self._requests(provider), self._due, strict=True)
        marks = (
            bar(len(column) / self.most) if column else "·" if due else " "
            for column, due in columns
        )
        return row(f"{provider} load", marks)

    def users_got(self) -> str:
        """The most frequent outcome of the calls."""
        return row("  users got", map(outcome_mark, self._due))

    def unanswered(self) -> str:
        """The share of the calls without an answer; empty if all calls were answered."""
        shares = [_share(not call.answered for call in calls) for calls in self._due]
        return row("  unanswered", map(bar, shares)) if any(shares) else ""

    def legend(self) -> list[str]:
        """The meaning of shades, bars and letters, except those of outcomes."""
        return [
            "hit: share of the requests, █ 75 % and over, ▓ 50 %, ▒ 25 %, ░ less · "
            "unanswered: share of the calls",
            f"load: requests to a provider, █ {self.most} in a column, · none · "
            "users got: the most frequent outcome, blank: no call was due",
            "status page: i investigating, d identified, m monitoring, r resolved, + other, ─ open",
        ]

    def _requests(self, provider: str) -> list[list[Exchange]]:
        return self._spread(self.run.to(provider), lambda exchange: exchange.at)

    def _spread(self, items: Iterable[_T], when: Callable[[_T], float]) -> list[list[_T]]:
        buckets: list[list[_T]] = [[] for _ in range(self.columns)]
        for item in items:
            buckets[min(self.columns - 1, max(0, self._column(when(item))))].append(item)
        return buckets

    def _column(self, time: float) -> int:
        length = (self.run.ends - self.run.begins) or 1.0
        return math.floor((time - self.run.begins) / length * self.columns)


def row(label: str, marks: Iterable[str]) -> str:
    """A label and the marks after it."""
    text = label if len(label) < LABEL else f"{label[: LABEL - 2]}…"
    return f"{text:<{LABEL}}{''.join(marks)}".rstrip()


def shade(share: float) -> str:
    """A share as a shade, from nothing to a full block."""
    blocks = zip((0.75, 0.5, 0.25), "█▓▒", strict=True)
    return next((block for least, block in blocks if share >= least), "░" if share else " ")


def bar(share: float) -> str:
    """A share as a bar, blank for 0."""
    return _BARS[min(7, max(0, round(share * 8) - 1))] if share else " "


def outcome_mark(calls: Sequence[Call]) -> str:
    """The letter of the most frequent outcome of a column; of equally frequent ones the worse."""
    if not calls:
        return " "
    counts = Counter(call.outcome for call in calls)
    return LETTERS[max(counts, key=lambda outcome: (counts[outcome], OUTCOMES.index(outcome)))]


def _share(hits: Iterable[bool]) -> float:
    counted = list(hits)
    return sum(counted) / len(counted) if counted else 0.0
