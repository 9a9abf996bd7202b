"""Which runner goes next: the first one that can run, else the one with the nearest deadline.

Time jumps to that deadline unless a real socket, process or thread is at work for a runner; these
get a bounded real time. When neither helps, the error lists what each runner waits for, and where.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable
from math import inf
from typing import Protocol

from chaos_llm.durations import describe
from chaos_llm.errors import Deadlock, HarnessError, HorizonReached, RealWaitExceeded
from chaos_llm.virtual_time.clock import TICKS, Clock
from chaos_llm.virtual_time.redirects import real_monotonic, real_sleep
from chaos_llm.virtual_time.runner import Runner
from chaos_llm.virtual_time.stack_positions import place_of_thread, skip_own_frames

_FRAMES = 8  # innermost stack frames in a message; the outer ones are pytest's
# Real seconds before a deadlock is reported where no other thread or socket is seen: a signal or a
# thread of C code may still end the wait.
_NO_HELP_AFTER = 0.25


class OtherThreads(Protocol):
    """The Python threads of the process that are not runners."""

    def exist(self) -> bool: ...
    def busy(self) -> str | None: ...


class Native(Protocol):
    """The threads of native code."""

    def exist(self) -> bool: ...
    def work(self) -> bool: ...
    def work_was_useful(self) -> None: ...
    def jump(self) -> None: ...


class Alarm(Protocol):
    """The process's one alarm; `due_at` is in ticks, None where it is not set."""

    due_at: int | None

    def ring(self) -> None: ...


class Turns:
    """The runners that wait, in order of arrival."""

    outside: OtherThreads
    native: Native

    def __init__(
        self, clock: Clock, real_wait: float, record: Callable[[HarnessError], HarnessError]
    ) -> None:
        self.clock, self.real_wait = clock, real_wait
        self._record = record
        self.waiting: list[Runner] = []
        self.alarm: Alarm | None = None  # armed by the app, if it is

    def join(self, runner: Runner) -> None:
        """Append a runner to those that wait."""
        self.waiting.append(runner)

    def choose(self) -> Runner:
        """Return the runner that goes next; raises Deadlock, HorizonReached, RealWaitExceeded."""
        since: float | None = None
        while True:
            others = self.has_other_threads()  # before the first look: one may end during it
            runnable, nearest = self._look()
            if runnable is not None:
                self.native.work_was_useful()
                return runnable
            alarm, held_by = self._alarm_before_all(), self._held_by(others=others)
            if (nearest is not None or alarm is not None) and held_by is None:
                if others and self.native.work():
                    continue
                # Another thread may have finished its work between the two looks.
                runner = self._look()[0] if others else None
                self.native.jump()
                if runner is None and alarm is not None:
                    self._ring(alarm)
                    continue
                return runner or self._jump_to(nearest)
            now = real_monotonic()
            since = now if since is None else since
            self._wait_in_real_time(now - since, held_by)

    def has_other_threads(self) -> bool:
        """Whether there may be threads that are not runners."""
        return self.outside.exist() or self.native.exist()

    def _look(self) -> tuple[Runner | None, Runner | None]:
        """The first runner that can go on now; else the one with the nearest deadline.

        One that has to handle signals comes before all others; of those that wait for what has not
        happened, the first one that is overdue can go on. Of several with the same deadline the one
        that has waited longest is the nearest. This is one loop, because it looks at every runner
        at each change of turn.
        """
        now, soonest = self.clock.now, inf
        runnable: Runner | None = None
        overdue: Runner | None = None
        nearest: Runner | None = None
        for runner in self.waiting:  # in order of arrival
            if runner.signals:
                return runner, None
            if runnable is not None:
                continue
            ready, deadline = runner.ready, runner.deadline
            if deadline is None:
                if ready is None or ready():
                    runnable = runner
                continue
            is_due = deadline <= now
            if is_due if ready is None else ready():
                runnable = runner
            elif is_due:
                overdue = overdue or runner
            elif deadline < soonest:
                nearest, soonest = runner, deadline
        if runnable is None and overdue is not None:
            overdue.timed_out = True
            return overdue, None
        return runnable, nearest

    def _alarm_before_all(self) -> Alarm | None:
        """The alarm, if it is due no later than every runner's deadline."""
        alarm = self.alarm
        if alarm is None or alarm.due_at is None:
            return None
        deadlines = [runner.deadline for runner in self.waiting if runner.deadline is not None]
        return alarm if alarm.due_at <= min(deadlines, default=alarm.due_at) else None

    def _ring(self, alarm: Alarm) -> None:
        assert alarm.due_at is not None
        self._advance_to(alarm.due_at)
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
                    f"virtual time ran past the horizon of {describe(self.clock.horizon / TICKS)}: "
                    "something sleeps or polls in an endless loop, or waits without a time-out: "
                    f"{self._describe_waiting()}"
                )
            )
        self.clock.advance_to(moment)

    def _held_by(self, *, others: bool) -> str | None:
        """What works for a runner, so that time must not jump; `others` as in `choose`."""
        for runner in self.waiting:
            if runner.holds is not None:
                held_by = runner.holds()
                if held_by is not None:
                    return held_by
        return self.outside.busy() if others and self.outside.exist() else None

    def _wait_in_real_time(self, waited: float, held_by: str | None) -> None:
        if held_by is not None and waited > self.real_wait:
            raise self._record(
                RealWaitExceeded(
                    f"{held_by} stopped virtual time for more than {self.real_wait:g} real "
                    "seconds. Replace it by a fake, or start it inside `with chaos.unmanaged():` "
                    'if no code waits for it; outage(real_wait="30s") waits longer'
                )
            )
        if held_by is None and waited > self._real_time_limit():
            raise self._record(self._deadlock())
        # Short pauses first, as most real work ends soon; 2 ms at most, so that none is noticed.
        real_sleep(min(0.0002 + waited / 20, 0.002))

    def _deadlock(self) -> Deadlock:
        error = Deadlock(
            f"no thread or task can run and no timer is pending: {self._describe_waiting()}"
        )
        for runner in self.waiting:
            error.add_note(f"{runner.name} waits here:\n{_stack(runner.ident)}")
        return error

    def _real_time_limit(self) -> float:
        watches_sockets = any(runner.holds is not None for runner in self.waiting)
        may_be_helped = watches_sockets or self.has_other_threads()
        return self.real_wait if may_be_helped else min(_NO_HELP_AFTER, self.real_wait)

    def _describe_waiting(self) -> str:
        return "; ".join(
            f"{runner.name}: {runner.doing if isinstance(runner.doing, str) else runner.doing()}"
            f"{place_of_thread(runner.ident)}"
            for runner in self.waiting
        )


def _stack(ident: int) -> str:
    """The innermost frames of a thread without this package's, the innermost one last."""
    frame = skip_own_frames(sys._current_frames().get(ident))
    return "" if frame is None else "".join(traceback.format_stack(frame, limit=_FRAMES))
