"""The deadlines that an app sets itself around its calls, as far as they can be seen."""

from __future__ import annotations

from math import inf

from chaos_llm.analysis.call import Call
from chaos_llm.analysis.run import Run
from chaos_llm.journal.journal import Exchange
from chaos_llm.requests.app_deadlines import AppDeadline

# Seconds in which an app may tidy up after a deadline, or go on after the block (assumed).
GRACE = 1.0


def deadline_of_calls(run: Run) -> float | None:
    """The longest time in seconds that the app gave a call, if it gave each call one.

    A deadline is a call's own if all of its requests were made inside, and the call ended when the
    app left the block. One of several deadlines, for each attempt, is not. A wait for work of its
    own is the app's deadline in the same way.
    """
    limits = []
    for call in run.calls:
        if not run.evidence.of(call):
            continue
        deadline = _deadline_of(run, call)
        if deadline is None:
            return None
        limits.append(round(deadline.ends - call.began, 6))
    return max(limits, default=None)


def _deadline_of(run: Run, call: Call) -> AppDeadline | None:
    requests = run.evidence.of(call)
    deadline = requests[0].app_deadline
    if deadline is None or any(e.app_deadline is not deadline for e in requests):
        deadline = _wait_of(run, call)
    if deadline is None:
        return None
    return None if call.ended > deadline.left + GRACE else deadline


def _wait_of(run: Run, call: Call) -> AppDeadline | None:
    """The only wait of a call with a time-out, if all requests of the call began during it."""
    if len(call.waits) != 1:
        return None
    (wait,) = call.waits
    times = [exchange.at for exchange in run.evidence.of(call)]
    return wait if wait.began <= min(times) and max(times) <= max(wait.began, wait.left) else None


def left_behind(run: Run) -> list[tuple[Exchange, AppDeadline, Call]]:
    """The requests that began after a deadline had passed and had ended their call, with both.

    They come from work that the app waited for, and that it neither awaits nor has cancelled.
    """
    calls: dict[AppDeadline, Call | None] = {}
    found = []
    for exchange in run.api:
        deadline = exchange.app_deadline if exchange.call < 0 else None
        if deadline is None or not deadline.has_passed or exchange.began_cancelled:
            continue
        if deadline not in calls:
            calls[deadline] = _ended_by(run, deadline)
        if (call := calls[deadline]) is not None:
            found.append((exchange, deadline, call))
    return found


def _ended_by(run: Run, deadline: AppDeadline) -> Call | None:
    """The call that got no answer because this deadline had passed."""
    ended = (c for c in run.calls if deadline.left <= c.ended <= deadline.left + GRACE)
    return next((c for c in ended if c.began <= deadline.began and not c.answered), None)


def overruns(run: Run) -> list[tuple[AppDeadline, int]]:
    """The deadlines that the app overran, each with the number of the call of its first request."""
    found: dict[int, tuple[AppDeadline, int]] = {}
    for exchange in run.api:
        deadline = exchange.app_deadline
        if deadline is not None and GRACE < deadline.overrun < inf:
            found.setdefault(id(deadline), (deadline, exchange.call))
    waits = ((wait, call.number) for call in run.calls for wait in call.waits)
    found |= {id(wait): (wait, call) for wait, call in waits if GRACE < wait.overrun < inf}
    return list(found.values())
