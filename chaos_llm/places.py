"""Where on a profile's timeline an outage begins."""

from __future__ import annotations

from chaos_llm.errors import UnknownName, UsageError
from chaos_llm.plan import PlacedWindow, Plan
from chaos_llm.schedule import Until, offset

THICK = "the thick of it"


def place(at: Until | None, plan: Plan) -> float:
    """The position of `at`: a window's name, a time of day, a datetime, a time from the start.

    Raises UnknownName where a text is none of these.
    """
    if at is None:
        return 0.0
    if at == THICK:
        return thick_of_it(plan)
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


def thick_of_it(plan: Plan) -> float:
    """The first moment of the window that hits the models' endpoints hardest."""
    worst = max(plan.windows, key=lambda w: (_severity(w), -w.begins), default=None)
    if worst is None:
        return 0.0
    points = [
        time for time, share in worst.window.share.points if share == worst.window.share.highest
    ]
    return max([worst.begins, *points[:1]]) if _severity(worst)[0] else worst.begins


def _severity(window: PlacedWindow) -> tuple[bool, float]:
    on_api = any(target.surface == "api" for target in window.window.on)
    return on_api, window.window.share.highest
