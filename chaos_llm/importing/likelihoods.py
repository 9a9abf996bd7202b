"""Cost functions for ruptures: how badly one share, or one level, fits a piece of a sequence.

Only pieces between the edges of blocks are asked for, so cumulated sums at the edges are enough.
ruptures takes a cost of one's own only if it is a BaseCost.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from ruptures.base import BaseCost


class CountsCost(BaseCost):  # type: ignore[misc] # ruptures has no types
    """Minus the log likelihood of counts; `signal` has cumulated counts at the blocks' edges."""

    model, min_size = "counts", 1

    def __init__(self, sums: Any) -> None:
        self.signal = np.arange(len(sums) - 1).reshape(-1, 1)
        self._rows = [tuple(map(float, row)) for row in sums]

    def fit(self, signal: Any) -> CountsCost:  # noqa: ARG002 - ruptures' interface
        return self

    def error(self, begin: int, end: int) -> float:
        """The cost of the blocks from begin to end; plain floats, as a row has few columns."""
        total, cost = 0.0, 0.0
        for before, after in zip(self._rows[begin], self._rows[end], strict=True):
            count = after - before
            if count > 0:
                total += count
                cost -= count * math.log(count)
        return cost + total * math.log(total)

    def sum_of_costs(self, changes: list[int]) -> float:
        return sum(map(self.error, [0, *changes[:-1]], changes))


class LevelsCost(BaseCost):  # type: ignore[misc] # the same
    """Squared distances from a level, in units of the noise."""

    model, min_size = "levels", 1

    def __init__(self, sums: Any, edges: Any, noise: float) -> None:
        self.signal = np.arange(len(sums) - 1).reshape(-1, 1)
        self._rows = [tuple(map(float, row)) for row in sums]
        self._edges, self._scale = [int(each) for each in edges], 2 * noise * noise

    def fit(self, signal: Any) -> LevelsCost:  # noqa: ARG002 - ruptures' interface
        return self

    def error(self, begin: int, end: int) -> float:
        (sum0, squares0), (sum1, squares1) = self._rows[begin], self._rows[end]
        count = self._edges[end] - self._edges[begin]
        return (squares1 - squares0 - (sum1 - sum0) ** 2 / count) / self._scale

    def sum_of_costs(self, changes: list[int]) -> float:
        return sum(map(self.error, [0, *changes[:-1]], changes))
