"""asyncio event loops on the clock: patched in their selector's `select`, where they idle.

So every loop follows, also one that has run since before the outage: pytest-asyncio's, anyio's,
`asyncio.run`'s. `loop.time()` is `time.monotonic` and follows already. `select` is replaced in
place, because looptime's loops keep a bound method from before.
"""

from __future__ import annotations

import asyncio
import heapq
import math
import selectors
import sys
import weakref
from asyncio.base_events import BaseEventLoop
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from types import FrameType
from typing import Any

from chaos_llm.virtual_time.clock import IDLE_LOOP
from chaos_llm.virtual_time.foreign_clocks import refuse_own_time
from chaos_llm.virtual_time.patching import copy_of_function, replace_function
from chaos_llm.virtual_time.redirects import real_monotonic
from chaos_llm.virtual_time.scheduler import Scheduler
from chaos_llm.virtual_time.sockets import Sockets
from chaos_llm.virtual_time.stack_positions import place_of_coroutine

_LOOP_MODULES = frozenset({"asyncio.base_events", "nest_asyncio", "looptime._internal.loops"})
_SELECTORS = (
    "EpollSelector",
    "KqueueSelector",
    "PollSelector",
    "DevpollSelector",
    "SelectSelector",
)
_TASKS_NAMED = 5  # tasks that a message lists

Select = Callable[[Any, float | None], list[Any]]


class Loops:
    """The event loops that idle on the clock."""

    def __init__(self, scheduler: Scheduler, sockets: Sockets) -> None:
        self._scheduler, self._sockets = scheduler, sockets
        self._made_in_outage: weakref.WeakSet[Any] = weakref.WeakSet()  # made during the outage
        self._adopted: weakref.WeakSet[Any] = weakref.WeakSet()
        self._loops_by_selector: dict[
            int, tuple[weakref.ref[Any], Any]
        ] = {}  # selector, loop; by id
        self._resolution_holds_until = 0.0  # the monotonic time at which floats get coarser

    def install(self, undo: ExitStack) -> None:
        """Let loops idle on the clock."""
        self._sockets.install(undo)
        undo.callback(setattr, BaseEventLoop, "__init__", BaseEventLoop.__init__)
        BaseEventLoop.__init__ = self._recording_creation(BaseEventLoop.__init__)  # type: ignore[method-assign]  # replaced until the end
        kinds = [getattr(selectors, name) for name in _SELECTORS if hasattr(selectors, name)]
        for select in {kind.select for kind in kinds}:
            replace_function(undo, select, self._idling(copy_of_function(select)))
        running = asyncio._get_running_loop()
        selector = getattr(running, "_selector", None)
        if running is not None and selector is not None:
            self._adopt(running, selector)

    def release(self) -> None:
        """Move the timers of loops that outlive the outage back to real time.

        Otherwise a heartbeat would wait for the virtual hours that have passed. All timers of a
        loop move by the same distance, so its heap stays in order.
        """
        distance = real_monotonic() - self._scheduler.clock.monotonic()
        for loop in self._adopted:
            for timer in getattr(loop, "_scheduled", ()):
                timer._when += distance

    def held_by(self, loop: Any) -> str | None:
        """Name the socket or process for which a loop in a real-time thread waits, or None."""
        selector = getattr(loop, "_selector", None)
        return self._sockets.held_by(selector) if selector is not None else None

    def _recording_creation(self, init: Callable[..., None]) -> Callable[..., None]:
        def record_and_init(loop: Any, *args: Any, **options: Any) -> None:
            self._made_in_outage.add(loop)
            init(loop, *args, **options)

        return record_and_init

    def _idling(self, select: Select) -> Select:
        scheduler, sockets = self._scheduler, self._sockets

        def idle(selector: Any, timeout: float | None = None) -> list[Any]:
            me = scheduler.here()
            if me is None or not self._belongs_to_loop(selector, sys._getframe(2)):
                return select(selector, timeout)
            self._refuse_own_time(selector)
            if timeout is not None and timeout <= 0:
                scheduler.clock.poll(IDLE_LOOP)
                events = select(selector, 0)
                sockets.note_received(events)
                return events
            events = []

            def ready() -> list[Any]:
                nonlocal events
                events = select(selector, 0)
                return events

            deadline, holds = scheduler.deadline(timeout), sockets.watch(selector)
            scheduler.block(me, ready, deadline, partial(self._tasks, selector), holds)
            if me.over:
                return select(selector, timeout)
            if scheduler.clock.monotonic() >= self._resolution_holds_until:
                self._keep_resolution()
            sockets.note_received(events)
            return events

        return idle

    def _refuse_own_time(self, selector: Any) -> None:
        """Raise UsageError for a loop that got another clock after it began to run."""
        known = self._loops_by_selector.get(id(selector))
        loop = known[1]() if known is not None else None
        if loop is not None and "time" in vars(loop):
            refuse_own_time(loop, self._scheduler.clock.monotonic())

    def _belongs_to_loop(self, selector: Any, caller: FrameType) -> bool:
        known = self._loops_by_selector.get(id(selector))
        if known is not None and known[0]() is selector:
            return True
        if caller.f_globals.get("__name__") not in _LOOP_MODULES:
            return False
        loop = caller.f_locals.get("self")
        if isinstance(loop, BaseEventLoop):
            self._adopt(loop, selector)
        return True

    def _adopt(self, loop: Any, selector: Any) -> None:
        """Put a loop on the clock, at the latest when it first idles in this outage."""
        self._loops_by_selector[id(selector)] = weakref.ref(selector), weakref.ref(loop)
        self._adopted.add(loop)
        self._sockets.adopt(selector)
        self._keep_resolution()
        if (
            loop not in self._made_in_outage
        ):  # its timers were set in real time and keep their distance
            distance = self._scheduler.clock.monotonic() - real_monotonic()
            timers = getattr(loop, "_scheduled", [])
            for timer in timers:
                timer._when += distance
            heapq.heapify(timers)

    def _keep_resolution(self) -> None:
        """Set the clock resolution of the loops to that of a float at this time.

        A loop adds its resolution, a nanosecond, to the time when it looks for timers that are due.
        After half a year of virtual time a float is coarser than that, and a timer that is due
        would never run. No timer runs early, because all times are multiples of this resolution.
        """
        now = self._scheduler.clock.monotonic()
        self._resolution_holds_until = 2.0 ** math.frexp(now)[1]
        for loop in self._adopted:
            loop._clock_resolution = max(loop._clock_resolution, math.ulp(now))

    def _tasks(self, selector: Any) -> str:
        loop = self._loops_by_selector[id(selector)][1]()
        tasks = sorted(asyncio.all_tasks(loop), key=asyncio.Task.get_name) if loop else []
        waiting = [f"{t.get_name()}{place_of_coroutine(t.get_coro())}" for t in tasks]
        more = ["..."] if len(waiting) > _TASKS_NAMED else []
        return f"an idle event loop ({', '.join(waiting[:_TASKS_NAMED] + more)})"
