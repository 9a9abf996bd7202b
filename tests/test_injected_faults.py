"""What a test can say where it injects faults: a share, a duration, a number of requests."""

from __future__ import annotations

import time

import anthropic
import pytest
from support.apps.bots import ask_once

from chaos_llm import outage
from chaos_llm.errors import UnknownName, UsageError
from chaos_llm.faults import hang, latency, overloaded, rate_limited, stall_mid_stream


def is_answered() -> bool:
    try:
        return bool(ask_once())
    except anthropic.APIStatusError:
        return False


def test_a_share_of_the_requests_is_hit_and_the_same_ones_with_each_seed():
    def failures(seed: int) -> list[bool]:
        with outage(seed=seed) as chaos:
            chaos.on("anthropic").inject(overloaded(), share=0.3)
            return [not is_answered() for _ in range(100)]

    assert 15 < sum(failures(1)) < 45
    assert failures(1) == failures(1) != failures(2)


def test_a_share_and_times_count_only_the_requests_that_are_hit():
    with outage() as chaos:
        chaos.on("anthropic").inject(overloaded(), share=0.3, times=2)
        assert [is_answered() for _ in range(100)].count(False) == 2


def test_a_request_that_a_share_spared_says_so_in_the_journal():
    with outage() as chaos:
        chaos.on("anthropic").inject(overloaded(), share=0.5)
        answered = [is_answered() for _ in range(20)]
        spared = ["'injected' threw" in exchange.decision.why for exchange in chaos.journal]
    assert spared == answered
    assert 0 < sum(answered) < 20


def test_faults_that_are_injected_for_a_time_end_with_it():
    with outage() as chaos:
        chaos.on("anthropic").inject(overloaded(), for_="5m")
        assert not is_answered()
        time.sleep(299)
        assert not is_answered()
        time.sleep(1)
        assert is_answered()


def test_in_a_replay_faults_for_a_time_come_behind_a_healthy_warm_up():
    with outage() as chaos:
        chaos.on("anthropic").inject(overloaded(), for_="20m")
        report = chaos.replay(ask_once, every="1m")
    assert [call.due for call in report.run.calls if not call.answered] == [
        60.0 * minute for minute in range(20)
    ]
    assert (report.run.begins, report.run.ends) == (-600, 1200 + 1800)
    (down,) = report.run.times_down("anthropic")
    assert (down.begins, down.ends) == (0, 1200)


@pytest.mark.parametrize(
    ("arguments", "nearest"),
    [
        ({"duration": "5m"}, "'for_'"),
        ({"probability": 0.5}, "'share'"),
        ({"count": 2}, "'times'"),
    ],
)
def test_a_wrong_keyword_is_answered_with_the_known_ones(arguments, nearest):
    with outage() as chaos, pytest.raises(UnknownName, match=rf"nearest first: {nearest}, "):
        chaos.on("anthropic").inject(overloaded(), **arguments)


@pytest.mark.parametrize(
    ("used", "nearest"),
    [
        (lambda chaos: outage("anthropic-529-storm", sed=7), "'seed'"),
        (lambda chaos: outage("anthropic-529-storm", start="21:16"), "'strict'"),
        (lambda chaos: chaos.on("anthropic", modle="claude"), "'model'"),
        (lambda chaos: chaos.on("anthropic").answers(text="hello"), "'cassette', 'answers'"),
        (lambda chaos: chaos.advance(minutes=5), "'to', 'by'"),
        (lambda chaos: chaos.replay(ask_once, call=3), "'calls'"),
    ],
)
def test_every_wrong_keyword_is_answered_with_the_known_ones(used, nearest):
    with outage() as chaos, pytest.raises(UnknownName, match=rf"nearest first: {nearest}"):
        used(chaos)


def test_where_nothing_can_be_given_a_keyword_is_told_so():
    with outage() as chaos, pytest.raises(UsageError, match="heal\\(\\) takes no arguments"):
        chaos.on("anthropic").heal(surface="login")


@pytest.mark.parametrize("arguments", [{"share": 0}, {"share": 1.5}, {"for_": 0}, {"for_": "ages"}])
def test_a_value_that_hits_nothing_is_refused(arguments):
    with outage() as chaos, pytest.raises(UsageError):
        chaos.on("anthropic").inject(overloaded(), **arguments)


@pytest.mark.parametrize(
    ("fault", "same"),
    [
        (latency("10s"), latency(seconds=10)),
        (rate_limited("5m"), rate_limited(retry_after=300)),
        (stall_mid_stream("10s"), stall_mid_stream(seconds=10)),
        (hang("10s"), hang(seconds=10)),
    ],
)
def test_a_fault_takes_its_duration_first(fault, same):
    assert fault == same


def test_a_fault_names_its_arguments_where_it_is_given_a_wrong_one():
    with pytest.raises(UnknownName, match="latency 'duration'; known, nearest first: 'seconds'"):
        latency(duration="10s")


def test_a_fault_without_arguments_says_where_its_duration_goes():
    with pytest.raises(UsageError, match=r"overloaded takes no arguments; got '30s'; .*for_='5m'"):
        overloaded("30s")
    with pytest.raises(UsageError, match=r"latency takes seconds=.*; got 1, 2"):
        latency(1, 2)


@pytest.mark.parametrize(
    ("said", "first"),
    [
        ("claude-2026-03-02", "anthropic-2026-03-02"),
        ("anthropic 529 storm", "anthropic-529-storm"),
        ("chatgpt-2024-12-11", "openai-2024-12-11"),
    ],
)
def test_the_nearest_profile_is_one_of_the_provider_that_is_meant(said, first):
    with pytest.raises(UnknownName, match=f"nearest first: '{first}"):
        outage(said)


@pytest.mark.parametrize(
    ("said", "first"),
    [
        ("claude", "anthropic"),
        ("claude-sonnet-5-5", "anthropic"),
        ("chatgpt", "openai"),
        ("gpt-5.5", "openai"),
        ("grok", "xai"),
        ("llama", "meta-llama"),
        ("bedrock claude", "bedrock"),
        ("azure gpt", "azure-openai"),
        ("azure openai", "azure-openai"),
        ("qwen", "together"),
        ("antropic", "anthropic"),
    ],
)
def test_the_nearest_provider_is_the_one_that_is_meant(said, first):
    with outage() as chaos, pytest.raises(UnknownName, match=f"nearest first: '{first}'"):
        chaos.on(said)
