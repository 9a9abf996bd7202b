"""The functions that replace `time.sleep` and the monotonic clocks during an outage.

They are at module level and live as long as the process, because a thread may be about to enter one
while the outage ends.
"""

from __future__ import annotations

import sys
import time
from _thread import get_ident
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from chaos_llm.virtual_time.clock import FREE_POLLS, READING, TICKS, Clock
from chaos_llm.virtual_time.real_time_callers import RealTimeCallers
from chaos_llm.virtual_time.redirects import (
    Redirect,
    real_monotonic,
    real_monotonic_ns,
    real_perf_counter,
    real_perf_counter_ns,
    real_sleep,
)
from chaos_llm.virtual_time.runner import Runner
from chaos_llm.virtual_time.scheduler import Scheduler


@dataclass(slots=True)
class Running:
    """The running outage: its clock, its threads, and the callers that keep real time."""

    clock: Clock
    scheduler: Scheduler
    callers: RealTimeCallers
    runners: dict[int, Runner]


_running: Running | None = None
_redirects: list[Redirect] = []


def running() -> Running | None:
    """The running outage, or None."""
    return _running


def _on_clock(running: Running) -> Runner | None:
    # frame 1 is the function below, frame 2 its caller: the builtin between them has none
    runner = running.runners.get(get_ident())
    if runner is None or runner.off_clock or running.callers.keep_real_time(sys._getframe(2)):
        return None
    return runner


def _sleep(seconds: float, /) -> None:
    running = _running
    if running is None or (runner := _on_clock(running)) is None:
        return real_sleep(seconds)
    return running.scheduler.sleep(runner, seconds)


def _clock(
    real: Callable[[], Any], *, base: str = "", exact: Callable[[Clock], int] | None = None
) -> Callable[[], Any]:
    """What replaces a clock: seconds after a `base` of the outage's, or what is `exact`.

    Clients read a clock at every request, so the usual case is one function.
    """

    def read() -> Any:
        running = _running
        if running is None:
            return real()
        runner = running.runners.get(get_ident())
        if runner is None or runner.off_clock:
            return real()
        frame = sys._getframe(1)  # the builtin between this and its caller has none
        is_real = running.callers.is_real.get(frame.f_globals.get("__name__", ""))
        if is_real or (is_real is None and running.callers.keep_real_time(frame)):
            return real()
        clock = running.clock
        clock.polled = polled = clock.polled + READING.weight
        if polled > FREE_POLLS:
            clock.on_standstill(READING)
        return exact(clock) if exact else getattr(clock, base) + clock.now / TICKS

    return read


_monotonic = _clock(real_monotonic, base="monotonic_base")
_monotonic_ns = _clock(real_monotonic_ns, exact=Clock.monotonic_ns)
_perf_counter = _clock(real_perf_counter, base="perf_counter_base")
_perf_counter_ns = _clock(real_perf_counter_ns, exact=Clock.perf_counter_ns)


def _prepare() -> list[Redirect]:
    if not _redirects:
        _redirects.extend(
            [
                Redirect(time.sleep, _sleep),
                Redirect(time.monotonic, _monotonic),
                Redirect(time.monotonic_ns, _monotonic_ns),
                Redirect(time.perf_counter, _perf_counter),
                Redirect(time.perf_counter_ns, _perf_counter_ns),
            ]
        )
    return _redirects


def install(undo: ExitStack, running: Running) -> None:
    """Put the time functions on the clock of this outage."""
    global _running  # noqa: PLW0603 - the builtins are global, too
    redirects = _prepare()
    undo.callback(_clear_running)
    _running = running
    for redirect in redirects:
        undo.callback(redirect.remove)
        redirect.install()


def _clear_running() -> None:
    global _running  # noqa: PLW0603
    _running = None
