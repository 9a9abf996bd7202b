"""Intervals of shares, and tests of whether shares are alike. All are at 95 % unless said."""

from __future__ import annotations

import math
from collections.abc import Sequence

Z95, Z997 = 1.959964, 2.967738


def wilson(hits: float, calls: float, z: float = Z95) -> tuple[float, float]:
    """The Wilson interval of a share; (0, 1) without any calls."""
    if calls <= 0:
        return 0.0, 1.0
    share, z2 = hits / calls, z * z
    middle = (share + z2 / (2 * calls)) / (1 + z2 / calls)
    half = z / (1 + z2 / calls) * math.sqrt(share * (1 - share) / calls + z2 / (4 * calls**2))
    return max(0.0, middle - half), min(1.0, middle + half)


def chi_square(table: Sequence[Sequence[float]]) -> tuple[float, int]:
    """Pearson's statistic of a table of counts, and its degrees of freedom."""
    rows = [sum(row) for row in table]
    columns = [sum(column) for column in zip(*table, strict=True)]
    total = sum(rows)
    used_rows, used_columns = sum(row > 0 for row in rows), sum(each > 0 for each in columns)
    if total <= 0 or min(used_rows, used_columns) < 2:
        return 0.0, 0
    statistic = sum(
        (count - row * column / total) ** 2 / (row * column / total)
        for row, counts in zip(rows, table, strict=True)
        for column, count in zip(columns, counts, strict=True)
        if row * column
    )
    return statistic, (used_rows - 1) * (used_columns - 1)


def exceeds(statistic: float, freedom: int, z: float) -> bool:
    """Whether a chi-square statistic is larger than chance allows, at a one-sided z.

    Wilson and Hilferty's approximation, Proc. Natl. Acad. Sci. 17 (1931) 684.
    """
    if freedom <= 0:
        return False
    spread = 2 / (9 * freedom)
    root: float = (statistic / freedom) ** (1 / 3)
    return (root - (1 - spread)) / math.sqrt(spread) > z
