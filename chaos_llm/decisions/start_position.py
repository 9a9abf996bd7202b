"""Where on a profile's timeline an outage begins."""

from __future__ import annotations

from chaos_llm.decisions.plan import Key, PlacedWindow, Plan
from chaos_llm.errors import UnknownName, UsageError
from chaos_llm.protocol.messages import Request
from chaos_llm.replay.schedule import Until, offset

THICK = "the thick of it"


def place(at: Until | None, plan: Plan) -> float:
    """The position of `at`: a window's name, a time of day, a datetime, a time from the start.

    Raises UnknownName where a text is none of these.
    """
    if at is None:
        return 0.0
    if at == THICK:
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
    """The first moment at which the window strikes that hits the models' endpoints hardest.

    Where all clients share a die, its first throws may spare them.
    """
    worst = max(plan.windows, key=lambda w: (_severity(w), -w.begins), default=None)
    if worst is None:
        return 0.0
    points = [
        time for time, share in worst.window.share.points if share == worst.window.share.highest
    ]
    begins = max([worst.begins, *points[:1]]) if _severity(worst)[0] else worst.begins
    return _first_struck(worst, begins)


def _first_struck(window: PlacedWindow, begins: float) -> float:
    sticky_for = window.window.sticky_for
    if window.window.sticky_by != "client" or not sticky_for:
        return begins
    anybody, anything = Request("", "", "", "", ""), Key(0, 0, "", "", 0)
    first, last = (int((time - window.begins) // sticky_for) for time in (begins, window.ends))
    moments = (
        begins,
        *(window.begins + sticky_for * epoch for epoch in range(first + 1, last + 1)),
    )
    applied = (at for at in moments if window.throw(anybody, anything, at).fault is not None)
    return next((at for at in applied if at < window.ends), begins)


def _severity(window: PlacedWindow) -> tuple[bool, float]:
    on_api = any(target.surface == "api" for target in window.window.on)
    return on_api, window.window.share.highest
