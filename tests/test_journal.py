"""The journal of requests."""

from __future__ import annotations

import json

import pytest
from support.apps.bots import ask

from chaos_llm import outage
from chaos_llm.decisions.plan import Decision, Draw
from chaos_llm.faults import latency, overloaded, rate_limited
from chaos_llm.journal.exchange_kinds import exchange_kind_of
from chaos_llm.journal.journal import Exchange, Journal
from chaos_llm.protocol.messages import Request
from chaos_llm.requests.correlation import Key

KEY = Key(0, 0, "anthropic", "/v1/messages", 0)
SLOW = Decision((Draw("w", latency(seconds=3), 0.1, 0.5),))


def request(provider="anthropic"):
    return Request(provider, "messages", "api", "", "/v1/messages", "claude-sonnet-5-5")


def exchange(**facts):
    made = Exchange(0, 0.0, exchange_kind_of(request()), KEY, SLOW)
    for name, value in facts.items():
        setattr(made, name, value)
    return made


@pytest.mark.parametrize(
    ("facts", "ok", "failed"),
    [
        ({"answered": True, "end": "complete"}, True, False),
        ({"answered": False, "end": "complete"}, False, True),
        ({"answered": True, "end": "timeout", "effects": ("applied",)}, False, True),
        ({"answered": True, "end": "abandoned"}, False, False),
        (
            {"answered": True, "end": "abandoned", "effects": ("applied",), "until": 5.0},
            False,
            True,
        ),
        ({"answered": True, "end": "abandoned", "effects": ("applied",)}, False, False),
        ({"answered": False, "end": "abandoned", "effects": ("applied",)}, False, True),
        ({"answered": True, "end": "open"}, False, False),
    ],
    ids=[
        "answer",
        "refusal",
        "too slow",
        "app hung up",
        "on a slow one",
        "without waiting",
        "on a hang",
        "under way",
    ],
)
def test_a_client_that_leaves_a_healthy_reply_is_no_provider_failure(facts, ok, failed):
    record = exchange(**facts)
    assert (record.ok, record.failed) == (ok, failed)


def test_gaps_are_from_the_end_of_a_request_to_the_start_of_the_next():
    journal = Journal()
    for at, until in ((0.0, 2.0), (9.0, 9.5), (10.0, 11.0)):
        journal.open(at, request(), KEY).until = until
    journal.open(3.0, request("openai"), KEY).until = 4.0
    assert journal.gaps("anthropic") == [7.0, 0.5]
    assert journal.gaps("openai") == []
    assert len(journal) == 4
    assert journal[3].provider == "openai"


def test_a_journal_is_one_json_object_a_line_and_comes_back_in():
    with outage() as chaos:
        chaos.on("anthropic").inject(rate_limited(retry_after=7), times=1)
        ask("hi, order KX-48213 ☕")
        written = chaos.journal.to_jsonl()
    refused, answered = Journal.read(written.splitlines())
    assert written == "".join(
        json.dumps(each, ensure_ascii=False) + "\n" for each in (refused, answered)
    )
    assert refused["status"] == 429
    assert refused["fault_effects"] == [["injected", "rate_limited", "applied"]]
    assert refused["why"] == "injected by the test: rate_limited(retry_after=7)"
    assert answered["answered"]
    assert answered["at"] == 7.0


def test_a_record_holds_neither_prompt_nor_key_nor_answer():
    with outage() as chaos:
        answer = ask("a very private matter")
        (line,) = chaos.journal.to_jsonl().splitlines()
    assert "private" not in line
    assert answer not in line
    assert "sk-" not in line


def test_the_same_seed_gives_the_same_journal_and_another_another():
    def journal(seed):
        with outage("anthropic-529-storm", seed=seed) as chaos:
            chaos.replay(ask, calls=20)
            return chaos.journal.to_jsonl()

    assert journal(1) == journal(1) != journal(2)


def test_the_repr_of_an_exchange_is_short():
    with outage() as chaos:
        chaos.on("anthropic").inject(overloaded(), times=1)
        ask("hi")
        assert repr(chaos.journal[0]) == "<0 anthropic at 0: 529 complete, overloaded>"
        assert repr(chaos.journal[1]).endswith(": 200 complete, healthy>")


def test_records_with_equal_rare_fields_share_them_and_a_write_changes_one_record_only():
    journal = Journal()
    first, second = (journal.open(0.0, request(), KEY) for _ in range(2))
    first.status = second.status = 529
    first.retry_after, second.retry_after = 1, 1.0
    assert (first.status, repr(first.retry_after), repr(second.retry_after)) == (529, "1", "1.0")
    first.error_message = "Overloaded"
    assert (first.error_message, second.error_message) == ("Overloaded", "")
    second.retry_after, second.error_message = 1, "Overloaded"
    assert first._shared is second._shared
    first.opening = "Your order"
    assert (first.opening, second.opening, first.sent_content) == ("Your order", "", None)
