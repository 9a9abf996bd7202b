"""Clocks that compiled code reads follow an outage's clock; its waits last their real time."""

from __future__ import annotations

import ctypes
import os
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from virtual_time.compiled import WAITS, compiled_library

from chaos_llm.virtual_time import VirtualTime, real_monotonic
from chaos_llm.virtual_time.native import clock_table

NANO, DAY = 1_000_000_000, 86_400_000_000_000
pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or os.uname().machine != "x86_64",
    reason="the clocks of native code are moved on x86-64 Linux only",
)


def unix_ns(when: datetime) -> int:
    return int(when.timestamp()) * NANO


@pytest.fixture
def native() -> ctypes.CDLL:
    return compiled_library()


WALL_READERS = {
    "clock_gettime": lambda native: native.read_clock(time.CLOCK_REALTIME),
    "clock_gettime_coarse": lambda native: native.read_clock(5),
    "time": lambda native: native.read_time(),
    "gettimeofday": lambda native: native.read_gettimeofday(),
    "timespec_get": lambda native: native.read_timespec_get(),
}


@pytest.mark.parametrize("reader", WALL_READERS)
def test_a5_native_code_sees_the_date_of_the_outage_and_the_real_one_before_and_after(
    native: ctypes.CDLL, march: datetime, reader: str
) -> None:
    read = WALL_READERS[reader]
    whole = reader == "time"
    assert read(native) > unix_ns(march) + DAY
    with VirtualTime(starts=march):
        assert read(native) == unix_ns(march)
        time.sleep(3600.25)
        assert read(native) == unix_ns(march) + (3600 * NANO if whole else 3_600_250_000_000)
    assert abs(read(native) - time.time_ns()) < 10 * NANO


@pytest.mark.parametrize("clock", ["CLOCK_MONOTONIC", "CLOCK_MONOTONIC_RAW", "CLOCK_BOOTTIME"])
def test_a5_native_monotonic_clocks_advance_with_pythons_and_never_go_back(
    native: ctypes.CDLL, clock: str
) -> None:
    number = getattr(time, clock)
    before = native.read_clock(number)
    with VirtualTime():
        first, python = native.read_clock(number), time.monotonic_ns()
        assert first >= before
        time.sleep(7200)
        assert native.read_clock(number) - first == time.monotonic_ns() - python == 7200 * NANO
    assert abs(native.read_clock(number) - time.clock_gettime_ns(number)) < 10 * NANO


def test_a5_clocks_of_processor_time_stay_real(native: ctypes.CDLL) -> None:
    with VirtualTime():
        time.sleep(3600)
        assert native.read_clock(time.CLOCK_PROCESS_CPUTIME_ID) < 3600 * NANO
        assert native.read_clock(time.CLOCK_THREAD_CPUTIME_ID) < 3600 * NANO


def test_a5_a_library_that_is_loaded_during_the_outage_follows(
    native: ctypes.CDLL, march: datetime, tmp_path: Path
) -> None:
    copy = tmp_path / "loaded_late.so"
    copy.write_bytes(Path(native._name).read_bytes())
    with VirtualTime(starts=march):
        late = ctypes.CDLL(str(copy))
        late.read_clock.restype = ctypes.c_longlong
        assert late.read_clock(time.CLOCK_REALTIME) == unix_ns(march)
    assert late.read_clock(time.CLOCK_REALTIME) > unix_ns(march) + DAY


def test_a5_a_date_that_is_set_during_the_outage_is_seen(
    native: ctypes.CDLL, march: datetime
) -> None:
    with VirtualTime() as clock:
        clock.set_wall(march + timedelta(days=3))
        assert native.read_time() == unix_ns(march + timedelta(days=3))


def test_a5_native_clocks_are_real_after_an_outage_that_ends_in_an_error(
    native: ctypes.CDLL, march: datetime
) -> None:
    with pytest.raises(ZeroDivisionError), VirtualTime(starts=march):
        raise ZeroDivisionError
    assert abs(native.read_clock(time.CLOCK_REALTIME) - time.time_ns()) < 10 * NANO


def test_a5_native_clocks_are_real_after_an_outage_that_could_not_begin(
    native: ctypes.CDLL, march: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(VirtualTime, "_check_clocks", lambda self: 1 / 0)
    with pytest.raises(ZeroDivisionError), VirtualTime(starts=march):
        pass
    assert abs(native.read_clock(time.CLOCK_REALTIME) - time.time_ns()) < 10 * NANO


def test_a5_a_forked_child_has_real_native_clocks(native: ctypes.CDLL, march: datetime) -> None:
    with VirtualTime(starts=march):
        child = os.fork()
        if child == 0:
            os._exit(0 if native.read_time() > unix_ns(march) + DAY else 1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


@pytest.mark.parametrize("wait", WAITS)
@pytest.mark.parametrize("ahead", [0, 36_000], ids=["at once", "ten hours on"])
def test_a_native_wait_until_a_deadline_lasts_its_real_time_and_no_more(
    native: ctypes.CDLL, wait: str, ahead: int
) -> None:
    """It does not hang while the clock stands still: the waiting thread reads its deadline."""
    with VirtualTime() as clock:
        time.sleep(ahead)
        began = real_monotonic()
        getattr(native, wait)(30)
        spent = real_monotonic() - began
        assert clock.now == ahead
    assert spent < 20
    assert spent >= (0.03 if wait != "wait_spin" else 0)


def test_a_thread_that_has_waited_reads_no_later_time_than_others(native: ctypes.CDLL) -> None:
    with VirtualTime():
        begin = native.read_clock(time.CLOCK_MONOTONIC)
        native.wait_usleep(20)
        assert native.read_clock(time.CLOCK_MONOTONIC) >= begin + 20_000_000
        time.sleep(1)
        assert native.read_clock(time.CLOCK_MONOTONIC) == begin + NANO


def test_where_the_system_forbids_pages_of_code_native_clocks_stay_real_and_the_report_says_so(
    native: ctypes.CDLL, march: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(address: int, size: int, protection: int) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(clock_table, "protect_page", refuse)
    clock_table.clock_table.cache_clear()
    try:
        with VirtualTime(starts=march) as clock:
            assert abs(native.read_time() - unix_ns(march)) > DAY
            assert any("Permission denied" in said for said in clock.stayed_real)
    finally:
        monkeypatch.undo()
        clock_table.clock_table.cache_clear()
