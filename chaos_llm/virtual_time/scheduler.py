"""The scheduler of threads: one runs at a time, and `block` is the one way of waiting.

    block(me, ready, deadline)      `me` runs again when ready() is true, or at the deadline

Every wait uses it: a sleep has no `ready`, a lock asks whether it is free, an idle event loop polls
its selector. Only the runner that holds the baton runs. It gives the baton up in `block` and
nowhere else, so the same program takes the same turns in each run.
"""

from __future__ import annotations

import _thread
import sys
from collections.abc import Callable
from functools import partial

from chaos_llm.errors import Deadlock, HarnessError
from chaos_llm.virtual_time.clock import EMPTY_WAIT, Clock, ticks
from chaos_llm.virtual_time.redirects import real_raise_signal
from chaos_llm.virtual_time.runner import (
    Holds,
    Ready,
    Runner,
    SimulationOver,
    acquire_gate,
    open_gate,
)
from chaos_llm.virtual_time.turn_order import Turns

_RECALL = 1.0  # real seconds for the running thread to reach its next blocking point
_ENDLESS = 1e9  # seconds: the wait of a request that nothing ends


class Scheduler:
    """Passes the baton from runner to runner."""

    def __init__(
        self, clock: Clock, real_wait: float, record: Callable[[HarnessError], HarnessError]
    ) -> None:
        self.clock, self.turns = clock, Turns(clock, real_wait, record)
        self.runners: dict[int, Runner] = {}
        self._record = record
        self._closing = self._deadlocked = False
        self._failure: BaseException | None = None
        # Two threads run at once, because the test's thread was interrupted while it waited and
        # the running one did not reach a blocking point in time.
        self._lost = False

    def begin(self) -> None:
        """Make the calling thread the first runner; failures are raised in it."""
        self._first = self._holder = Runner("the test's thread")
        self._enrol(self._first)

    def here(self) -> Runner | None:
        """The calling thread's runner; None where the thread keeps real time."""
        runner = self.runners.get(_thread.get_ident())
        return None if runner is None or runner.off_clock else runner

    def sleep(self, me: Runner, seconds: float) -> None:
        """Wait for some seconds of virtual time; raises ValueError for a negative number."""
        if seconds < 0:
            raise ValueError("sleep length must be non-negative")
        clock, turns = self.clock, self.turns
        if not seconds:
            clock.poll(EMPTY_WAIT)
        moment = clock.now + ticks(seconds)
        alone = not (turns.waiting or self._closing or turns.alarm)
        if not alone or moment > clock.horizon or turns.has_other_threads():
            self.block(me, None, moment, partial(_sleep_in_words, seconds))
        else:
            clock.advance_to(moment)

    def deadline(self, timeout: float | None) -> int | None:
        """The end, in ticks, of a wait of `timeout` seconds that begins now; None if endless."""
        if timeout is None or timeout < 0:
            return None
        return self.clock.now + ticks(timeout)

    def block(
        self,
        me: Runner,
        ready: Ready | None,
        deadline: int | None,
        doing: str | Callable[[], str],
        holds: Holds | None = None,
    ) -> bool:
        """Let others run until `ready()` or the deadline; False if the deadline came first.

        If the outage ended meanwhile, `me.over` is true and the thread goes on in real time.
        """
        while not self._closing or me is self._first:
            me.ready, me.deadline, me.holds, me.doing = ready, deadline, holds, doing
            me.timed_out = False
            self.turns.join(me)
            self._switch(me)
            if not me.signals:
                break
            self._handle_signals(me)  # a handler may raise, which ends the wait
        if self._closing and me is not self._first:
            self._leave(me)
            if ready is None or (self._deadlocked and me.is_stuck()):
                raise SimulationOver
            return False
        return not me.timed_out

    def _handle_signals(self, me: Runner) -> None:
        """Run the handlers of signals that arrived while the main thread waited, in order."""
        while me.signals:
            me.interruptions += 1
            real_raise_signal(me.signals.pop(0))

    def start(self, runner: Runner) -> None:
        """Let the runner of a new thread take part; the thread itself waits for the baton."""
        self.turns.join(runner)

    def wait_for_baton(self, runner: Runner) -> None:
        """Wait for the first turn of a new thread."""
        acquire_gate(runner.gate)
        if self._closing:
            self._leave(runner)
        else:
            self._enrol(runner)

    def finish(self, me: Runner) -> None:
        """Pass the baton on as the last act of a thread."""
        if me.over:
            return
        if me.ident != _thread.get_ident():  # it ended before its first turn
            self.wait_for_baton(me)
        if self._closing:
            self._leave(me)
            return
        me.over = True
        del self.runners[me.ident]
        if self.turns.waiting:
            self._switch(me)

    def end(self) -> None:
        """Put all runners but the first on real time: sleeping threads end, others wait on."""
        self._closing = True
        if self._lost:
            acquire_gate(self._first.gate, True, _RECALL)
        waiting = self.turns.waiting
        while waiting:
            runner = waiting.pop(0)
            if runner is not self._first:
                open_gate(runner.gate)
                acquire_gate(self._first.gate, True, _RECALL)
        self.runners.clear()

    def forget_others(self) -> None:
        """Drop all other runners: a forked child has no other thread."""
        self.turns.waiting.clear()
        self._lost = False

    def _enrol(self, runner: Runner) -> None:
        runner.ident = _thread.get_ident()
        self.runners[runner.ident] = runner

    def _leave(self, me: Runner) -> None:
        """Continue in real time, and wake the test's thread, which ends the next runner."""
        if not me.over:
            me.over = True
            self.runners.pop(_thread.get_ident(), None)
            open_gate(self._first.gate)

    def _switch(self, me: Runner) -> None:
        waiting = self.turns.waiting
        try:
            chosen = self.turns.choose()
        except BaseException as error:
            self._deadlocked = isinstance(error, Deadlock)
            if me is self._first:
                waiting.remove(me)
                raise
            self._failure, chosen = error, self._first
        waiting.remove(chosen)
        if chosen is me:
            return
        if me is self._first:
            self._park_first(chosen)
            return
        self._hand_to(chosen)
        if not me.over:
            acquire_gate(me.gate)

    def _hand_to(self, chosen: Runner) -> None:
        self._holder = chosen
        open_gate(chosen.gate)

    def _park_first(self, chosen: Runner) -> None:
        me = self._first
        try:
            self._hand_to(chosen)
            while not acquire_gate(me.gate, True, self.turns.real_wait):
                if self._baton_is_lost():
                    break
        except BaseException:  # Ctrl-C or pytest-timeout: the test's thread runs out of turn
            self._recall(me)
            raise
        if self._failure is not None:
            failure, self._failure = self._failure, None
            raise failure

    def _baton_is_lost(self) -> bool:
        """Whether the running thread ended without passing the baton on; then take it."""
        holder = self._holder
        if holder is self._first or holder.ident in sys._current_frames():
            return False
        text = f"thread {holder.name!r} ended without letting another thread run"
        self._failure = self._record(Deadlock(text))
        self.turns.waiting.remove(self._first)
        return True

    def _recall(self, me: Runner) -> None:
        """Make the running thread give the baton to the test's thread at its next wait."""
        waiting = self.turns.waiting
        if me in waiting:
            waiting.remove(me)
            me.ready = me.deadline = None
            waiting.insert(0, me)
        if not acquire_gate(me.gate, True, _RECALL):
            self._lost = True
            me.off_clock += 1  # to the end of the outage, which follows at once
            if me in waiting:
                waiting.remove(me)


def _sleep_in_words(seconds: float) -> str:
    """What a thread does: only a request that nothing ends waits for 30 years."""
    if seconds >= _ENDLESS:
        return "a request without a time-out waits for an answer that never comes"
    return f"time.sleep({seconds!r})"
