"""How many seeds a margin needs, from a pilot campaign."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable
from dataclasses import dataclass

from chaos_llm.campaign import intervals
from chaos_llm.campaign.case import Row
from chaos_llm.campaign.table import by_profile
from chaos_llm.errors import UsageError


@dataclass(frozen=True)
class Sample:
    """What a comparison with this margin needs. `spread` is of one run's share of answers."""

    margin: float
    profiles: int
    spread: float
    pairs: int

    @property
    def seeds(self) -> int:
        """Seeds of each profile."""
        return math.ceil(self.pairs / self.profiles)


def plan(rows: Iterable[Row], margin: float) -> Sample:
    """Plan a comparison from a pilot; raises UsageError for a margin of nothing, or too few runs.

    The pilot does not show how alike two releases are at the same seed, so they are taken to be
    independent: the true need is at most this.
    """
    if margin <= 0:
        raise UsageError("a margin is more than 0, as in --margin 1%")
    groups = [[row.share_answered for row in of] for _, of in by_profile(rows)]
    several = [group for group in groups if len(group) > 1]
    if not several:
        raise UsageError("a pilot needs at least two seeds of a profile")
    within = statistics.fmean(statistics.variance(group) for group in several)
    spread = math.sqrt(within)
    pairs = intervals.pairs_needed(math.sqrt(2) * spread, margin) if spread else 2 * len(groups)
    return Sample(margin, len(groups), spread, max(pairs, 2 * len(groups)))
