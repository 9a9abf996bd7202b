"""pybreaker's cool-down reads `datetime.now`; a breaker holds its lock during a call."""

import threading
import time

import pytest
from support.apps.bots import ask_once
from support.libraries import library

from chaos_llm import outage
from chaos_llm.faults import overloaded

pybreaker = library("pybreaker")

ASKED = pybreaker.CircuitBreaker(fail_max=3, reset_timeout=60)


def fail():
    raise ValueError


def test_it_half_opens_after_its_cooldown_and_not_a_second_before():
    breaker = pybreaker.CircuitBreaker(fail_max=1, reset_timeout=60)
    with outage() as chaos:
        with pytest.raises(pybreaker.CircuitBreakerError):
            breaker.call(fail)
        time.sleep(59)
        with pytest.raises(pybreaker.CircuitBreakerError):
            breaker.call(str)
        assert breaker.current_state == "open"
        time.sleep(1)
        breaker.call(str)
        assert breaker.current_state == "closed"
        assert chaos.now == 60


def test_one_made_at_import_serves_threads_one_after_the_other():
    """Its RLock is held during a call, so that six calls of 10 s take 60 s."""
    breaker, ended = pybreaker.CircuitBreaker(), []
    with outage() as chaos:

        def call():
            breaker.call(time.sleep, 10)
            ended.append(chaos.now)

        threads = [threading.Thread(target=call) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert ended == [10, 20, 30, 40, 50, 60]


def test_an_open_breaker_sends_no_requests_to_the_provider_for_a_minute():
    with outage() as chaos:
        chaos.on("anthropic").inject(overloaded())
        report = chaos.replay(
            lambda text: ASKED.call(ask_once, text), calls=30, every=None, users=3
        )
        times = [exchange.at - chaos.journal[0].at for exchange in chaos.journal]
    assert len(report.run.calls) == 30
    assert times[2] < times[3]
    assert times[3] - times[2] >= 60
