"""The position on a profile's timeline at which an outage begins."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta
from itertools import chain

from chaos_llm.decisions.plan import PlacedWindow, Plan
from chaos_llm.durations import Duration, seconds
from chaos_llm.errors import UnknownName, UsageError, shown
from chaos_llm.protocol.messages import Request
from chaos_llm.requests.correlation import Key

_MOST_EPOCHS = 10_000  # throws that are looked at: one in so many would be a rare window
PEAK = "the peak"
_CLOCK_TIME = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?")

Until = Duration | datetime | time
# Seconds: farther away, dates would pass the year 9999 and floats lose precision.
_FURTHEST = 100 * 366 * 86_400.0


def offset(until: Until, plan: Plan, now: float) -> float:
    """A position in seconds: of "21:16" (UTC, the next one), a datetime, or a time after the start.

    Raises UsageError for anything else.
    """
    if isinstance(until, str) and (match := _CLOCK_TIME.fullmatch(until)):
        hours, minutes, secs = (int(part or 0) for part in match.groups())
        if hours > 23 or minutes > 59 or secs > 59:
            raise UsageError(_no_moment(until))
        until = time(hours, minutes, secs)
    if isinstance(until, time):
        here = plan.profile.when(now).astimezone(until.tzinfo or UTC)
        then = datetime.combine(here.date(), until, tzinfo=here.tzinfo)
        until = then if then > here else then + timedelta(days=1)
    if isinstance(until, datetime):
        aware = until if until.tzinfo else until.replace(tzinfo=UTC)
        return (aware - plan.profile.starts).total_seconds()
    try:
        return seconds(until)
    except UsageError:
        raise UsageError(_no_moment(until)) from None


def place(at: Until | None, plan: Plan) -> float:
    """The position of `at`: a window's name, a time of day, a datetime, a time after the start.

    Raises UnknownName for any other text, UsageError for more than a hundred years.
    """
    if at is None:
        return 0.0
    position = _position(at, plan)
    if not abs(position) <= _FURTHEST:
        raise UsageError(f"{shown(at)} is more than a hundred years from the profile's start")
    return position


def distance(by: Duration | None, to: Until | None, plan: Plan, now: float) -> float:
    """How many seconds to let pass from `now`: for a duration, or up to a moment.

    Raises UsageError unless one of both is given, and for a moment that is over.
    """
    if (by is None) == (to is None):
        raise UsageError('advance("10m"), or advance(to="a window\'s name")')
    if by is not None:
        return seconds(by)
    ahead = place(to, plan) - now
    if ahead < 0:
        raise UsageError(f"{to!r} is over; time goes forward only")
    return ahead


def _position(at: Until, plan: Plan) -> float:
    if at == PEAK:
        return peak(plan)
    if isinstance(at, str):
        for window in plan.windows:
            if window.window.name == at:
                return window.begins
        try:
            return offset(at, plan, 0.0)
        except UsageError:
            names = [window.window.name for window in plan.windows]
            where = f"profile {plan.profile.name!r}"
            raise UnknownName("window", at, names, where=where) from None
    return offset(at, plan, 0.0)


def peak(plan: Plan) -> float:
    """The first moment at which the window with the highest share of model endpoints hits.

    If all clients share one draw, the first draws may not hit: then a later moment is the peak.
    """
    worst = max(plan.windows, key=lambda w: (_severity(w), -w.begins), default=None)
    if worst is None:
        return 0.0
    points = [
        time for time, share in worst.window.share.points if share == worst.window.share.highest
    ]
    begins = max([worst.begins, *points[:1]]) if _severity(worst)[0] else worst.begins
    return _first_hit(worst, begins)


def _first_hit(window: PlacedWindow, begins: float) -> float:
    sticky_for = window.window.sticky_for
    if window.window.sticky_by != "client" or not sticky_for:
        return begins
    # Such a draw does not depend on the request, so an empty one will do.
    request, key = Request("", "", "", "", ""), Key(0, 0, "", "", 0)
    first, last = (int((time - window.begins) // sticky_for) for time in (begins, window.ends))
    later = range(first + 1, min(last, first + _MOST_EPOCHS) + 1)
    moments = chain((begins,), (window.begins + sticky_for * epoch for epoch in later))
    hits = (at for at in moments if window.draw(request, key, at).fault is not None)
    return next((at for at in hits if at < window.ends), begins)


def _severity(window: PlacedWindow) -> tuple[bool, float]:
    on_api = any(target.surface == "api" for target in window.window.on)
    return on_api, window.window.share.highest


def _no_moment(until: object) -> str:
    return (
        f"{shown(until)} is not a time of a profile: write a time of day in UTC ('21:16'), "
        "a datetime, or a duration from the profile's start ('9h30m')"
    )
