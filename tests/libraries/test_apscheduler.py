"""APScheduler wakes a thread of its own and runs jobs in a pool."""

import time
from datetime import UTC

from support.libraries import library

from chaos_llm import outage

background = library("apscheduler.schedulers.background")


def test_a_job_every_ten_minutes_runs_at_each_of_them():
    ran = []
    with outage("anthropic-2026-03-02-three-waves") as chaos:
        scheduler = background.BackgroundScheduler(timezone=UTC)
        scheduler.add_job(lambda: ran.append(chaos.now), "interval", minutes=10)
        scheduler.start()
        time.sleep(3601)
        scheduler.shutdown()
    assert [round(at, 3) for at in ran] == [600, 1200, 1800, 2400, 3000, 3600]


def test_a_job_that_takes_long_overlaps_the_next_in_the_pool():
    log = []
    with outage("anthropic-2026-03-02-three-waves") as chaos:

        def job():
            began = chaos.now
            time.sleep(900)
            log.append((round(began, 3), round(chaos.now, 3)))

        scheduler = background.BackgroundScheduler(timezone=UTC)
        scheduler.add_job(job, "interval", minutes=10, max_instances=2)
        scheduler.start()
        time.sleep(2200)
        scheduler.shutdown(wait=False)
    assert log == [(600, 1500), (1200, 2100)]
