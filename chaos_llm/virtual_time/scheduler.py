"""The one blocking primitive and the baton.

    block(me, ready, deadline)      me may run again when ready() is true, or at the deadline

Every way of waiting comes down to that: a sleep has no `ready`, a lock has, an idle event loop has
its selector. Only the runner with the baton runs, and it gives the baton up in `block` and nowhere
else, so the same program takes the same turns every time. Virtual time jumps to the next deadline
when no runner can run and nothing in the real world is at work for one of them.
"""

from __future__ import annotations

import _thread
import sys
from collections.abc import Callable
from typing import Protocol

from chaos_llm.errors import Deadlock, HarnessError, HorizonReached, RealWaitExceeded
from chaos_llm.virtual_time.clock import TICKS, Clock, ticks
from chaos_llm.virtual_time.places import place_of_thread
from chaos_llm.virtual_time.redirects import real_monotonic, real_sleep

# Taken before any redirect; gates are locks, and must never become runners' business.
acquire_lock = _thread.LockType.acquire
release_lock = _thread.LockType.release

_GRACE = 0.25  # real seconds for a signal or a C thread to help where nothing outside is seen
_RECALL = 1.0  # real seconds for the runner with the baton to reach its next blocking point

Ready = Callable[[], object]
Holds = Callable[[], str | None]


class SimulationOver(SystemExit):
    """Raised in a thread that still sleeps in virtual time when the outage ends."""


class Runner:
    """One thread that lives on the clock."""

    __slots__ = (
        "deadline",
        "doing",
        "gate",
        "holds",
        "ident",
        "name",
        "off_clock",
        "over",
        "ready",
        "timed_out",
        "turn",
    )

    def __init__(self, name: str) -> None:
        self.name = name
        self.gate = _thread.allocate_lock()
        acquire_lock(self.gate)  # closed: whoever hands the baton over opens it
        self.ident = 0
        self.ready: Ready | None = None
        self.deadline: int | None = None
        self.holds: Holds | None = None
        self.doing = "start"
        self.turn = 0
        self.timed_out = False
        self.over = False  # it has ended, or goes on in real time
        self.off_clock = 0  # depth of `unmanaged` blocks and of waits that must be real


class Outside(Protocol):
    """The threads of the process that are not runners."""

    def exist(self) -> bool: ...
    def busy(self) -> str | None: ...


class Scheduler:
    """Hands the baton from runner to runner, and the clock on to the next deadline."""

    outside: Outside

    def __init__(
        self,
        clock: Clock,
        real_wait: float,
        record: Callable[[HarnessError], HarnessError],
    ) -> None:
        self.clock, self.real_wait, self.record = clock, real_wait, record
        self.runners: dict[int, Runner] = {}
        self.waiting: list[Runner] = []
        self.closing = False
        self._turns = 0
        self._failure: BaseException | None = None
        self._lost = False  # two threads run at once: the test's was interrupted while it waited

    def begin(self) -> None:
        """Make the calling thread the first runner; failures are raised in it."""
        self.first = self.holder = Runner("the test's thread")
        self.enrol(self.first)

    def enrol(self, runner: Runner) -> None:
        """Put the calling thread on the clock; it must hold the baton."""
        runner.ident = _thread.get_ident()
        self.runners[runner.ident] = runner

    def here(self) -> Runner | None:
        """The calling thread's runner, None where the thread keeps real time."""
        runner = self.runners.get(_thread.get_ident())
        return None if runner is None or runner.off_clock else runner

    def sleep(self, me: Runner, seconds: float) -> None:
        """Wait for so many seconds of virtual time; raises ValueError for less than none."""
        if seconds < 0:
            raise ValueError("sleep length must be non-negative")
        moment = self.clock.now + ticks(seconds)
        if self.waiting or self.closing or moment > self.clock.horizon or self.outside.exist():
            self.block(me, None, moment, f"time.sleep({seconds!r})")
        else:
            self.clock.advance_to(moment)

    def deadline(self, timeout: float | None) -> int | None:
        """The moment at which a wait that begins now has lasted so many seconds; None for ever."""
        if timeout is None or timeout < 0:
            return None
        return self.clock.now + ticks(timeout)

    def block(
        self,
        me: Runner,
        ready: Ready | None,
        deadline: int | None,
        doing: str,
        holds: Holds | None = None,
    ) -> bool:
        """Let others run until `ready()` or the deadline; False when the deadline came first.

        `ready` is a peek without side effects, because any runner may make it. `holds` names what
        in the real world is at work for this runner, so that the clock must not jump. When the
        outage has ended meanwhile, `me.over` is true and the thread goes on in real time.
        """
        if self.closing and me is not self.first:
            self._leave(me, sleeping=ready is None)
            return False
        self._turns += 1
        me.ready, me.deadline, me.holds, me.doing = ready, deadline, holds, doing
        me.turn, me.timed_out = self._turns, False
        self.waiting.append(me)
        self._switch(me)
        if self.closing and me is not self.first:
            self._leave(me, sleeping=ready is None)
            return False
        return not me.timed_out

    def start(self, runner: Runner) -> None:
        """A new thread's runner may run from now on; its thread waits for the baton itself."""
        self._turns += 1
        runner.turn = self._turns
        self.waiting.append(runner)

    def wait_for_baton(self, runner: Runner) -> None:
        """What a new thread does before anything else."""
        acquire_lock(runner.gate)
        self.enrol(runner)

    def finish(self, me: Runner) -> None:
        """What a thread does after everything else: hand the baton on, for good."""
        if me.over:
            return
        me.over = True
        self.runners.pop(_thread.get_ident(), None)
        if self.closing:
            release_lock(self.first.gate)
        elif self.waiting:
            self._switch(me)

    def end(self) -> None:
        """Let every runner but the first leave the clock: sleepers end, waiters become real."""
        self.closing = True
        if self._lost:
            acquire_lock(self.first.gate, True, _RECALL)
        while self.waiting:
            runner = self.waiting.pop(0)
            if runner is not self.first:
                release_lock(runner.gate)
                acquire_lock(self.first.gate, True, _RECALL)
        self.runners.clear()

    def forget_others(self) -> None:
        """In a forked child no other thread exists."""
        self.waiting.clear()
        self._lost = False

    def _leave(self, me: Runner, *, sleeping: bool) -> None:
        me.over = True
        self.runners.pop(_thread.get_ident(), None)
        release_lock(self.first.gate)
        if sleeping:
            raise SimulationOver

    def _switch(self, me: Runner) -> None:
        try:
            chosen = self._choose()
        except BaseException as error:
            if me is self.first:
                self.waiting.remove(me)
                raise
            self._failure, chosen = error, self.first
        self.waiting.remove(chosen)
        if chosen is me:
            return
        if me.over:
            self._hand_to(chosen)
        elif me is self.first:
            self._park_first(chosen)
        else:
            self._hand_to(chosen)
            acquire_lock(me.gate)

    def _hand_to(self, chosen: Runner) -> None:
        self.holder = chosen
        release_lock(chosen.gate)

    def _park_first(self, chosen: Runner) -> None:
        me = self.first
        try:
            self._hand_to(chosen)
            while not acquire_lock(me.gate, True, self.real_wait):
                if self._baton_is_lost():
                    self._failure = Deadlock(
                        f"thread {self.holder.name!r} ended without handing the baton on"
                    )
                    self.waiting.remove(me)
                    break
        except BaseException:  # Ctrl-C or pytest-timeout: the test's thread runs again, uninvited
            self._recall(me)
            raise
        if self._failure is not None:
            failure, self._failure = self._failure, None
            raise failure

    def _baton_is_lost(self) -> bool:
        holder = self.holder
        return holder is not self.first and holder.ident not in sys._current_frames()

    def _recall(self, me: Runner) -> None:
        """Make the runner with the baton hand it to the test's thread at its next wait."""
        if me in self.waiting:
            self.waiting.remove(me)
            me.ready = me.deadline = None
            self.waiting.insert(0, me)
        if not acquire_lock(me.gate, True, _RECALL):
            self._lost = True
            if me in self.waiting:
                self.waiting.remove(me)

    def _choose(self) -> Runner:
        since: float | None = None
        while True:
            runner = self._runnable()
            if runner is not None:
                return runner
            nearest = self._nearest()
            held_by = self._held_by()
            if nearest is not None and held_by is None:
                return self._jump_to(nearest)
            now = real_monotonic()
            since = now if since is None else since
            self._wait_really(now - since, held_by)

    def _runnable(self) -> Runner | None:
        now = self.clock.now
        for runner in self.waiting:  # the first that came, among those that can run
            if runner.ready is not None:
                if runner.ready():
                    return runner
            elif runner.deadline is None or runner.deadline <= now:
                return runner
        for runner in self.waiting:
            if runner.deadline is not None and runner.deadline <= now:
                runner.timed_out = True
                return runner
        return None

    def _nearest(self) -> Runner | None:
        nearest: Runner | None = None
        best: tuple[int, int] | None = None
        for runner in self.waiting:
            if runner.deadline is not None:
                key = (runner.deadline, runner.turn)
                if best is None or key < best:
                    nearest, best = runner, key
        return nearest

    def _jump_to(self, runner: Runner) -> Runner:
        moment = runner.deadline
        assert moment is not None
        if moment > self.clock.horizon:
            raise self.record(HorizonReached(self._horizon_text()))
        self.clock.advance_to(moment)
        runner.timed_out = runner.ready is not None
        return runner

    def _held_by(self) -> str | None:
        for runner in self.waiting:
            if runner.holds is not None:
                held_by = runner.holds()
                if held_by is not None:
                    return held_by
        return self.outside.busy() if self.outside.exist() else None

    def _wait_really(self, waited: float, held_by: str | None) -> None:
        if held_by is not None and waited > self.real_wait:
            raise self.record(
                RealWaitExceeded(
                    f"{held_by} held the clock for more than {self.real_wait:g} real seconds. "
                    "Replace it by a fake, start it inside `with outage.unmanaged():` if nobody "
                    "waits for it, or allow a longer real_wait"
                )
            )
        if held_by is None and waited > self._patience():
            raise self.record(
                Deadlock(f"nobody can run and no timer is pending: {self.who_waits()}")
            )
        real_sleep(min(0.0002 + waited / 20, 0.002))

    def _patience(self) -> float:
        watches = any(runner.holds is not None for runner in self.waiting)
        return self.real_wait if watches or self.outside.exist() else min(_GRACE, self.real_wait)

    def _horizon_text(self) -> str:
        return (
            f"virtual time ran past the horizon of {self.clock.horizon / TICKS:g} s: something "
            f"sleeps or polls in an endless loop: {self.who_waits()}"
        )

    def who_waits(self) -> str:
        """Every waiting thread, what it does and where."""
        return "; ".join(
            f"{runner.name}: {runner.doing}{place_of_thread(runner.ident)}"
            for runner in self.waiting
        )
