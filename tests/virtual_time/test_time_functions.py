"""time.sleep and the clocks are redirected in place for all threads on the clock."""

import asyncio
import datetime as dt
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from time import monotonic, perf_counter_ns, sleep

import cachetools
import pytest
import tenacity
from hypothesis import given, settings
from hypothesis import strategies as st
from support.waiting import PATIENCE

from chaos_llm.virtual_time import VirtualTime, active, real_monotonic
from chaos_llm.virtual_time.clock import Clock


def elapsed_by_default(timer: Callable[[], float] = time.monotonic) -> float:
    return timer()


def test_ten_hours_pass_in_no_time(march: datetime) -> None:
    began = real_monotonic()
    with VirtualTime(starts=march) as clock:
        time.sleep(36_000)
        assert clock.now == 36_000
    assert real_monotonic() - began < PATIENCE


def test_names_bound_before_the_outage_follow() -> None:
    with VirtualTime():
        began, by_default, nanoseconds = monotonic(), elapsed_by_default(), perf_counter_ns()
        sleep(36_000)
        assert monotonic() - began == 36_000
        assert elapsed_by_default() - by_default == 36_000
        assert perf_counter_ns() - nanoseconds == 36_000 * 10**9


def test_the_wall_clock_starts_at_the_given_date_and_follows(march: datetime) -> None:
    with VirtualTime(starts=march) as clock:
        assert datetime.now(UTC) == march
        time.sleep(90.5)
        assert datetime.now(UTC) - march == dt.timedelta(seconds=90.5)
        assert time.time() == clock.wall == march.timestamp() + 90.5


def test_the_wall_clock_starts_now_by_default() -> None:
    before = time.time()
    with VirtualTime():
        assert before <= time.time() <= before + 5


def test_the_wall_clock_can_be_set_back_and_monotonic_time_does_not_change(
    march: datetime,
) -> None:
    with VirtualTime(starts=march) as clock:
        time.sleep(600)
        began = time.monotonic()
        clock.set_wall(march - dt.timedelta(days=400))
        assert datetime.now(UTC) == march - dt.timedelta(days=400)
        assert time.monotonic() == began
        assert clock.now == 600
        time.sleep(1)
        assert datetime.now(UTC) == march - dt.timedelta(days=400) + dt.timedelta(seconds=1)


def test_time_zone_of_the_start_does_not_matter() -> None:
    tokyo = dt.timezone(dt.timedelta(hours=9))
    with VirtualTime(starts=datetime(2026, 3, 2, 20, 37, tzinfo=tokyo)):
        assert datetime.now(UTC) == datetime(2026, 3, 2, 11, 37, tzinfo=UTC)


def test_differences_are_exact_so_a_deadline_of_1000_s_is_reached_at_1000_s() -> None:
    with VirtualTime() as clock:

        @tenacity.retry(wait=tenacity.wait_fixed(100), stop=tenacity.stop_after_delay(1000))
        def fail() -> None:
            raise ValueError

        with pytest.raises(tenacity.RetryError):
            fail()
        assert clock.now == 1000


def test_no_sleep_ends_early(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Clock, "ended_at", 0)  # after two years of tests floats are coarser
    with VirtualTime():
        for seconds in (0.1, 0.3, 1e-9, 7.7):
            began = time.monotonic()
            time.sleep(seconds)
            assert seconds <= time.monotonic() - began < seconds + 1e-8


def test_a_negative_sleep_raises_the_usual_error() -> None:
    with VirtualTime(), pytest.raises(ValueError, match="non-negative"):
        time.sleep(-1)


def test_a_sleep_that_is_not_a_number_raises_the_usual_error() -> None:
    with VirtualTime(), pytest.raises(TypeError):
        time.sleep("7")  # type: ignore[arg-type]


def test_a_cache_filled_in_one_outage_has_expired_in_the_next() -> None:
    cache: cachetools.TTLCache[str, str] = cachetools.TTLCache(10, ttl=600)
    with VirtualTime():
        time.sleep(36_000)
        cache["hi"] = "answer of the first outage"
    with VirtualTime():
        time.sleep(3600)
        assert "hi" not in cache


def test_monotonic_time_never_goes_back_from_outage_to_outage() -> None:
    with VirtualTime():
        time.sleep(1000)
        last = time.monotonic()
    with VirtualTime():
        assert time.monotonic() > last
        assert time.monotonic() >= real_monotonic()


def test_real_time_is_back_after_the_outage() -> None:
    with VirtualTime():
        time.sleep(1000)
    began = time.perf_counter()
    time.sleep(0.01)
    assert 0.01 <= time.perf_counter() - began < PATIENCE
    assert abs(time.time() - datetime.now(UTC).timestamp()) < PATIENCE


def test_two_sleeps_of_different_lengths_take_their_sum() -> None:
    with VirtualTime() as clock:
        clock.sleep(2.5)
        time.sleep(3)
        assert clock.now == 5.5


def test_time_time_inside_a_running_loop_follows_a_blocking_sleep(march: datetime) -> None:
    async def main() -> float:
        time.sleep(10)
        return asyncio.get_running_loop().time()

    with VirtualTime(starts=march):
        began = time.monotonic()
        assert asyncio.run(main()) - began == 10


def test_subprocess_keeps_real_time() -> None:
    with VirtualTime() as clock:
        subprocess.run([sys.executable, "-c", "pass"], timeout=30, check=True)
        with pytest.raises(subprocess.TimeoutExpired):
            subprocess.run(
                [sys.executable, "-c", "import time; time.sleep(30)"],
                timeout=0.1,
                check=True,
                capture_output=True,
            )
        assert clock.now == 0


@settings(max_examples=20, deadline=200, derandomize=True)
@given(seconds=st.integers(0, 100_000))
def test_hypothesis_deadlines_count_real_time(seconds: int) -> None:
    with VirtualTime():
        time.sleep(seconds)


def test_packages_named_by_the_user_keep_real_time() -> None:
    source = {"__name__": "slow_tool.polling", "time": time}
    exec("def read():\n    return time.monotonic()", source)
    with VirtualTime(real_packages=["slow_tool"]):
        time.sleep(5000)
        assert abs(source["read"]() - real_monotonic()) < PATIENCE


def test_the_clock_knows_which_threads_use_it() -> None:
    seen = []
    with VirtualTime() as clock:
        assert active() is clock
        assert clock.is_managed_here()
        with clock.unmanaged():
            assert not clock.is_managed_here()
            thread = threading.Thread(target=lambda: seen.append(clock.is_managed_here()))
            thread.start()
            thread.join()
        assert clock.is_managed_here()
    assert seen == [False]
    assert not clock.is_managed_here()
    assert clock.now == 0
