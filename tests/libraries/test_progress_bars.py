"""Progress bars draw in real time, and metrics measure the app's virtual time."""

import io
import threading
import time

import pytest
from support.libraries import library

from chaos_llm import outage
from chaos_llm.virtual_time import real_monotonic


def test_a13_a_progress_bar_over_ten_virtual_hours_takes_little_real_time():
    progress, console = library("rich.progress"), library("rich.console")
    screen = console.Console(file=io.StringIO(), force_terminal=True)
    with outage() as chaos:
        began = real_monotonic()
        with progress.Progress(console=screen) as bar:
            task = bar.add_task("ten hours", total=600)
            for _ in range(600):
                time.sleep(60)
                bar.update(task, advance=1)
        assert chaos.now == 36_000
    assert real_monotonic() - began < 30  # 360,000 drawings, ten a second, would take 87 s and more


def test_a13_a_progress_bar_beside_threads_does_not_make_them_late():
    progress, console = library("rich.progress"), library("rich.console")
    screen = console.Console(file=io.StringIO(), force_terminal=True)
    late = []

    def work(bar, task, every):
        for _ in range(100):
            due = time.monotonic() + every
            time.sleep(every)
            bar.update(task, advance=1)
            late.append(time.monotonic() - due)

    with outage(), progress.Progress(console=screen, refresh_per_second=1000) as bar:
        task = bar.add_task("threads", total=400)
        threads = [threading.Thread(target=work, args=(bar, task, n + 1)) for n in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(late) == 400
    assert max(late) == pytest.approx(0, abs=1e-6)


def test_a5_a_timer_of_prometheus_measures_the_time_of_the_outage():
    prometheus = library("prometheus_client")
    registry = prometheus.CollectorRegistry()
    took = prometheus.Summary("took", "how long a call took", registry=registry)
    with outage(), took.time():
        time.sleep(30)
    assert registry.get_sample_value("took_sum") == pytest.approx(30, abs=0.01)
