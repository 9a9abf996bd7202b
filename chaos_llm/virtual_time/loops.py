"""asyncio event loops, patched where they idle: in their selector's `select`.

So every loop lives on the clock, also one that runs since before the outage: pytest-asyncio's,
anyio's, `asyncio.run`'s. `loop.time()` is `time.monotonic` and needs nothing.
"""

from __future__ import annotations

import heapq
import selectors
import sys
import weakref
from asyncio import AbstractEventLoop, _get_running_loop
from collections.abc import Callable
from contextlib import ExitStack
from types import FrameType
from typing import Any

from chaos_llm.virtual_time.redirects import real_monotonic
from chaos_llm.virtual_time.scheduler import Scheduler
from chaos_llm.virtual_time.sockets import Sockets

_LOOP_MODULES = frozenset({"asyncio.base_events", "nest_asyncio", "looptime._internal.loops"})
_SELECTORS = (
    "EpollSelector",
    "KqueueSelector",
    "PollSelector",
    "DevpollSelector",
    "SelectSelector",
)

Select = Callable[[Any, float | None], list[Any]]


class Loops:
    """The event loops that idle on the clock."""

    def __init__(self, scheduler: Scheduler, sockets: Sockets) -> None:
        self._scheduler, self._sockets = scheduler, sockets
        self._seen: weakref.WeakSet[AbstractEventLoop] = weakref.WeakSet()
        self._known: dict[int, weakref.ref[Any]] = {}  # selectors of loops, by id

    def install(self, undo: ExitStack) -> None:
        """Let loops idle on the clock; afterwards their timers keep their distance."""
        undo.callback(self._shift_timers)
        running = _get_running_loop()
        selector = getattr(running, "_selector", None)
        if running is not None and selector is not None:
            self.meet(running, selector)
        for name in _SELECTORS:
            kind = getattr(selectors, name, None)
            if kind is not None and "select" in vars(kind):
                undo.callback(setattr, kind, "select", kind.select)
                kind.select = self._idle(kind.select)
        self._sockets.install(undo)

    def _idle(self, select: Select) -> Select:
        scheduler, sockets = self._scheduler, self._sockets
        belongs_to_loop = self._belongs_to_loop

        def idle(selector: Any, timeout: float | None = None) -> list[Any]:
            me = scheduler.here()
            if me is None or not belongs_to_loop(selector, sys._getframe(1)):
                return select(selector, timeout)
            events = select(selector, 0)
            if events or (timeout is not None and timeout <= 0):
                sockets.answered(events)
                return events

            def ready() -> list[Any]:
                nonlocal events
                events = select(selector, 0)
                return events

            holds = sockets.watch(selector)
            scheduler.block(me, ready, scheduler.deadline(timeout), "an idle event loop", holds)
            if me.over:
                return select(selector, timeout)
            sockets.answered(events)
            return events

        return idle

    def _belongs_to_loop(self, selector: Any, caller: FrameType) -> bool:
        known = self._known.get(id(selector))
        if known is not None and known() is selector:
            return True
        if caller.f_globals.get("__name__") not in _LOOP_MODULES:
            return False
        loop = caller.f_locals.get("self")
        if isinstance(loop, AbstractEventLoop):
            self.meet(loop, selector)
        return True

    def meet(self, loop: AbstractEventLoop, selector: Any) -> None:
        """Take a loop in, at the latest when it first idles in this outage."""
        if id(selector) not in self._known or self._known[id(selector)]() is not selector:
            self._known[id(selector)] = weakref.ref(selector)
            self._seen.add(loop)
            self._sockets.meet(selector)
            self._adopt_timers(loop)

    def held_by(self, loop: Any) -> str | None:
        """Name what a loop in a thread of its own, in real time, awaits for us."""
        selector = getattr(loop, "_selector", None)
        return self._sockets.held_by(selector) if selector is not None else None

    def _adopt_timers(self, loop: AbstractEventLoop) -> None:
        """Timers set in real time keep their distance; they are those from before the clock."""
        clock = self._scheduler.clock
        begin, distance = clock.monotonic_base, clock.monotonic() - real_monotonic()
        timers = getattr(loop, "_scheduled", [])
        for timer in timers:
            if timer._when < begin:
                timer._when += distance
        heapq.heapify(timers)

    def _shift_timers(self) -> None:
        """Heartbeats of a loop that outlives the outage must not wait for virtual hours.

        All timers of a loop move by the same distance, so its heap stays in order.
        """
        scheduler = self._scheduler
        distance = real_monotonic() - scheduler.clock.monotonic()
        for loop in self._seen:
            for timer in getattr(loop, "_scheduled", ()):
                timer._when += distance
