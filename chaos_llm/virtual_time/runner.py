"""A runner: a thread on the clock, what it waits for, and its gate."""

from __future__ import annotations

import _thread
from collections.abc import Callable, Iterator
from contextlib import contextmanager

# Bound before any redirect: gates are locks for which threads must wait in real time.
acquire_gate = _thread.LockType.acquire
open_gate = _thread.LockType.release

Ready = Callable[[], object]
Holds = Callable[[], str | None]


WAITS_FOR_JOB = "a queue"  # what a thread waits for that reads from a SimpleQueue


class SimulationOver(SystemExit):
    """Raised in a thread that sleeps, or is deadlocked, when the outage ends."""


class Runner:
    """One thread on the clock: what it waits for, and the gate at which it waits for its turn.

    `ready` has no side effects, because the scheduler may call it in any thread. `holds` names a
    real socket, process or thread that works for this runner, so that the clock must not jump.
    """

    __slots__ = (
        "daemon",
        "deadline",
        "doing",
        "gate",
        "holds",
        "ident",
        "interruptions",
        "name",
        "off_clock",
        "over",
        "ready",
        "signals",
        "timed_out",
    )

    def __init__(self, name: str, *, daemon: bool = False) -> None:
        self.name, self.daemon = name, daemon
        self.gate = _thread.allocate_lock()
        acquire_gate(self.gate)  # closed; the thread that passes the baton to it opens the gate
        self.ident = 0
        self.ready: Ready | None = None
        self.deadline: int | None = None
        self.holds: Holds | None = None
        self.doing: str | Callable[[], str] = "start"
        self.timed_out = False
        self.over = False  # the thread has ended, or goes on in real time
        self.signals: list[int] = []  # for the thread to handle before it goes on
        self.interruptions = 0  # number of signals that it has handled
        self.off_clock = 0  # depth of `in_real_time` blocks

    def is_stuck(self) -> bool:
        """Whether, in a deadlock, nothing would ever wake the thread, so the process would hang."""
        return not self.daemon and self.deadline is None and self.doing != WAITS_FOR_JOB

    @contextmanager
    def in_real_time(self) -> Iterator[None]:
        """Let the thread keep the baton and use real time inside the block."""
        self.off_clock += 1
        try:
            yield
        finally:
            self.off_clock -= 1
