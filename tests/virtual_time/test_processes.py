"""Child processes use real time, and stop the clock only while code on it awaits them."""

import multiprocessing
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from chaos_llm.virtual_time import VirtualTime, active, real_monotonic


def work_really() -> bool:
    began = real_monotonic()
    time.sleep(0.05)
    return real_monotonic() - began >= 0.05 and active() is None


def write_that(path: Path) -> None:
    path.write_text(str(work_really()))


def test_a_forked_process_uses_real_time(tmp_path: Path) -> None:
    fork = multiprocessing.get_context("fork")
    with VirtualTime() as clock:
        time.sleep(5000)
        process = fork.Process(target=write_that, args=(tmp_path / "says",))
        process.start()
        process.join()
        assert process.exitcode == 0
        assert clock.now == 5000
    assert (tmp_path / "says").read_text() == "True"


def test_a_process_executor_meets_virtual_timeouts_and_lets_time_pass_when_idle() -> None:
    fork = multiprocessing.get_context("fork")
    with VirtualTime() as clock:
        with ProcessPoolExecutor(1, mp_context=fork) as pool:
            assert pool.submit(work_really).result(timeout=0.01)
            time.sleep(1000)
            assert pool.submit(work_really).result(timeout=0.01)
        assert clock.now == 1000


def test_a_process_pool_meets_virtual_timeouts_and_lets_time_pass_when_idle() -> None:
    fork = multiprocessing.get_context("fork")
    with VirtualTime() as clock, fork.Pool(1) as pool:
        assert pool.apply_async(work_really).get(timeout=0.01)
        time.sleep(1000)
        assert pool.apply_async(work_really).get(timeout=0.01)
        assert clock.now == 1000
