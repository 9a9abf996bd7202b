"""The pipeline: faults apply in order, and the journal has the effect of each."""

from __future__ import annotations

import time

import anthropic
import httpx2
import openai
import pytest
from support.apps.bots import MODEL, SECOND_MODEL, ask, ask_once
from support.small_profiles import HOUR, profile_of, window

from chaos_llm import outage
from chaos_llm.engine.reply_builder import ReplyBuilder
from chaos_llm.errors import Unsupported
from chaos_llm.faults import (
    Fault,
    auth_expired,
    cut_stream,
    empty_answer,
    error_mid_stream,
    hang,
    html_error_page,
    latency,
    overloaded,
    refuse_connection,
    server_error,
    slow_tokens,
    truncated_answer,
)
from chaos_llm.faults.fault import FaultContext
from chaos_llm.profiles.model import HealthyLatency, Target
from chaos_llm.protocol.keyed_random import KeyedRandom
from chaos_llm.protocol.messages import Completion, Request
from chaos_llm.providers import AnthropicMessages
from chaos_llm.providers.provider import ReplyContext

HI = [{"role": "user", "content": "hi"}]


def stream_once():
    client = anthropic.Anthropic(max_retries=0)
    with client.messages.stream(model=MODEL, max_tokens=300, messages=HI) as stream:
        return "".join(stream.text_stream)


def effects(exchange):
    return [(met.window, met.fault, met.effect) for met in exchange.fault_effects]


def test_a_healthy_request_is_answered_and_recorded():
    with outage() as chaos:
        text = ask_once("where is order KX-48213?")
        (exchange,) = chaos.journal
    assert "KX-48213" in text
    assert exchange.reference in text
    assert (exchange.provider, exchange.api, exchange.surface) == ("anthropic", "messages", "api")
    assert (exchange.status, exchange.end, exchange.ok) == (200, "complete", True)
    assert exchange.model == MODEL
    assert exchange.input_tokens > 0 < exchange.output_tokens
    assert exchange.credential


def test_latency_before_a_529_delays_the_529():
    profile = profile_of(
        window(latency(seconds=3), name="slow"),
        window(latency(seconds=4), name="slower"),
        window(overloaded(), name="busy"),
    )
    with outage(profile) as chaos:
        with pytest.raises(anthropic.OverloadedError):
            ask_once()
        (exchange,) = chaos.journal
        assert chaos.now == exchange.until == 7.0
    assert effects(exchange) == [
        ("slow", "latency", "applied"),
        ("slower", "latency", "applied"),
        ("busy", "overloaded", "applied"),
    ]


def test_latency_after_a_529_is_masked():
    profile = profile_of(window(overloaded(), name="busy"), window(latency(seconds=3), name="slow"))
    with outage(profile) as chaos:
        with pytest.raises(anthropic.OverloadedError):
            ask_once()
        assert chaos.now == 0.0
        assert effects(chaos.journal[0]) == [
            ("busy", "overloaded", "applied"),
            ("slow", "latency", "masked"),
        ]


def test_of_two_faults_that_end_the_reply_the_first_in_the_file_wins():
    profile = profile_of(window(server_error(), name="one"), window(auth_expired(), name="two"))
    with outage(profile) as chaos:
        with pytest.raises(anthropic.InternalServerError):
            ask_once()
        assert [effect for *_, effect in effects(chaos.journal[0])] == ["applied", "masked"]


def test_an_injected_fault_comes_before_those_of_the_file():
    with outage(profile_of(window(overloaded(), name="busy"))) as chaos:
        chaos.on("anthropic").inject(auth_expired())
        with pytest.raises(anthropic.AuthenticationError):
            ask_once()
        assert [met.effect for met in chaos.journal[0].fault_effects] == ["applied", "masked"]


def test_a_fault_that_a_dialect_cannot_express_is_journalled_and_the_clean_reply_sent():
    with outage(profile_of(window(cut_stream(), name="torn"))) as chaos:
        assert ask_once()
        (exchange,) = chaos.journal
    assert effects(exchange) == [("torn", "cut_stream", "unsupported")]
    assert exchange.ok
    assert not exchange.applied


def test_an_unsupported_fault_does_not_mask_the_next_one():
    with outage(profile_of(window(cut_stream(), name="torn"), window(name="busy"))) as chaos:
        with pytest.raises(anthropic.OverloadedError):
            ask_once()
        assert [met.effect for met in chaos.journal[0].fault_effects] == ["unsupported", "applied"]


def test_a_fault_that_changes_nothing_has_no_effect():
    # Without a healthy pace there is nothing to multiply, and an invalid request has no text.
    with outage(profile_of(window(latency(times=10)), window(truncated_answer()))) as chaos:
        assert "Reference" not in ask_once()
        with pytest.raises(anthropic.BadRequestError):
            anthropic.Anthropic().messages.create(model=MODEL, max_tokens=300, messages=[])
        first, second = chaos.journal
    assert [met.effect for met in first.fault_effects] == ["no_effect", "applied"]
    assert [met.effect for met in second.fault_effects] == ["no_effect", "no_effect"]


class LatencyOfStreams(Fault):
    """A fault on bytes that needs a stream; a later 529 leaves it no stream."""

    def on_reply(self, reply, fault_context):
        if not reply.streamed:
            raise Unsupported("no stream")
        return reply.later(fault_context.rng.between(1, 2))


def test_a_fault_that_has_no_effect_on_a_later_answer_is_masked():
    request = Request("anthropic", "messages", "api", "", "/v1/messages", MODEL, stream=True)
    reply_context = ReplyContext(0.0, KeyedRandom("reply_context"))
    builder = ReplyBuilder(
        AnthropicMessages(), request, reply_context, HealthyLatency(), Completion(text="hello you")
    )
    fault_context = FaultContext(request, KeyedRandom("fault_context"))
    builder.apply(LatencyOfStreams(), fault_context)
    late = builder.reply.wait
    assert 1 <= late < 2
    builder.apply(empty_answer(), fault_context)
    assert builder.reply.wait == late  # applied again, with the same random number
    builder.apply(overloaded(), fault_context)
    assert (builder.reply.status, builder.reply.wait) == (529, 0.0)
    assert builder.effects == ["masked", "applied", "applied"]


@pytest.mark.parametrize(
    ("fault", "status", "said"),
    [
        (overloaded(), 529, "Overloaded"),
        (server_error(), 500, "Internal server error"),
        (hang(), 0, ""),
        (refuse_connection(), 0, ""),
    ],
    ids=lambda value: getattr(value, "name", None),
)
def test_the_journal_records_status_and_error_message(fault, status, said):
    with outage(profile_of(window(fault))) as chaos:
        with pytest.raises(anthropic.APIError):
            ask_once(timeout=5)
        (exchange,) = chaos.journal
    assert (exchange.status, exchange.error_message) == (status, said)
    assert exchange.failed
    assert not exchange.answered
    assert not exchange.reference


def test_the_beginning_of_an_html_page_is_its_error_message():
    with outage(profile_of(window(html_error_page()))) as chaos:
        with pytest.raises(anthropic.APIStatusError):
            ask_once()
        assert "<html" in chaos.journal[0].error_message.lower()
        assert len(chaos.journal[0].error_message) <= 200


@pytest.mark.parametrize("api", ["messages", "chat", "responses"])
def test_the_message_of_an_error_in_mid_stream_is_recorded(api):
    on = Target("anthropic"), Target("openai")
    with outage(profile_of(window(error_mid_stream(), on=on))) as chaos:
        with pytest.raises((anthropic.APIError, openai.APIError)):
            {"messages": stream_once, "chat": stream_chat, "responses": stream_responses}[api]()
        (exchange,) = chaos.journal
    assert exchange.status == 200
    assert "overloaded" in exchange.error_message.lower()
    assert exchange.failed


def stream_chat():
    client = openai.OpenAI(max_retries=0)
    stream = client.chat.completions.create(model=SECOND_MODEL, messages=HI, stream=True)
    return "".join(chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices)


def stream_responses():
    stream = openai.OpenAI(max_retries=0).responses.create(
        model=SECOND_MODEL, input="hi", stream=True
    )
    return "".join(getattr(event, "delta", "") for event in stream)


@pytest.mark.parametrize("stream", [stream_once, stream_chat, stream_responses])
def test_a_stream_that_the_sdk_reads_to_its_end_is_complete(stream):
    with outage() as chaos:
        text = stream()
        (exchange,) = chaos.journal
    assert exchange.reference in text
    assert (exchange.end, exchange.ok) == ("complete", True)


def test_no_event_of_a_cut_stream_is_taken_for_an_error_message():
    with outage(profile_of(window(cut_stream()))) as chaos:
        with pytest.raises(httpx2.RemoteProtocolError):
            stream_once()
        (exchange,) = chaos.journal
    assert (exchange.status, exchange.error_message, exchange.end) == (200, "", "closed")
    assert exchange.failed


def test_an_answer_that_a_provider_cut_and_calls_complete_is_silently_corrupted():
    with outage(profile_of(window(truncated_answer()))) as chaos:
        ask_once()
        (exchange,) = chaos.journal
    assert exchange.ok
    assert exchange.silently_corrupted
    assert not exchange.reference


def test_an_answer_with_the_stop_reason_length_is_not_complete():
    with outage(profile_of(window(truncated_answer(admits=True)))) as chaos:
        ask_once()
        (exchange,) = chaos.journal
    assert exchange.failed
    assert not exchange.silently_corrupted


def no_messages(question=""):
    anthropic.Anthropic().messages.create(model=MODEL, max_tokens=300, messages=[])


def no_messages_of_gpt(question=""):
    openai.OpenAI().chat.completions.create(model=SECOND_MODEL, messages=[])


@pytest.mark.parametrize(
    ("app", "error"),
    [
        (no_messages, anthropic.BadRequestError),
        (no_messages_of_gpt, openai.BadRequestError),
    ],
)
def test_a_request_that_the_real_api_would_refuse_is_refused_in_its_own_words(app, error):
    with outage() as chaos:
        with pytest.raises(error) as refused:
            app()
        (exchange,) = chaos.journal
    assert exchange.error_message
    assert exchange.error_message in str(refused.value)
    assert not exchange.fault_effects


def test_bad_json_is_refused_by_the_provider():
    with outage() as chaos:
        address = "https://api.anthropic.com/v1/messages"
        reply = httpx2.post(address, content=b"{", headers={"x-api-key": "k"})
        (exchange,) = chaos.journal
    assert reply.status_code == exchange.status == 400
    assert reply.json()["error"]["type"] == "invalid_request_error"


def test_an_invalid_request_raises_the_sdks_exception_in_a_replay():
    with outage() as chaos:
        report = chaos.replay(no_messages, calls=3)
    assert report.failed == 1.0
    assert {call.error.kind for call in report.run.calls} == {anthropic.BadRequestError}


def test_slow_tokens_make_a_whole_reply_wait_for_their_sum():
    with outage(profile_of(window(slow_tokens(1)))) as chaos:
        text = ask_once()
        assert chaos.now == pytest.approx(len(text.split()) - 1)


def test_a_healthy_provider_has_the_latency_of_its_profile():
    paced = profile_of(
        baseline={"anthropic": HealthyLatency(first_token=0.5, token=0.25)}, ends=HOUR
    )
    with outage(paced) as chaos:
        text = ask_once()
        assert chaos.now == pytest.approx(0.5 + 0.25 * (len(text.split()) - 1))


def test_two_apis_of_one_provider_answer_one_call_with_references_of_their_own():
    def both(question):
        client = openai.OpenAI()
        response = client.responses.create(model=SECOND_MODEL, input=question)
        completion = client.chat.completions.create(
            model=SECOND_MODEL, messages=[{"role": "user", "content": question}]
        )
        return response.output_text + completion.choices[0].message.content

    with outage() as chaos:
        chaos.replay(both, calls=2)
        references = [exchange.reference for exchange in chaos.journal]
    assert len(set(references)) == 4


def test_faults_hit_the_api_that_the_app_called():
    with outage(profile_of(window(on=Target("openai")))) as chaos:
        assert ask("hi")
        assert not chaos.journal[0].fault_effects


def test_a_quota_refuses_requests_over_it_and_is_reported_in_headers(tmp_path):
    path = tmp_path / "small.toml"
    path.write_text(
        'title = "a small quota"\nstarts = 2026-03-02T11:37:00Z\nends = "+1h"\n'
        '[quota.anthropic]\nrequests_per_minute = 2\nevidence = "assumed"\n'
    )
    client_options = {"api_key": "k", "max_retries": 0}
    with outage(path) as chaos:
        client = anthropic.Anthropic(**client_options)
        for _ in range(2):
            _ask(client)
        with pytest.raises(anthropic.RateLimitError) as refused:
            _ask(client)
        assert refused.value.response.headers["retry-after"] == "30"
        assert refused.value.response.headers["anthropic-ratelimit-requests-remaining"] == "0"
        time.sleep(30)
        _ask(client)
        assert [e.status for e in chaos.journal] == [200, 200, 429, 200]


def _ask(client):
    return client.messages.create(
        model="claude-sonnet-5-5", max_tokens=9, messages=[{"role": "user", "content": "hi"}]
    )
