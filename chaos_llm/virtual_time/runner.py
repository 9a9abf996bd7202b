"""A thread that lives on the clock."""

from __future__ import annotations

import _thread
from collections.abc import Callable, Iterator
from contextlib import contextmanager

# Taken before any redirect: gates are locks, but waiting at one is the scheduler's own business.
acquire_gate = _thread.LockType.acquire
open_gate = _thread.LockType.release

Ready = Callable[[], object]
Holds = Callable[[], str | None]


WAITS_FOR_JOB = "a queue"


class SimulationOver(SystemExit):
    """Raised in a thread that still sleeps, or is deadlocked, when the outage ends."""


class Runner:
    """One thread on the clock: what it waits for, and the gate at which it waits for the baton.

    `ready` is a peek without side effects, because any runner may make it. `holds` names what in
    the real world is at work for this runner, so that the clock must not jump.
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
        "turn",
    )

    def __init__(self, name: str, *, daemon: bool = False) -> None:
        self.name, self.daemon = name, daemon
        self.gate = _thread.allocate_lock()
        acquire_gate(self.gate)  # closed: whoever hands the baton over opens it
        self.ident = 0
        self.ready: Ready | None = None
        self.deadline: int | None = None
        self.holds: Holds | None = None
        self.doing: str | Callable[[], str] = "start"
        self.turn = 0
        self.timed_out = False
        self.over = False  # it has ended, or goes on in real time
        self.signals: list[int] = []  # to be handled in it before it goes on
        self.interruptions = 0  # how many have been
        self.off_clock = 0  # depth of `in_real_time` blocks

    def is_stuck(self) -> bool:
        """Whether, in a deadlock, nobody will ever wake it and the process could not end."""
        return not self.daemon and self.deadline is None and self.doing != WAITS_FOR_JOB

    @contextmanager
    def in_real_time(self) -> Iterator[None]:
        """Let the thread keep the baton and live in real time for a while."""
        self.off_clock += 1
        try:
            yield
        finally:
            self.off_clock -= 1
