"""Vectors for texts: equal texts have equal ones, and every vector has length one."""

from __future__ import annotations

from hashlib import shake_128
from math import hypot

_DIGITS = 8
_MIDDLE = 32767.5  # of two bytes


def vector(text: str, size: int) -> list[float]:
    """A vector of so many numbers that says nothing about a text but which one it is."""
    drawn = shake_128(text.encode("utf-8", "replace")).digest(2 * size)
    numbers = [int.from_bytes(drawn[at : at + 2]) - _MIDDLE for at in range(0, 2 * size, 2)]
    length = hypot(*numbers)
    return [round(number / length, _DIGITS) for number in numbers]
