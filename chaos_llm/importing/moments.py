"""Points in time and durations, as logs write them."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache

_NGINX = "%d/%b/%Y:%H:%M:%S %z"
_EPOCH = re.compile(r"\s*\d{9,}(?:\.\d+)?\s*")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE]\+?\d+)?")
# As JavaScript and Go write times: Mon May 04 2026 08:00:00 GMT+0200 (Central European ...), and
# 2026-05-04 08:00:00.123 +0000 UTC.
_OTHERS = (
    (re.compile(r"\w{3} (\w{3} \d{2} \d{4} [\d:]{8}) GMT([+-]\d{4})"), "%b %d %Y %H:%M:%S %z"),
    (re.compile(r"(\d{4}-\d\d-\d\d [\d:]{8})(?:\.\d+)? ([+-]\d{4})"), "%Y-%m-%d %H:%M:%S %z"),
)
# Upper bounds of seconds, milliseconds and microseconds since 1970 for times before the year 5138.
_SCALES = ((1e11, 1.0), (1e14, 1e3), (1e17, 1e6), (1e20, 1e9))
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)")
_UNITS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}


def moment(value: object) -> float:
    """Seconds since 1970 of a time in any common form; raises ValueError for any other value.

    A time without a zone is taken for UTC. A number is seconds, milliseconds, microseconds or
    nanoseconds since 1970, as its size tells.
    """
    if isinstance(value, str):
        if _EPOCH.fullmatch(value):  # before ISO 8601, in which thirteen digits may be a date
            return _since_1970(float(value))
        try:
            when = datetime.fromisoformat(value)
        except ValueError:
            return _other_form(value)
        return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _since_1970(float(value))
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).timestamp()
    raise ValueError(f"{value!r:.60} is no time")


def optional_moment(value: object) -> float | None:
    """The same, or None for a missing or unreadable one."""
    try:
        return moment(value) if value else None
    except ValueError:
        return None


def number(value: object) -> float | None:
    """A number, or the text of one; None for anything else, and for one that is not finite."""
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if math.isfinite(value) else None


def duration(value: object) -> float | None:
    """Seconds of Go's durations ("1.2s", "1m3s") or of a number in nanoseconds, as go-vcr has."""
    if isinstance(value, str) and (parts := _DURATION.findall(value)):
        return sum(float(amount) * _UNITS[unit] for amount, unit in parts)
    found = number(value)
    return found / 1e9 if found else None


def _since_1970(value: float) -> float:
    for bound, scale in _SCALES:
        if 0 <= value < bound:
            return value / scale
    raise ValueError(f"{value!r} is no time")


@lru_cache(1024)  # logs whose times are whole seconds have the same text line after line
def _other_form(text: str) -> float:
    stripped = text.strip().strip("[]")
    if _NUMBER.fullmatch(stripped):
        return _since_1970(float(stripped))
    try:
        return datetime.strptime(stripped, _NGINX).timestamp()  # noqa: DTZ007 - it has %z
    except ValueError:
        pass
    for pattern, form in _OTHERS:
        if found := pattern.match(stripped):
            return datetime.strptime(" ".join(found.groups()), form).timestamp()  # noqa: DTZ007 - the same
    try:
        when = parsedate_to_datetime(stripped)
        return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()
    except ValueError:
        pass
    if stripped.endswith(" UTC"):  # 2026-05-04 08:00:00.123 UTC
        return moment(stripped.removesuffix(" UTC") + "+00:00")
    raise ValueError(f"{text[:60]!r} is no time")
