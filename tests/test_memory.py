"""The memory that calls and requests need, and the bounds of each cache."""

from __future__ import annotations

import gc
import tracemalloc
import weakref

import anthropic
import pytest

from chaos_llm import outage
from chaos_llm.faults import overloaded
from chaos_llm.protocol.rate_limits import Buckets, Quota
from chaos_llm.requests.correlation import Correlation
from chaos_llm.requests.credentials import Credentials
from chaos_llm.server.runs.call_tracking import CallTracker


class Heavy(Exception):
    """An app's error that holds what the app was at."""


def failing(chaos, calls, app):
    """Bytes that each of so many failing calls leaves behind."""
    chaos.replay(app, calls=200, until="1h")
    gc.collect()
    tracemalloc.start(1)
    try:
        report = chaos.replay(app, calls=calls, until="20h")
        gc.collect()
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert report.failed == 1.0
    return kept / calls


@pytest.mark.exhaustive(sample=0)
def test_e_a_call_that_fails_keeps_less_than_a_kilobyte_its_request_included():
    with outage(seed=1) as chaos:
        client = anthropic.Anthropic(max_retries=0)
        chaos.on("anthropic").inject(overloaded())

        def ask(prompt):
            text = [{"role": "user", "content": prompt}]
            return client.messages.create(model="claude-opus-4-6", max_tokens=9, messages=text)

        assert failing(chaos, 20_000, ask) < 1000


def test_e_a_failed_calls_frames_are_let_go():
    alive = weakref.WeakSet()

    class Payload:
        def __init__(self):
            self.text = "x" * 100_000
            alive.add(self)

    def ask(_prompt):
        payload = Payload()
        try:
            raise KeyError(payload.text[:10])
        except KeyError as error:
            raise Heavy("no order") from error

    with outage() as chaos:
        report = chaos.replay(ask, calls=50)
        gc.collect()
        assert not alive
        error = report.run.calls[0].error
        assert (error.name, error.text, error.is_a(Heavy)) == ("Heavy", "no order", True)
        assert error.causes == (KeyError,)
        assert "Heavy: no order" in report.timeline()


class Unspeakable(Exception):
    def __str__(self):
        raise RuntimeError("no text")


@pytest.mark.parametrize(
    "error", [Unspeakable(), ValueError("x" * 5_000_000)], ids=["none", "5 MB"]
)
def test_an_error_with_an_odd_text_is_kept(error):
    def ask(_prompt):
        raise error

    with outage() as chaos:
        report = chaos.replay(ask, calls=3)
    assert len(report.run.calls[0].error.text) <= 2000
    assert type(error).__name__ in report.timeline()


def test_e_the_retries_of_requests_outside_of_calls_are_remembered_for_the_latest():
    correlation = Correlation()
    for number in range(30_000):
        body = f"what is {'abcdefghij'[number % 10]} {letters(number)}".encode()
        correlation.key("openai", "/v1/chat/completions", body)
    assert sum(map(len, correlation._background.values())) <= 20_000
    assert correlation.key("openai", "/v1/chat/completions", body).attempt == 1


def test_e_the_calls_that_clients_name_are_remembered_for_the_latest():
    callers = CallTracker(lambda: 0.0)
    for number in range(30_000):
        callers.named = f"call-{number}"
        callers.key("openai", "/v1/chat/completions", b"{}")
    assert len(callers._seen) <= 20_001
    assert callers.key("openai", "/v1/chat/completions", b"{}").attempt == 1


def test_e_the_keys_that_clients_show_are_remembered_for_the_latest():
    credentials, buckets = Credentials(), Buckets(Quota(requests_per_minute=1))
    for number in range(12_000):
        credentials.note(f"{number}", {"x-api-key": f"sk-ant-{number}"})
        buckets.take(f"{number}", 0.0, 1)
    assert len(credentials.issuers) == len(buckets._buckets) == 10_000
    assert credentials.belongs_to_another("11999", "openai")
    assert not buckets.take("11999", 0.0, 1).allowed


def test_e_batches_are_kept_for_the_latest():
    text = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "x"}]}
    with outage():
        client = anthropic.Anthropic(max_retries=0)
        made = [
            client.messages.batches.create(requests=[{"custom_id": "a", "params": text}])
            for _ in range(103)
        ]
        assert client.messages.batches.retrieve(made[-1].id).id == made[-1].id
        with pytest.raises(anthropic.NotFoundError):
            client.messages.batches.retrieve(made[0].id)


def letters(number):
    """A number in letters, because digits are not distinguished."""
    return "".join(chr(ord("a") + int(digit)) for digit in str(number))
