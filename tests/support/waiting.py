"""Waiting in real time, on the slowest machine too: only what hangs runs out of patience."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from chaos_llm.virtual_time import real_monotonic

PATIENCE = 240.0  # real seconds for what a quick machine does at once; pytest-timeout has more
QUICK = 0.06  # CPU seconds that the loop of `slowness` took where the limits were measured


def wait_until(condition: Callable[[], object]) -> None:
    """Look again and again, outside any outage, until something is so."""
    end = real_monotonic() + PATIENCE
    while not condition():
        assert real_monotonic() < end, f"it did not come true in {PATIENCE} s"
        threading.Event().wait(0.01)


def slowness() -> float:
    """How many times as long Python works here and now as on a quick machine; at least 1.

    For limits of CPU time, which are as slow as the machine, however little else it does.
    """
    before = time.process_time()
    for _ in range(100):
        sorted(str(number) for number in range(10_000))
    return max(1.0, (time.process_time() - before) / QUICK)
