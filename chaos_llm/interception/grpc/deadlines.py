"""Deadlines and waits of grpc's Python, which know of the real clock only, on the virtual one."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

FOREVER = 1e9  # seconds; such a wait ends in HorizonReached, whose message says why


class Deadline(float):
    """A moment of the real wall clock, as the real core wants it, made from so many seconds.

    Once a simulated call has taken it over (`adopt`), it tells the time that is left on the virtual
    clock, which is what `deadline - time.time()` asks in grpc's Python.
    """

    left: float
    _remaining: Callable[[], float] | None = None

    def adopt(self, ends: float, now: Callable[[], float]) -> None:
        """Count what is left on this clock from now on."""
        self._remaining = lambda: ends - now()

    def __sub__(self, other: float) -> float:
        return float(self) - other if self._remaining is None else self._remaining()


def with_seconds(real: Callable[[float | None], float | None]) -> Callable[..., Deadline | None]:
    """A function that makes a deadline of a timeout, and keeps the timeout."""

    def deadline(timeout: float | None) -> Deadline | None:
        moment = real(timeout)
        if timeout is None or moment is None:
            return None
        made = Deadline(moment)
        made.left = timeout
        return made

    return deadline


def waiting(real: Callable[..., bool], now: Callable[[], float], kind: type) -> Callable[..., bool]:
    """A `grpc._common.wait` that does not poll where it waits for a simulated call.

    The real one looks ten times a second at the real clock, of which none passes: it would go on to
    the horizon. `kind` is the class of simulated calls.
    """

    def wait(
        wait_fn: Callable[..., Any],
        wait_complete_fn: Callable[[], bool],
        timeout: float | None = None,
        spin_cb: Callable[[], None] | None = None,
    ) -> bool:
        waits = sys._getframe(1).f_locals.get("self")
        if not isinstance(getattr(waits, "_call", None), kind):
            return real(wait_fn, wait_complete_fn, timeout, spin_cb)
        end = None if timeout is None else now() + timeout
        while not wait_complete_fn():
            remaining = FOREVER if end is None else end - now()
            if remaining <= 0:
                return True
            wait_fn(timeout=remaining)
        return False

    return wait
