"""Loops that poll and never wait: time creeps for them, or an error names their line.

Virtual time moves when everybody waits. `while time.monotonic() < end: time.sleep(0)` waits for
nothing, so the clock would stand, and the loop would never end. Whatever such a loop can do, its
clock counts; beyond a number of steps that no app takes in one instant, each step moves time on by
about what it takes in reality, and lets other threads run, as the interpreter does. A wait of a
moment ends so. A loop that goes on for real seconds ends in an error.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from chaos_llm.errors import HarnessError, Standstill
from chaos_llm.virtual_time import trio_loops
from chaos_llm.virtual_time.clock import FREE_POLLS, TICKS, Poll
from chaos_llm.virtual_time.redirects import real_monotonic, real_sleep
from chaos_llm.virtual_time.scheduler import Scheduler
from chaos_llm.virtual_time.stack_positions import place_of_coroutine, place_of_thread

_PAUSE = 50e-6  # real seconds, about what `time.sleep(0)` takes
_MANY = 10 * FREE_POLLS  # an app that computes for seconds reads the clock less often than that


_TASKS_NAMED = 5
_TO_THE_END = 10_000  # polls that trio may make until its main task has been ended


class Standing:
    """What happens to a clock at which the app polls again and again at one instant."""

    def __init__(
        self,
        scheduler: Scheduler,
        real_wait: float,
        record: Callable[[HarnessError], HarnessError],
    ) -> None:
        self._scheduler, self._real_wait, self._record = scheduler, real_wait, record
        self._polled = 0
        self._began = (0.0, 0)  # in real seconds, and in ticks
        self._is_on, self._polls_of_trio = False, 0

    def __call__(self, poll: Poll) -> None:
        """Let time creep, and others run; raises Standstill where that has not helped for long."""
        scheduler = self._scheduler
        me, clock = scheduler.here(), scheduler.clock
        if me is None or self._is_on:  # in real time, or asked by the error's own message
            return
        self._is_on = True
        try:
            if clock.polled < self._polled or not self._polled:
                self._began = real_monotonic(), clock.now
            self._polled = clock.polled
            if clock.polled > _MANY and real_monotonic() - self._began[0] > self._real_wait:
                self._end(self._record(self._error(me.ident)))
            clock.creep_to(clock.now + poll.creeps)
            if poll.pauses:
                real_sleep(_PAUSE)
        finally:
            self._is_on = False
        if scheduler.turns.waiting:
            scheduler.block(me, None, clock.now, "a poll")

    def _end(self, error: HarnessError) -> None:
        """Raise; but where trio polls for a task, in the run's main task, at its next wait."""
        if not trio_loops.is_running() or self._polls_of_trio > _TO_THE_END:
            raise error
        self._polls_of_trio += 1
        if self._polls_of_trio == 1:
            trio_loops.raise_in_main_task(error)

    def _error(self, ident: int) -> Standstill:
        crept = (self._scheduler.clock.now - self._began[1]) / TICKS
        return Standstill(
            f"a loop polls and never waits{place_of_thread(ident)}{_tasks()}: it has read the "
            f"clock, or waited for 0 seconds, {self._scheduler.clock.polled:,} times while time "
            f"crept on by {crept:.3g} s. Virtual time moves when everybody waits: sleep there for "
            "more than 0 seconds (is a sleep patched out?), or wait for an event"
        )


def _tasks() -> str:
    """Where the tasks of the running event loop stand, one of which polls."""
    loop = asyncio._get_running_loop()
    if loop is None:
        return ""
    tasks = sorted(asyncio.all_tasks(loop), key=asyncio.Task.get_name)[:_TASKS_NAMED]
    named = [f"{task.get_name()}{place_of_coroutine(task.get_coro())}" for task in tasks]
    return f", in an event loop with {', '.join(named)}" if named else ""
