"""Convert the times of a file to those of a profile, in seconds after its start, and back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from chaos_llm import durations

Moment = datetime | date | str

_DAY = timedelta(days=1)


def origin(starts: datetime | date | Sequence[datetime | date]) -> datetime:
    """The profile's start in UTC: the earliest time of a range, the first second of a day."""
    if isinstance(starts, date):
        return _dated(starts)[0]
    return _dated(starts[0])[0]


def span(moments: Moment | Sequence[Moment], starts: datetime) -> tuple[float, float]:
    """The earliest and the latest time; a day is a range from its first second to its last."""
    if isinstance(moments, str | date):
        return _limits(moments, starts)
    return _limits(moments[0], starts)[0], _limits(moments[-1], starts)[1]


def point(moment: Moment, starts: datetime) -> float:
    """One time; for a day its first second."""
    return _limits(moment, starts)[0]


def offset(seconds: float) -> str:
    """A time as an offset such as "+1h30m", which is read back as exactly the same float."""
    sign, rest = ("-", -seconds) if seconds < 0 else ("+", seconds)
    if not float(rest).is_integer():
        return f"{sign}{Decimal(repr(rest)):f}s"
    minutes, left = divmod(int(rest), 60)
    hours, minutes = divmod(minutes, 60)
    parts = ((hours, "h"), (minutes, "m"), (left, "s"))
    return sign + ("".join(f"{count}{unit}" for count, unit in parts if count) or "0s")


def _limits(moment: Moment, starts: datetime) -> tuple[float, float]:
    if isinstance(moment, str):
        seconds = durations.seconds(moment[1:])
        seconds = -seconds if moment.startswith("-") else seconds
        return seconds, seconds
    first, last = _dated(moment)
    return (first - starts).total_seconds(), (last - starts).total_seconds()


def _dated(moment: date) -> tuple[datetime, datetime]:
    if isinstance(moment, datetime):
        moment = moment.astimezone(UTC)
        return moment, moment
    first = datetime.combine(moment, time(), UTC)
    return first, first + _DAY
