"""Unix times as replies have them."""

from __future__ import annotations

# Microseconds. Below 2 ** 51 of them a float is exact to an eighth, so that a whole number within a
# quarter is the nearest one.
_SURE, _EXACT = 0.25, 1 << 51


def rounded(seconds: float) -> float:
    """The same as `round(seconds, 6)` for a Unix time, which goes through decimal digits."""
    scaled = seconds * 1e6
    whole = int(scaled + 0.5)
    if -_SURE <= scaled - whole <= _SURE and 0 <= whole < _EXACT:
        return whole / 1e6
    return round(seconds, 6)
