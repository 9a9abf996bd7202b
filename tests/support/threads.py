"""Threads of a test's own."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable

from chaos_llm.virtual_time import real_sleep


def run_together(*functions: Callable[[], object]) -> None:
    """Run each function in a thread of its own, until all have ended."""
    threads = [threading.Thread(target=function) for function in functions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def nap(seconds: float) -> float:
    """Sleep, in a worker of an executor for example, and return how long."""
    time.sleep(seconds)
    return seconds


def press_ctrl_c() -> None:
    """Interrupt the main thread, as Ctrl-C does, a moment from now."""
    real_sleep(0.1)
    signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
