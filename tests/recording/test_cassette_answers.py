"""The answers of a cassette are a provider's healthy answers, with the outage on top."""

from __future__ import annotations

import json

import anthropic
import openai
import pytest
import yaml
from support.libraries import library

from chaos_llm import outage
from chaos_llm.errors import UsageError
from chaos_llm.faults import overloaded

CLAUDE = "https://api.anthropic.com/v1/messages"
CHAT = "https://api.openai.com/v1/chat/completions"
RESPONSES = "https://api.openai.com/v1/responses"


def claude_says(text):
    content = [{"type": "text", "text": text}]
    return json.dumps(
        {
            "id": "msg_1",
            "type": "message",
            "role": "assistant",
            "model": "claude-sonnet-5-5",
            "content": content,
            "stop_reason": "end_turn",
            "usage": {"input_tokens": 12, "output_tokens": 7},
        }
    )


def chat_says(text):
    choice = {"index": 0, "message": {"role": "assistant", "content": text}}
    return json.dumps(
        {"object": "chat.completion", "choices": [choice | {"finish_reason": "stop"}]}
    )


def question(text):
    return [{"role": "user", "content": text}]


@pytest.fixture
def cassette(tmp_path):
    """Write a cassette of (url, request's body, reply's body[, status])."""

    def write(*recorded, name="x.yaml"):
        interactions = [
            {
                "request": {"method": "POST", "uri": url, "headers": {}, "body": json.dumps(asked)},
                "response": {
                    "status": {"code": (*status, 200)[0], "message": ""},
                    "headers": {"content-type": ["application/json"]},
                    "body": {"string": said},
                },
            }
            for url, asked, said, *status in recorded
        ]
        path = tmp_path / name
        path.write_text(yaml.safe_dump({"interactions": interactions, "version": 1}))
        return path

    return write


def ask_claude(text, retries=2):
    client = anthropic.Anthropic(api_key="k", max_retries=retries)
    reply = client.messages.create(
        model="claude-sonnet-5-5", max_tokens=100, messages=question(text)
    )
    return reply.content[0].text


def ask_gpt(text):
    client = openai.OpenAI(api_key="k")
    reply = client.chat.completions.create(model="gpt-5.2", messages=question(text))
    return reply.choices[0].message.content


def asked(text):
    return {"model": "claude-sonnet-5-5", "max_tokens": 100, "messages": question(text)}


def test_requests_get_the_answers_of_their_own_bodies(cassette):
    tape = cassette(
        (CLAUDE, asked("one"), claude_says("first")), (CLAUDE, asked("two"), claude_says("second"))
    )
    with outage() as chaos:
        chaos.on("anthropic").answers(cassette=tape)
        assert [ask_claude("two"), ask_claude("one"), ask_claude("two")] == [
            "second",
            "first",
            "second",
        ]


def test_other_bodies_get_the_answers_in_order_and_a_retry_is_not_the_next_question(cassette):
    tape = cassette((CLAUDE, {}, claude_says("first")), (CLAUDE, {}, claude_says("second")))
    with outage() as chaos:
        chaos.on("anthropic").answers(cassette=str(tape)).inject(overloaded(), times=2)
        assert ask_claude("what?") == "first"
        assert ask_claude("and then?") == "second"
        assert ask_claude("and now?") == "second"


def test_the_outage_is_on_top(cassette):
    tape = cassette((CLAUDE, {}, claude_says("fine")))
    with outage("anthropic-529-storm", at="33m") as chaos:
        chaos.on("anthropic").answers(cassette=tape)
        with pytest.raises(anthropic.APIStatusError):
            ask_claude("one", retries=0)


def test_failures_and_other_vendors_in_a_cassette_are_left_out(cassette):
    tape = cassette(
        (CLAUDE, {}, json.dumps({"type": "error"}), 529),
        (CHAT, {}, chat_says("of GPT")),
        (CLAUDE, {}, claude_says("of Claude")),
    )
    with outage() as chaos:
        chaos.on("anthropic").answers(cassette=tape)
        chaos.on("openai").answers(cassette=tape)
        assert ask_claude("one") == "of Claude"
        assert ask_gpt("one") == "of GPT"


def test_streams_and_tool_calls_of_a_cassette_are_answers(cassette):
    events = [
        {"type": "message_start", "message": {"usage": {"input_tokens": 5}}},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        {"type": "content_block_delta", "index": 0, "delta": {"text": "Let me "}},
        {"type": "content_block_delta", "index": 0, "delta": {"text": "see."}},
        {
            "type": "content_block_start",
            "index": 1,
            "content_block": {"type": "tool_use", "id": "t", "name": "look", "input": {}},
        },
        {"type": "content_block_delta", "index": 1, "delta": {"partial_json": '{"order": "'}},
        {"type": "content_block_delta", "index": 1, "delta": {"partial_json": 'KX"}'}},
        {"type": "message_delta", "delta": {"stop_reason": "tool_use"}, "usage": {}},
    ]
    stream = "".join(f"event: {e['type']}\ndata: {json.dumps(e)}\n\n" for e in events)
    tape = cassette((CLAUDE, {}, stream))
    tool = {"name": "look", "input_schema": {"type": "object", "properties": {"order": {}}}}
    with outage() as chaos:
        chaos.on("anthropic").answers(cassette=tape)
        reply = anthropic.Anthropic(api_key="k").messages.create(
            model="claude-sonnet-5-5", max_tokens=100, messages=question("?"), tools=[tool]
        )
    assert reply.content[0].text == "Let me see."
    assert reply.content[1].input == {"order": "KX"}


def test_a_cassette_without_answers_and_no_cassette_at_all_say_so(cassette, tmp_path):
    with outage() as chaos:
        with pytest.raises(UsageError, match="has no answer of openai"):
            chaos.on("openai").answers(cassette=cassette((CLAUDE, {}, claude_says("x"))))
        with pytest.raises(UsageError, match=r"^[^ ]*: No such file"):
            chaos.on("openai").answers(cassette=tmp_path / "never.yaml")
        with pytest.raises(UsageError, match="one of them"):
            chaos.on("openai").answers()


def test_an_existing_suite_with_cassettes_is_played_on_an_outage_unchanged(pytester, cassette):
    library("vcr")
    tape = cassette((CLAUDE, asked("one"), claude_says("as it was recorded")))
    pytester.makepyfile(
        f"""
        import anthropic, vcr

        def test_it():
            with vcr.use_cassette({str(tape)!r}, record_mode="none"):
                reply = anthropic.Anthropic(api_key="k", max_retries=0).messages.create(
                    model="claude-sonnet-5-5", max_tokens=100,
                    messages=[{{"role": "user", "content": "one"}}])
            assert reply.content[0].text == "as it was recorded"
        """
    )
    pytester.makeini("[pytest]\nasyncio_default_fixture_loop_scope = function\n")
    options = ("-p", "no:randomly", "-p", "no:cacheprovider", "-Werror")
    pytester.runpytest_subprocess(*options).assert_outcomes(passed=1)
    pytester.runpytest_subprocess(*options, "--chaos", "healthy-medians-2026").assert_outcomes(
        passed=1
    )
    failed = pytester.runpytest_subprocess(*options, "--chaos", "anthropic-529-storm")
    failed.assert_outcomes(failed=1)
    failed.stdout.fnmatch_lines("*OverloadedError*")
