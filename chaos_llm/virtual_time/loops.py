"""asyncio event loops, patched where they idle: in their selector's `select`.

So every loop lives on the clock, also one that runs since before the outage: pytest-asyncio's,
anyio's, `asyncio.run`'s. `loop.time()` is `time.monotonic` and needs nothing. `select` is replaced
in place, because looptime's loops keep the bound method from before.
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
from chaos_llm.virtual_time.patching import replace_function, twin_of
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
_TASKS_NAMED = 5

Select = Callable[[Any, float | None], list[Any]]


class Loops:
    """The event loops that idle on the clock."""

    def __init__(self, scheduler: Scheduler, sockets: Sockets) -> None:
        self._scheduler, self._sockets = scheduler, sockets
        self._born: weakref.WeakSet[Any] = weakref.WeakSet()  # made during the outage
        self._seen: weakref.WeakSet[Any] = weakref.WeakSet()
        self._known: dict[int, tuple[weakref.ref[Any], Any]] = {}  # selector, loop; by id
        self._told_apart_until = 0.0  # the monotonic time at which floats get coarser

    def install(self, undo: ExitStack) -> None:
        """Let loops idle on the clock."""
        self._sockets.install(undo)
        undo.callback(setattr, BaseEventLoop, "__init__", BaseEventLoop.__init__)
        BaseEventLoop.__init__ = self._noting_birth(BaseEventLoop.__init__)  # type: ignore[method-assign]  # replaced until the end
        kinds = [getattr(selectors, name) for name in _SELECTORS if hasattr(selectors, name)]
        for select in {kind.select for kind in kinds}:
            replace_function(undo, select, self._idling(twin_of(select)))
        running = asyncio._get_running_loop()
        selector = getattr(running, "_selector", None)
        if running is not None and selector is not None:
            self._meet(running, selector)

    def release(self) -> None:
        """Let the heartbeats of a loop that outlives the outage not wait for virtual hours.

        All timers of a loop move by the same distance, so its heap stays in order.
        """
        distance = real_monotonic() - self._scheduler.clock.monotonic()
        for loop in self._seen:
            for timer in getattr(loop, "_scheduled", ()):
                timer._when += distance

    def held_by(self, loop: Any) -> str | None:
        """Name what a loop in a thread of its own, in real time, awaits for us."""
        selector = getattr(loop, "_selector", None)
        return self._sockets.held_by(selector) if selector is not None else None

    def _noting_birth(self, init: Callable[..., None]) -> Callable[..., None]:
        def begin(loop: Any, *args: Any, **options: Any) -> None:
            self._born.add(loop)
            init(loop, *args, **options)

        return begin

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
                sockets.answered(events)
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
            if scheduler.clock.monotonic() >= self._told_apart_until:
                self._keep_resolution()
            sockets.answered(events)
            return events

        return idle

    def _refuse_own_time(self, selector: Any) -> None:
        """Raise UsageError for a loop that was given another clock since it began to run."""
        known = self._known.get(id(selector))
        loop = known[1]() if known is not None else None
        if loop is not None and "time" in vars(loop):
            refuse_own_time(loop, self._scheduler.clock.monotonic())

    def _belongs_to_loop(self, selector: Any, caller: FrameType) -> bool:
        known = self._known.get(id(selector))
        if known is not None and known[0]() is selector:
            return True
        if caller.f_globals.get("__name__") not in _LOOP_MODULES:
            return False
        loop = caller.f_locals.get("self")
        if isinstance(loop, BaseEventLoop):
            self._meet(loop, selector)
        return True

    def _meet(self, loop: Any, selector: Any) -> None:
        """Take a loop in, at the latest when it first idles in this outage."""
        self._known[id(selector)] = weakref.ref(selector), weakref.ref(loop)
        self._seen.add(loop)
        self._sockets.meet(selector)
        self._keep_resolution()
        if loop not in self._born:  # its timers were set in real time and keep their distance
            distance = self._scheduler.clock.monotonic() - real_monotonic()
            timers = getattr(loop, "_scheduled", [])
            for timer in timers:
                timer._when += distance
            heapq.heapify(timers)

    def _keep_resolution(self) -> None:
        """Have loops know how close two times can be: else a timer that is due never is.

        A loop adds a nanosecond to its time; after half a year that is less than a float tells
        apart. What is added here lets no timer run early: all times are multiples of it.
        """
        now = self._scheduler.clock.monotonic()
        self._told_apart_until = 2.0 ** math.frexp(now)[1]
        for loop in self._seen:
            loop._clock_resolution = max(loop._clock_resolution, math.ulp(now))

    def _tasks(self, selector: Any) -> str:
        loop = self._known[id(selector)][1]()
        tasks = sorted(asyncio.all_tasks(loop), key=asyncio.Task.get_name) if loop else []
        waiting = [f"{t.get_name()}{place_of_coroutine(t.get_coro())}" for t in tasks]
        more = ["..."] if len(waiting) > _TASKS_NAMED else []
        return f"an idle event loop ({', '.join(waiting[:_TASKS_NAMED] + more)})"
