"""Compare two campaigns over the same profiles and seeds: what got worse, and how sure that is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from chaos_llm.campaign import intervals
from chaos_llm.campaign.case import Row
from chaos_llm.campaign.intervals import Estimate
from chaos_llm.errors import UsageError

Verdict = Literal["PASS", "REGRESSION", "INCONCLUSIVE"]
ANSWERED = "calls answered"
_WORST_FIRST: tuple[Verdict, ...] = ("REGRESSION", "INCONCLUSIVE", "PASS")


@dataclass(frozen=True)
class Change:
    """What changed in one measure: the new share minus the old one, over pairs of runs.

    Higher is better for all measures: a check's measure is the share of runs that it passes.
    """

    measure: str
    before: float
    after: float
    difference: Estimate
    pairs: int
    verdict: Verdict

    @property
    def sentence(self) -> str:
        """The change in words."""
        return (
            f"{self.verdict}: {self.measure}: {_percent(self.before)} before, "
            f"{_percent(self.after)} now; {_points(self.difference.value)} points, 99 % interval "
            f"{_points(self.difference.low)} to {_points(self.difference.high)}, "
            f"{self.pairs} pairs of runs"
        )


@dataclass(frozen=True)
class Comparison:
    """All changes of a comparison, the worst first."""

    margin: float
    changes: Sequence[Change]

    @property
    def verdict(self) -> Verdict:
        """REGRESSION if anything got worse by more than the margin; PASS if surely nothing did."""
        return min((each.verdict for each in self.changes), key=_WORST_FIRST.index, default="PASS")


def compare(base: Iterable[Row], new: Iterable[Row], margin: float) -> Comparison:
    """Compare rows of the same profiles and seeds.

    The intervals of several measures are widened (Bonferroni), so that two campaigns of the same
    app show a regression in at most one comparison of two hundred. Raises UsageError if the
    campaigns have no run in common.
    """
    before = {row.case: row for row in base}
    pairs = [(before[row.case], row) for row in new if row.case in before]
    if not pairs:
        raise UsageError("the two campaigns have no profile at the same seed in common")
    measures = [(ANSWERED, [(old.share_answered, now.share_answered) for old, now in pairs])]
    measures += list(_checks(pairs))
    changes = [_change(name, values, margin, len(measures)) for name, values in measures]
    order = sorted(changes, key=lambda each: (_WORST_FIRST.index(each.verdict), each.measure))
    return Comparison(margin, order)


def _checks(pairs: Sequence[tuple[Row, Row]]) -> Iterator[tuple[str, list[tuple[float, float]]]]:
    """For each check, the pairs in which it judged both runs: 1 is a pass, 0 a failure."""
    names = sorted({name for row in (r for pair in pairs for r in pair) for name in row.failed})
    for name in names:
        values = [
            (float(name in old.passed), float(name in now.passed))
            for old, now in pairs
            if all(name in row.passed or name in row.failed for row in (old, now))
        ]
        if values:
            yield name, values


def _change(
    measure: str, values: Sequence[tuple[float, float]], margin: float, measures: int
) -> Change:
    differences = [now - old for old, now in values]
    difference = intervals.difference(differences, measures)
    verdict: Verdict = "INCONCLUSIVE"
    if difference.high < -margin:
        verdict = "REGRESSION"
    elif difference.low >= -margin:
        verdict = "PASS"
    count = len(values)
    old, now = (sum(pair[n] for pair in values) / count for n in (0, 1))
    return Change(measure, old, now, difference, count, verdict)


def _percent(share: float) -> str:
    return f"{share * 100:.2f} %"


def _points(share: float) -> str:
    return f"{share * 100:+.2f}"
