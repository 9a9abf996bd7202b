"""Durations as seconds, a timedelta, or a text such as "2m", "1h30m" or "500ms"."""

from __future__ import annotations

import math
import re
from datetime import timedelta

from chaos_llm.errors import UsageError, shown

Duration = float | int | str | timedelta

_PATTERN = re.compile(
    r"\s*"
    + r"\s*".join(
        rf"(?:(\d+(?:\.\d+)?)\s*(?:{unit})(?![a-z]))?"
        for unit in ("d", "h", "min|m", "s", "ms")  # each at most once, the largest first
    )
    + r"\s*"
)
_LONGEST = 64  # characters; the pattern would take too long for a megabyte of spaces
_UNITS = (86400.0, 3600.0, 60.0, 1.0, 0.001)  # seconds, in the order of the pattern's groups
_HINT = (
    'write seconds (90), a timedelta, or numbers with units, the largest first: "90s", "2m", '
    '"1h30m", "500ms" (d, h, m or min, s, ms)'
)


def seconds(value: Duration) -> float:
    """The duration in seconds; raises UsageError if it is malformed, negative or infinite."""
    length = _read(value)
    if not 0 <= length < math.inf:
        raise UsageError(f"{shown(value)} is not a duration: {_HINT}")
    return length


def _read(value: object) -> float:
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, str):
        return _read_text(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return math.nan
    try:
        return float(value)
    except OverflowError:  # an integer of hundreds of digits
        return math.inf


def _read_text(text: str) -> float:
    written = _PATTERN.fullmatch(text) if len(text) <= _LONGEST else None
    numbers = written.groups() if written else ()
    if not any(numbers):
        return math.nan
    return math.fsum(
        float(number) * unit for number, unit in zip(numbers, _UNITS, strict=True) if number
    )


def describe(seconds: float) -> str:
    """The duration in words for reports: "200 ms", "1.5 s", "2 min 30 s", "3 h 41 min 2 s"."""
    if seconds < 0:
        return f"-{describe(-seconds)}"
    if math.isinf(seconds):
        return "for ever"
    if seconds < 1e-6:
        return "0 s"
    if seconds < 0.9995:
        return f"{seconds * 1000:.3g} ms"
    if seconds < 59.95:
        return f"{seconds:.3g} s"
    parts = []
    rest = round(seconds)
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60), ("s", 1)):
        count, rest = divmod(rest, length)
        if count:
            parts.append(f"{count} {unit}")
    return " ".join(parts)
