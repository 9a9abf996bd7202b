"""The result of a campaign: for each profile and in all, shares with their intervals.

It follows from the rows alone, in the order of profile and seed: not from the number of workers,
nor from the order in which runs ended.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby

from chaos_llm.campaign import intervals
from chaos_llm.campaign.case import Row
from chaos_llm.campaign.intervals import Estimate
from chaos_llm.reports.grades import GRADES

ALL = "all profiles"
FEWEST = 10  # runs before --until may end a profile's seeds, and the step from there
_GRADES: Sequence[str] = GRADES
_WORST = 3  # seeds shown for a profile


@dataclass(frozen=True)
class Summary:
    """The runs of one profile, or of all."""

    name: str
    rows: Sequence[Row]

    @cached_property
    def judged(self) -> list[Row]:
        """The runs that ended with a report."""
        return [row for row in self.rows if row.status == "judged"]

    @cached_property
    def answered(self) -> Estimate:
        """Share of the calls that were answered."""
        rows = self.judged
        return intervals.ratio([row.answered for row in rows], [row.calls for row in rows])

    @cached_property
    def downtime(self) -> Estimate:
        """Mean over the runs of the longest time without an answer, in seconds."""
        return intervals.mean([row.downtime for row in self.judged])

    @cached_property
    def requests(self) -> Estimate:
        """Requests for one call."""
        return intervals.mean([row.requests / row.calls for row in self.judged if row.calls])

    @cached_property
    def cost(self) -> Estimate:
        """Billed tokens for one call, in and out."""
        return intervals.mean([row.tokens / row.calls for row in self.judged if row.calls])

    @cached_property
    def wasted_tokens(self) -> Estimate:
        """Share of the billed tokens that paid for answers that no user got."""
        rows = [row for row in self.judged if row.tokens]
        return intervals.ratio([row.wasted_tokens for row in rows], [row.tokens for row in rows])

    @cached_property
    def waste(self) -> Estimate:
        """Share of the requests that brought no answer."""
        rows = [row for row in self.judged if row.requests]
        return intervals.ratio([row.lost_requests for row in rows], [row.requests for row in rows])

    @cached_property
    def bad(self) -> Estimate:
        """Share of the runs that lost an answer, failed a check or were not judged."""
        return intervals.share(sum(row.is_bad for row in self.rows), len(self.rows))

    @cached_property
    def checks(self) -> dict[str, Estimate]:
        """Of each check that judged any run: the share of those runs in which it failed."""
        names = sorted({name for row in self.judged for name in (*row.passed, *row.failed)})
        return {name: self.failing(name) for name in names}

    def failing(self, check: str) -> Estimate:
        """The share of the runs that a check judged in which it failed."""
        judged = [row for row in self.judged if check in row.passed or check in row.failed]
        return intervals.share(sum(check in row.failed for row in judged), len(judged))

    @property
    def not_judged(self) -> list[Row]:
        """The runs that crashed, hung or were lost."""
        return [row for row in self.rows if row.status != "judged"]

    @property
    def worst(self) -> list[Row]:
        """The worst runs: not judged, then most failed checks, then fewest answers."""
        bad = [row for row in self.rows if row.is_bad]
        return sorted(bad, key=_badness)[:_WORST]

    @property
    def grade(self) -> str:
        """The worst grade of any run."""
        return max((row.grade for row in self.judged), key=_GRADES.index, default="unjudged")


def _badness(row: Row) -> tuple[bool, int, float, str, int]:
    is_judged = row.status == "judged"
    return (is_judged, -len(row.failed), row.share_answered, row.profile, row.seed)


@dataclass(frozen=True)
class Table:
    """All summaries of a campaign."""

    app: str
    profiles: Sequence[Summary]

    @cached_property
    def in_all(self) -> Summary:
        """All runs of all profiles."""
        return Summary(ALL, [row for each in self.profiles for row in each.rows])

    @property
    def checks(self) -> list[str]:
        """Every check that judged any run, sorted."""
        return list(self.in_all.checks)


def table(app: str, rows: Iterable[Row], until: float | None = None) -> Table:
    """Summarise rows, which come by profile and seed."""
    return Table(app, [Summary(name, enough(of, until)) for name, of in by_profile(rows)])


def by_profile(rows: Iterable[Row]) -> Iterator[tuple[str, list[Row]]]:
    """The rows of each profile."""
    for name, group in groupby(rows, key=lambda row: row.profile):
        yield name, list(group)


def enough(rows: Sequence[Row], until: float | None) -> Sequence[Row]:
    """The first rows whose interval of bad runs is narrow enough, in steps of ten; else all.

    Only a prefix of the seeds is looked at: a seed that ended early does not count before those
    that began before it, or the result would depend on which runs are quick.
    """
    return rows if until is None else rows[: _enough(rows, until) or len(rows)]


def is_enough(rows: Sequence[Row], until: float) -> bool:
    """Whether a prefix of these rows, which come by seed, is narrow enough."""
    return _enough(rows, until) is not None


def _enough(rows: Sequence[Row], until: float) -> int | None:
    prefix = next((n for n, row in enumerate(rows) if row.seed != rows[0].seed + n), len(rows))
    counts = range(FEWEST, prefix + 1, FEWEST)
    return next((n for n in counts if Summary("", rows[:n]).bad.width <= until), None)
