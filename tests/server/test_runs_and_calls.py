"""Who is who behind a socket: the same dice whoever comes first, and calls that requests name."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor

import pytest
from support.raw_sockets import ASKED, asked, request

from chaos_llm.errors import UsageError
from chaos_llm.faults import overloaded
from chaos_llm.server.launch.server_handle import ServerThread
from chaos_llm.server.launch.settings import Limits, Settings

DAY = """
title = "half of all"
starts = 2026-01-01T00:00:00Z
ends = "+1h"
[[window]]
name = "w"
from = "+0s"
until = "+1h"
on = [{ provider = "anthropic" }]
share = 0.5
faults = [{ weight = 1, fault = "overloaded" }, { weight = 1, fault = "server_error" }]
[window.evidence]
from = "assumed"
until = "assumed"
on = "assumed"
share = "assumed"
faults = "assumed"
weights = "assumed"
"""


@pytest.fixture
def half(tmp_path):
    path = tmp_path / "half.toml"
    path.write_text(DAY)
    with ServerThread(Settings([path], clock="manual", seed=3)) as thread:
        yield thread


def question(number):
    text = f"Where is order KX-{number:05}?"
    return ASKED | {"messages": [{"role": "user", "content": text}]}


def statuses(url, run, order, workers):
    """What each question met, asked by so many at once, in that order."""

    def ask(number):
        return number, asked(url, request(body=question(number), x_chaos_run=run)).status

    with ThreadPoolExecutor(workers) as pool:
        return dict(pool.map(ask, order))


def test_the_order_of_arrival_changes_no_die(half):
    numbers = list(range(60))
    first = statuses(half.hand().url, "one", numbers, 1)
    random.Random(1).shuffle(numbers)
    second = statuses(half.hand().url, "two", numbers, 8)
    assert first == second
    assert set(first.values()) == {200, 500, 529}


def test_a_retry_throws_anew_and_never_meets_a_fresh_count_on_a_new_connection(half):
    url = half.hand().url
    tries = [asked(url, request(x_chaos_call="7")).status for _ in range(12)]
    assert len(set(tries)) > 1
    assert [exchange.attempt for exchange in half.hand().journal] == list(range(12))
    again = [asked(url, request(x_chaos_call="7", x_chaos_run="b")).status for _ in range(12)]
    assert again == tries


def test_a_header_names_the_call(chaos_server):
    for name in ("3", "3", "a-b"):
        asked(chaos_server.url, request(x_chaos_call=name))
    calls = [exchange.call for exchange in chaos_server.journal]
    assert calls[:2] == [3, 3]
    assert calls[2] not in (3, -1)


def test_a_call_that_is_named_again_and_again_is_not_forgotten_for_others(
    chaos_server, monkeypatch
):
    monkeypatch.setattr("chaos_llm.server.runs.call_tracking._MOST", 20)
    for number in range(60):
        for name in ("the-job", f"other-{number}"):
            asked(chaos_server.url, request(x_chaos_call=name))
    attempts = [exchange.key.attempt for exchange in chaos_server.journal][::2]
    assert attempts == list(range(60))


def test_a_token_names_the_call_until_it_was_answered(chaos_server):
    chaos_server.on("anthropic").inject(overloaded(), times=2)
    for _ in range(4):
        asked(chaos_server.url)
    first, second, third, fourth = (exchange.call for exchange in chaos_server.journal)
    assert first == second == third != fourth


def test_a_token_that_has_been_quiet_is_another_call(chaos_server):
    chaos_server.on("anthropic").inject(overloaded())
    asked(chaos_server.url)
    chaos_server.advance("6m")
    asked(chaos_server.url)
    first, second = (exchange.call for exchange in chaos_server.journal)
    assert first != second


def test_a_prompt_without_a_token_belongs_to_no_call(chaos_server):
    body = ASKED | {"messages": [{"role": "user", "content": "Where is it?"}]}
    asked(chaos_server.url, request(body=body))
    assert [exchange.call for exchange in chaos_server.journal] == [-1]


def test_a_reset_makes_the_same_replies_again(half):
    hand = half.hand()
    first = [asked(hand.url, request(body=question(n))).data for n in range(20)]
    hand.do(lambda run: run.begin_anew())
    assert [asked(hand.url, request(body=question(n))).data for n in range(20)] == first


def test_a_place_that_is_none_ends_no_run(half):
    hand = half.hand()
    asked(hand.url)
    with pytest.raises(UsageError):
        hand.do(lambda run: run.begin_anew(at="nowhere"))
    assert len(hand.journal) == 1


def test_a_fault_that_raises_is_told_to_the_client_and_kept(chaos_server, capfd):
    def answers(_request):
        raise RuntimeError("no idea")

    chaos_server.on("anthropic").answers(answers)
    told = asked(chaos_server.url)
    assert told.status == 500
    assert "no reply to POST /anthropic/v1/messages: RuntimeError('no idea')" in str(told.json)
    problems = asked(chaos_server.url, request("/__chaos/state", b"", "GET")).json["server"]
    assert "RuntimeError('no idea')" in problems["problems"][0]
    assert "no idea" in capfd.readouterr().err


def test_a_run_that_was_ended_begins_afresh():
    with ServerThread(Settings(clock="manual", limits=Limits(runs=2))) as thread:
        url = thread.hand().url
        asked(url, request(x_chaos_run="one"))
        asked(url, request("/__chaos/runs?run=one", b"", "DELETE"))
        asked(url, request(x_chaos_run="two"))
        assert len(thread.hand("two").journal) == 1
