"""Errors that end an outage: their messages, and that real time is restored."""

import asyncio
import os
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
import time_machine
from support.threads import press_ctrl_c
from support.waiting import PATIENCE

from chaos_llm.errors import Deadlock, HarnessError, HorizonReached, UsageError
from chaos_llm.virtual_time import VirtualTime, active, real_monotonic


def test_two_outages_at_once_are_refused_and_the_first_goes_on() -> None:
    with VirtualTime() as clock:
        with pytest.raises(UsageError, match="already running"), VirtualTime():
            pass
        time.sleep(60)
        assert clock.now == 60


def test_one_object_can_be_entered_again_and_begins_anew() -> None:
    clock = VirtualTime(horizon=100)
    for _ in range(2):
        with clock:
            time.sleep(60)
            assert clock.now == 60
    assert clock.horizon == 100


def test_an_endless_loop_reaches_the_horizon() -> None:
    with pytest.raises(HorizonReached, match="horizon of 1 h:"), VirtualTime(horizon=3600) as clock:
        while True:
            time.sleep(10)
    assert clock.now == 3600


def test_an_endless_heartbeat_on_a_loop_reaches_the_horizon() -> None:
    async def beat() -> None:
        while True:
            await asyncio.sleep(60)

    with pytest.raises(HorizonReached, match="event loop"), VirtualTime(horizon=3600):
        asyncio.run(beat())


def test_the_horizon_can_be_moved() -> None:
    with VirtualTime(horizon=100) as clock:
        clock.extend_horizon(100)
        time.sleep(150)
        clock.horizon = 1000
        time.sleep(800)
        assert clock.now == 950


def test_the_error_of_a_deadlocked_loop_shows_its_position() -> None:
    async def wait() -> None:
        await asyncio.Event().wait()

    with (
        pytest.raises(
            Deadlock,
            match=r"the test's thread: an idle event loop \(Task-\d+ at .*wait\)\) at .*failures",
        ),
        VirtualTime(real_wait=0.3),
    ):
        asyncio.run(wait())


def test_a_recorded_error_is_raised_at_the_end_though_the_app_swallowed_it() -> None:
    error = HarnessError("recorded")
    with pytest.raises(HarnessError) as raised, VirtualTime() as clock:
        try:
            raise clock.record(error)
        except BaseException:
            pass
        clock.record(HarnessError("second"))
    assert raised.value is error


def test_a_horizon_swallowed_by_gather_is_raised_at_the_end() -> None:
    async def sleepers() -> None:
        await asyncio.gather(asyncio.to_thread(time.sleep, 0), return_exceptions=True)
        while True:
            try:
                await asyncio.sleep(50)
            except BaseException:
                return

    error = HarnessError("in a task")

    async def task(clock: VirtualTime) -> None:
        raise clock.record(error)

    async def gathered(clock: VirtualTime) -> None:
        try:
            await asyncio.gather(task(clock), return_exceptions=True)
        except HarnessError:
            return

    with pytest.raises(HarnessError) as raised, VirtualTime() as clock:
        asyncio.run(gathered(clock))
    assert raised.value is error


def test_the_propagating_error_is_not_raised_twice() -> None:
    error = HarnessError("once")
    with pytest.raises(HarnessError) as raised, VirtualTime() as clock:
        raise clock.record(error)
    assert raised.value is error
    assert raised.value.__context__ is None


def test_a_recorded_error_replaces_the_apps_own_exception_and_keeps_it_as_context() -> None:
    with pytest.raises(HarnessError) as raised, VirtualTime() as clock:
        clock.record(HarnessError("the cause"))
        raise ValueError("the consequence")
    assert isinstance(raised.value.__context__, ValueError)


def test_an_error_of_one_outage_is_not_raised_by_the_next() -> None:
    clock = VirtualTime()
    with pytest.raises(HarnessError), clock:
        clock.record(HarnessError("first"))
    with clock:
        time.sleep(1)


def test_real_time_is_restored_after_an_exception() -> None:
    with pytest.raises(ZeroDivisionError), VirtualTime():
        time.sleep(1000)
        raise ZeroDivisionError
    began = time.monotonic()
    time.sleep(0.01)
    assert 0.01 <= time.monotonic() - began < PATIENCE


def test_real_time_is_restored_after_ctrl_c_in_a_real_wait_of_a_loop() -> None:
    async def wait() -> None:
        await asyncio.Event().wait()

    with pytest.raises(KeyboardInterrupt), VirtualTime() as clock:
        with clock.unmanaged():
            threading.Thread(target=press_ctrl_c, daemon=True).start()
        asyncio.run(wait())
    began = time.monotonic()
    time.sleep(0.01)
    assert 0.01 <= time.monotonic() - began < PATIENCE


def test_an_error_during_entering_restores_everything(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(VirtualTime, "_check_clocks", lambda self: 1 / 0)
    with pytest.raises(ZeroDivisionError), VirtualTime():
        pass
    monkeypatch.undo()
    assert active() is None
    began = real_monotonic()
    time.sleep(0.01)
    assert real_monotonic() - began >= 0.01
    assert not time_machine.escape_hatch.is_travelling()
    with VirtualTime() as clock:
        time.sleep(1)
        assert clock.now == 1


def test_time_machine_that_is_already_active_is_refused() -> None:
    with time_machine.travel(datetime(2020, 1, 1, tzinfo=UTC), tick=False):
        with pytest.raises(UsageError, match="time-machine is already active"), VirtualTime():
            pass
        assert datetime.now(UTC).year == 2020
    assert datetime.now(UTC).year > 2020
    began = real_monotonic()
    time.sleep(0.01)
    assert real_monotonic() - began >= 0.01


def test_time_machine_may_be_used_inside() -> None:
    with VirtualTime():
        with time_machine.travel(datetime(2020, 1, 1, tzinfo=UTC), tick=False):
            time.sleep(100)
            assert datetime.now(UTC).year == 2020
        assert datetime.now(UTC).year > 2020


def test_freezegun_that_is_already_active_is_refused() -> None:
    freezegun = pytest.importorskip("freezegun")
    with (
        freezegun.freeze_time("2020-01-01"),
        pytest.raises(UsageError, match="freezegun"),
        VirtualTime(),
    ):
        pass
    assert active() is None
    began = real_monotonic()
    time.sleep(0.01)
    assert real_monotonic() - began >= 0.01


def test_a_clock_that_cannot_be_redirected_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "monotonic", lambda: 5.0)
    with pytest.raises(UsageError, match=r"time\.monotonic"), VirtualTime():
        pass
    monkeypatch.undo()
    with VirtualTime() as clock:
        time.sleep(1)
        assert clock.now == 1


def test_other_interpreters_are_refused_clearly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.implementation.name", "pypy")
    with pytest.raises(UsageError, match="needs CPython"), VirtualTime():
        pass


def test_a_start_without_time_zone_is_refused() -> None:
    with pytest.raises(UsageError, match="time zone"):
        VirtualTime(starts=datetime(2026, 3, 2))


def test_a_thread_in_real_time_cannot_sleep_on_the_clock() -> None:
    clock = VirtualTime()
    with pytest.raises(UsageError, match="does not use the clock"):
        clock.sleep(1)


def test_a_forked_child_uses_real_time(tmp_path: Path) -> None:
    says = tmp_path / "says"
    with VirtualTime() as clock:
        time.sleep(5000)
        child = os.fork()
        if child == 0:
            began = real_monotonic()
            time.sleep(0.01)
            real = real_monotonic() - began >= 0.01 and active() is None
            says.write_text(f"{real} {abs(time.monotonic() - real_monotonic()) < PATIENCE}")
            os._exit(0)
        os.waitpid(child, 0)
        time.sleep(5)
        assert clock.now == 5005
    assert says.read_text() == "True True"


def test_an_outage_may_be_entered_in_any_thread() -> None:
    outcomes: list[float] = []

    def run() -> None:
        with VirtualTime() as clock:
            helper = threading.Thread(target=time.sleep, args=(30,))
            helper.start()
            helper.join()
            asyncio.run(asyncio.sleep(12))
            outcomes.append(clock.now)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(PATIENCE)
    assert outcomes == [42]
