"""Whose turn it is: the first runner that can run, else the one with the nearest deadline.

Time jumps to that deadline when nothing in the real world is at work for a runner; else the real
world gets a bounded time. When neither helps, the error says who waits for what, and where.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable
from typing import Protocol

from chaos_llm.errors import Deadlock, HarnessError, HorizonReached, RealWaitExceeded
from chaos_llm.virtual_time.clock import TICKS, Clock
from chaos_llm.virtual_time.redirects import real_monotonic, real_sleep
from chaos_llm.virtual_time.runner import Runner
from chaos_llm.virtual_time.stack_positions import place_of_thread, without_us

_FRAMES = 8  # of a stack in a message: those of pytest say nothing
_GRACE = 0.25  # real seconds for a signal or a C thread to help where nothing outside is seen


class Outside(Protocol):
    """The threads of the process that are not runners."""

    def exist(self) -> bool: ...
    def busy(self) -> str | None: ...


class Native(Protocol):
    """The threads of native code."""

    def exist(self) -> bool: ...
    def work(self) -> bool: ...
    def bore_fruit(self) -> None: ...
    def jump(self) -> None: ...


class Alarm(Protocol):
    """The process's one alarm; `rings` at that moment, or None where it is not set."""

    rings: int | None

    def ring(self) -> None: ...


class Turns:
    """The runners that wait, in the order in which they came."""

    outside: Outside
    native: Native

    def __init__(
        self, clock: Clock, real_wait: float, record: Callable[[HarnessError], HarnessError]
    ) -> None:
        self.clock, self.real_wait = clock, real_wait
        self._record = record
        self._taken = 0
        self.waiting: list[Runner] = []
        self.alarm: Alarm | None = None  # armed by the app, if it is

    def join(self, runner: Runner) -> None:
        """Let a runner wait behind the others."""
        self._taken += 1
        runner.turn = self._taken
        self.waiting.append(runner)

    def choose(self) -> Runner:
        """Whose turn it is; raises Deadlock, HorizonReached or RealWaitExceeded."""
        since: float | None = None
        while True:
            outside = self.someone_is_outside()  # before the first look: it may end during it
            runner = self._runnable()
            if runner is not None:
                self.native.bore_fruit()
                return runner
            nearest, alarm = self._nearest(), self._alarm_before_all()
            held_by = self._held_by()
            if (nearest is not None or alarm is not None) and held_by is None:
                if outside and self.native.work():
                    continue
                # A thread outside may have done its work between the first look and the second.
                runner = self._runnable() if outside else None
                self.native.jump()
                if runner is None and alarm is not None:
                    self._ring(alarm)
                    continue
                return runner or self._jump_to(nearest)
            now = real_monotonic()
            since = now if since is None else since
            self._wait_really(now - since, held_by)

    def someone_is_outside(self) -> bool:
        """Whether there may be threads that are no runners."""
        return self.outside.exist() or self.native.exist()

    def _runnable(self) -> Runner | None:
        now = self.clock.now
        for runner in self.waiting:
            if runner.signals:
                return runner
        for runner in self.waiting:
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

    def _alarm_before_all(self) -> Alarm | None:
        """The alarm, if it rings before any runner's deadline, or in the same instant."""
        alarm = self.alarm
        if alarm is None or alarm.rings is None:
            return None
        deadlines = [runner.deadline for runner in self.waiting if runner.deadline is not None]
        return alarm if alarm.rings <= min(deadlines, default=alarm.rings) else None

    def _ring(self, alarm: Alarm) -> None:
        assert alarm.rings is not None
        self._advance_to(alarm.rings)
        alarm.ring()

    def _jump_to(self, runner: Runner | None) -> Runner:
        assert runner is not None
        assert runner.deadline is not None
        self._advance_to(runner.deadline)
        runner.timed_out = runner.ready is not None
        return runner

    def _advance_to(self, moment: int) -> None:
        if moment > self.clock.horizon:
            raise self._record(
                HorizonReached(
                    f"virtual time ran past the horizon of {self.clock.horizon / TICKS:g} s: "
                    f"something sleeps or polls in an endless loop: {self._who_waits()}"
                )
            )
        self.clock.advance_to(moment)

    def _held_by(self) -> str | None:
        for runner in self.waiting:
            if runner.holds is not None:
                held_by = runner.holds()
                if held_by is not None:
                    return held_by
        return self.outside.busy() if self.outside.exist() else None

    def _wait_really(self, waited: float, held_by: str | None) -> None:
        if held_by is not None and waited > self.real_wait:
            raise self._record(
                RealWaitExceeded(
                    f"{held_by} held the clock for more than {self.real_wait:g} real seconds. "
                    "Replace it by a fake, start it inside `with outage.unmanaged():` if nobody "
                    "waits for it, or allow a longer real_wait"
                )
            )
        if held_by is None and waited > self._patience():
            raise self._record(self._deadlock())
        real_sleep(min(0.0002 + waited / 20, 0.002))

    def _deadlock(self) -> Deadlock:
        error = Deadlock(f"nobody can run and no timer is pending: {self._who_waits()}")
        for runner in self.waiting:
            error.add_note(f"{runner.name} waits here:\n{_stack(runner.ident)}")
        return error

    def _patience(self) -> float:
        watches = any(runner.holds is not None for runner in self.waiting)
        seen = watches or self.someone_is_outside()
        return self.real_wait if seen else min(_GRACE, self.real_wait)

    def _who_waits(self) -> str:
        return "; ".join(
            f"{runner.name}: {runner.doing if isinstance(runner.doing, str) else runner.doing()}"
            f"{place_of_thread(runner.ident)}"
            for runner in self.waiting
        )


def _stack(ident: int) -> str:
    """The innermost frames of a thread but for ours, the innermost last."""
    frame = without_us(sys._current_frames().get(ident))
    return "" if frame is None else "".join(traceback.format_stack(frame, limit=_FRAMES))
