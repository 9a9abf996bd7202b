"""Durations as a person would choose them: round ones first, short ones before long ones."""

from __future__ import annotations

_ROUND = (1.0, 10.0, 60.0, 600.0, 3600.0, 3 * 3600.0, 12 * 3600.0, 86400.0)
_OTHERS = (2.0, 5.0, 20.0, 30.0, 120.0, 300.0, 1200.0, 1800.0, 2 * 3600.0, 6 * 3600.0)


def lengths(longest: float) -> list[float]:
    """Durations of 1 s to `longest`, in seconds."""
    round_ones = [length for length in _ROUND if length < longest]
    return [*round_ones, longest, *(length for length in _OTHERS if length < longest)]
