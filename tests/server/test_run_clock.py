"""The clock of a served run on a loop with a time in milliseconds, as uvloop has it."""

from __future__ import annotations

from heapq import heappop, heappush

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaos_llm.server.runs.clock import RunClock


class Handle:
    is_cancelled = False

    def cancel(self):
        self.is_cancelled = True


class LoopInMilliseconds:
    """A loop that rounds the time until a callback to milliseconds; none is a turn of the loop."""

    def __init__(self):
        self._now, self._due, self.turns = 1_234_567, [], 0

    def time(self):
        return self._now / 1000

    def call_at(self, when, callback):
        handle = Handle()
        due = self._now + max(0, round((when - self.time()) * 1000))
        heappush(self._due, (due, len(self._due), handle, callback))
        return handle

    def run(self):
        """Let all happen that is due, at its time; a turn takes a tenth of a millisecond."""
        while self._due:
            due, _, handle, callback = heappop(self._due)
            if not handle.is_cancelled:
                self.turns += 1
                assert self.turns < 10_000, "the clock rings and rings"
                self._now = max(self._now + (self.turns % 10 == 0), due)
                callback()


def played(rate, pauses):
    """When each of these pauses was over, one after the other, and how often the clock rang."""
    loop = LoopInMilliseconds()
    clock, left, happened = RunClock(loop, rate), list(pauses), []

    def go_on():
        happened.append(clock.now)
        if left:
            clock.call_at(clock.now + left.pop(0), go_on)

    go_on()
    loop.run()
    return happened, loop.turns


@pytest.mark.parametrize("rate", [1.0, 3.0, 60.0])
@given(st.lists(st.floats(0.0001, 0.1), max_size=40))
def test_the_clock_rings_once_for_each_pause_and_not_before_its_end(rate, pauses):
    happened, turns = played(rate, pauses)
    assert len(happened) == len(pauses) + 1
    assert turns <= len(pauses)
    for before, after, pause in zip(happened, happened[1:], pauses, strict=False):
        assert after - before >= pause - 1e-6 * rate
        assert after - before <= pause + 0.0031 * rate


@given(st.lists(st.integers(1, 30), min_size=1, max_size=60), st.integers(2, 50))
def test_streams_of_equal_pauses_share_their_rings(offsets, pieces):
    loop = LoopInMilliseconds()
    clock, count = RunClock(loop, 1.0), 0

    def stream(due, left):
        def go_on():
            nonlocal count
            count += 1
            if left > 1:
                stream(due + 0.020, left - 1)

        clock.call_at(due, go_on)

    for offset in offsets:
        stream(offset / 1000, pieces)
    loop.run()
    assert count == len(offsets) * pieces
    assert loop.turns <= (30 + 20 * pieces) * 2


def fails():
    raise ArithmeticError


@pytest.fixture
def loop():
    return LoopInMilliseconds()


@pytest.fixture
def clock(loop):
    return RunClock(loop, 1.0)


def test_a_callback_that_raises_does_not_stop_the_clock(loop, clock):
    happened = []
    clock.call_at(0.010, fails)
    clock.call_at(0.020, lambda: happened.append("later"))
    with pytest.raises(ArithmeticError):
        loop.run()
    loop.run()
    clock.call_at(clock.now + 0.010, lambda: happened.append("made afterwards"))
    loop.run()
    assert happened == ["later", "made afterwards"]


def test_an_advance_during_which_a_callback_raises_leaves_the_clock_going(loop, clock):
    happened, began = [], loop.time()
    clock.call_at(60.0, fails)
    clock.call_at(60.05, lambda: happened.append(loop.time() - began))
    with pytest.raises(ArithmeticError):
        clock.advance(61)
    loop.run()
    assert happened[0] < 1
