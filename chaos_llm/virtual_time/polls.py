"""Busy loops, which poll and never wait: time creeps for them, or an error names their line.

Virtual time moves when all threads and tasks wait. `while time.monotonic() < end: time.sleep(0)`
never waits, so the clock would stand still and the loop would never end. The clock counts each step
that such a loop can take. Beyond a number that no app reaches at one instant, each step moves time
on by about its real duration, and lets other threads run, as the interpreter does. So a short busy
wait ends. A busy loop that goes on for real seconds ends with an error.
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

_PAUSE = 50e-6  # real seconds, about the duration of `time.sleep(0)`
# An app that computes for seconds reads the clock less often than this.
_POLLS_BEFORE_ERROR = 10 * FREE_POLLS
_TASKS_NAMED = 5  # tasks that a message lists
_MAX_TRIO_POLLS = 10_000  # polls until the error has ended trio's main task


class StandstillDetector:
    """Lets time creep while the app polls without waiting, and stops it with an error."""

    def __init__(
        self,
        scheduler: Scheduler,
        real_wait: float,
        record: Callable[[HarnessError], HarnessError],
    ) -> None:
        self._scheduler, self._real_wait, self._record = scheduler, real_wait, record
        self._polled = 0
        self._started_at = (0.0, 0)  # in real seconds, and in ticks
        self._is_active, self._polls_of_trio = False, 0

    def __call__(self, poll: Poll) -> None:
        """Move time a little and let others run; raises Standstill after real seconds of that."""
        scheduler = self._scheduler
        me, clock = scheduler.here(), scheduler.clock
        if me is None or self._is_active:  # in real time, or called while the error is written
            return
        self._is_active = True
        try:
            if clock.polled < self._polled or not self._polled:
                self._started_at = real_monotonic(), clock.now
            self._polled = clock.polled
            if (
                clock.polled > _POLLS_BEFORE_ERROR
                and real_monotonic() - self._started_at[0] > self._real_wait
            ):
                self._end(self._record(self._error(me.ident)))
            clock.creep_to(clock.now + poll.advance)
            if poll.pauses:
                real_sleep(_PAUSE)
        finally:
            self._is_active = False
        if scheduler.turns.waiting:
            scheduler.block(me, None, clock.now, "a poll")

    def _end(self, error: HarnessError) -> None:
        """Raise the error; in a trio run, raise it in the main task at its next wait."""
        if not trio_loops.is_running() or self._polls_of_trio > _MAX_TRIO_POLLS:
            raise error
        self._polls_of_trio += 1
        if self._polls_of_trio == 1:
            trio_loops.raise_in_main_task(error)

    def _error(self, ident: int) -> Standstill:
        crept = (self._scheduler.clock.now - self._started_at[1]) / TICKS
        return Standstill(
            f"a loop polls and never waits{place_of_thread(ident)}{_tasks()}: it has read the "
            f"clock, or waited for 0 seconds, {self._scheduler.clock.polled:,} times while time "
            f"crept on by {crept:.3g} s. Virtual time moves when all threads and tasks wait: sleep "
            "there for more than 0 seconds (is a sleep patched out?), or wait for an event"
        )


def _tasks() -> str:
    """The positions of the tasks of the running event loop, one of which polls."""
    loop = asyncio._get_running_loop()
    if loop is None:
        return ""
    tasks = sorted(asyncio.all_tasks(loop), key=asyncio.Task.get_name)[:_TASKS_NAMED]
    named = [f"{task.get_name()}{place_of_coroutine(task.get_coro())}" for task in tasks]
    return f", in an event loop with {', '.join(named)}" if named else ""
