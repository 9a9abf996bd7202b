"""Waiting in real time, on the slowest machine too: only what hangs runs out of patience."""

from __future__ import annotations

import threading
from collections.abc import Callable

from chaos_llm.virtual_time import real_monotonic

PATIENCE = 240.0  # real seconds for what a quick machine does at once; pytest-timeout has more


def wait_until(condition: Callable[[], object]) -> None:
    """Look again and again, outside any outage, until something is so."""
    end = real_monotonic() + PATIENCE
    while not condition():
        assert real_monotonic() < end, f"it did not come true in {PATIENCE} s"
        threading.Event().wait(0.01)
