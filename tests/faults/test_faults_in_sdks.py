"""How the vendors' SDKs react to a fault: a table with a row per fault and a column per request.

A cell is the name of the exception, or without one the result: the `whole` answer, a `part` of it,
`other` words, a text that is `no model` of the SDK, or `nothing`. A cell in brackets is the whole
answer: (-) the fault had no effect, (x) the wire format does not support it.
"""

from __future__ import annotations

import json
from collections.abc import Callable

import anthropic
import openai
import pytest

from chaos_llm import faults, outage
from chaos_llm.protocol.messages import Completion, ToolCall, Usage

TEXT = "Your order KX-48213: It left on Monday. It comes by road. Reference R7-20931-K."
ARGUMENTS = '{"to": "bob", "amount": 1000}'
SAID = Completion(TEXT, usage=Usage(20, 20))
CALLED = Completion(tool_calls=(ToolCall("pay", ARGUMENTS),), stop="tool", usage=Usage(20, 9))
HELLO = [{"role": "user", "content": "Hi."}, {"role": "assistant", "content": "Hello."}]
ASKED = [{"role": "user", "content": "Where is order KX-48213?"}]
SCHEMA = {"type": "object", "properties": {"to": {"type": "string"}}}
FUNCTION = {"name": "pay", "parameters": SCHEMA}


def messages(said):
    body = {"model": "claude-opus-4-6", "max_tokens": 100, "messages": said}
    return body | {"tools": [{"name": "pay", "input_schema": SCHEMA}]}


def chat(said):
    return {
        "model": "gpt-5.2",
        "messages": said,
        "tools": [{"type": "function", "function": FUNCTION}],
    }


def responses(said):
    tool = FUNCTION | {"type": "function", "strict": False}
    return {"model": "gpt-5.2", "input": said, "tools": [tool]}


def message(claude, said):
    return _message(claude.messages.create(**messages(said)))


def message_events(claude, said):
    told = ""
    for event in claude.messages.create(stream=True, **messages(said)):
        if event.type == "content_block_delta":
            told += getattr(event.delta, "text", "") or getattr(event.delta, "partial_json", "")
    return told


def message_helper(claude, said):
    with claude.messages.stream(**messages(said)) as stream:
        return _message(stream.get_final_message())


def _message(message):
    if isinstance(message, str):
        return message, "no model"
    blocks = message.content or []
    calls = (json.dumps(block.input) for block in blocks if block.type == "tool_use")
    return "".join(block.text for block in blocks if block.type == "text") + "".join(calls)


def completion(gpt, said):
    completion = gpt.chat.completions.create(**chat(said))
    if isinstance(completion, str):
        return completion, "no model"
    told = [choice.message for choice in completion.choices or ()]
    calls = (call.function.arguments for each in told for call in each.tool_calls or ())
    return "".join(each.content or each.refusal or "" for each in told) + "".join(calls)


def completion_events(gpt, said):
    told = ""
    request = {"stream_options": {"include_usage": True}}
    for chunk in gpt.chat.completions.create(stream=True, **request, **chat(said)):
        for choice in chunk.choices:
            calls = (call.function.arguments or "" for call in choice.delta.tool_calls or ())
            told += (choice.delta.content or choice.delta.refusal or "") + "".join(calls)
    return told


def response(gpt, said):
    return _response(gpt.responses.create(**responses(said)))


def response_events(gpt, said):
    told = ""
    for event in gpt.responses.create(stream=True, **responses(said)):
        told += event.delta if event.type.endswith(".delta") else ""
    return told


def response_helper(gpt, said):
    with gpt.responses.stream(**responses(said)) as stream:
        return _response(stream.get_final_response())


def _response(response):
    if isinstance(response, str):
        return response, "no model"
    items = response.output or []
    calls = (item.arguments for item in items if item.type == "function_call")
    parts = (part for item in items if item.type == "message" for part in item.content)
    return "".join(getattr(part, "text", "") or part.refusal for part in parts) + "".join(calls)


WAYS: dict[str, list[Callable]] = {
    "anthropic": [message, message_events, message_helper],
    "openai": [completion, completion_events, response, response_events, response_helper],
}


def everywhere(cell, of_openai=None):
    return [cell] * 3 + [of_openai or cell] * 5


def row(cells):
    """The cells of a row: message, its events, its helper | chat, its events | response, ..."""
    return cells.replace("|", " ").replace("no model", "no_model").split()


REFUSED = everywhere("APIConnectionError")
STREAMS_ONLY = "(x) {0} {1} | (x) {0} | (x) {0} {2}"
WHOLE_ONLY = "{0} (x) (x) | {0} (x) | {0} (x) (x)"
EMPTY = "{0} nothing AssertionError | {1} nothing | {1} nothing RuntimeError"

ROWS = {
    faults.dns_failure(): REFUSED,
    faults.connect_timeout(): everywhere("APITimeoutError"),
    faults.tls_failure(): REFUSED,
    faults.reset_connection(larger_than=10): REFUSED,
    faults.reset_connection(larger_than=99_999): everywhere("(-)"),
    faults.reset_reused_connection(): everywhere("(-)"),
    faults.short_body(): row(WHOLE_ONLY.format("APIConnectionError")),
    faults.wrong_content_type(): everywhere("whole"),
    faults.invalid_json(): row(WHOLE_ONLY.format("JSONDecodeError")),
    faults.empty_body(): row(EMPTY.format("JSONDecodeError", "JSONDecodeError")),
    faults.error_in_200(): row(EMPTY.format("nothing", "nothing")),
    faults.html_in_200(): row(EMPTY.format("no_model", "no_model")),
    faults.challenge_page(): everywhere("PermissionDeniedError"),
    faults.envoy_503(): everywhere("ServiceUnavailableError", "InternalServerError"),
    faults.wrong_refusal(400): everywhere("BadRequestError"),
    faults.wrong_refusal(403): everywhere("PermissionDeniedError"),
    faults.wrong_refusal(404): everywhere("NotFoundError"),
    faults.wrong_refusal(409): everywhere("ConflictError"),
    faults.wrong_refusal(413): everywhere("ContentTooLargeError", "APIStatusError"),
    faults.wrong_refusal(422): everywhere("UnprocessableEntityError"),
    faults.auth_expired(message="User not found"): everywhere("AuthenticationError"),
    faults.insufficient_quota(): everywhere("BadRequestError", "RateLimitError"),
    faults.ping_only(): row(STREAMS_ONLY.format("whole", "whole", "whole")),
    faults.error_mid_stream(after=0): row(
        "(x) APIStatusError APIStatusError | (x) APIError | (x) APIError APIError"
    ),
    faults.cut_stream(by="end"): row(STREAMS_ONLY.format("part", "part", "RuntimeError")),
    faults.missing_terminal_event(): row(STREAMS_ONLY.format("whole", "whole", "RuntimeError")),
    faults.half_event(): row(STREAMS_ONLY.format("part", "part", "RuntimeError")),
    faults.malformed_chunk(): row(STREAMS_ONLY.format(*["JSONDecodeError"] * 3)),
    faults.lost_chunk(): row(STREAMS_ONLY.format("other", "other", "whole")),
    faults.doubled_chunk(): row(STREAMS_ONLY.format("other", "other", "whole")),
    faults.reordered_chunks(): row(STREAMS_ONLY.format("other", "other", "whole")),
    faults.foreign_script(): everywhere("other"),
    faults.dropped_top_token(): everywhere("other"),
    faults.other_pool_answer(): everywhere("other"),
    faults.shortened_answer(): everywhere("other"),
    faults.refusal(): everywhere("other"),
    faults.lost_history(): everywhere("(-)"),
    faults.missing_usage(): row("whole whole AttributeError | whole whole | whole whole whole"),
    faults.unknown_tool(): everywhere("(-)"),
}
WITH_TOOLS = {
    faults.broken_tool_arguments(): row("(x) other ValueError | other other | other other other"),
    faults.truncated_tool_arguments(): everywhere("other"),
    faults.unknown_tool(): everywhere("whole"),  # under another name
    faults.error_mid_stream(within="tool"): row(
        "(x) APIStatusError APIStatusError | (x) APIError | (x) APIError APIError"
    ),
    faults.cut_stream(by="end", after=0.99): row(
        "(x) part other | (x) part | (x) part RuntimeError"
    ),
}


def seen(provider, ask, fault, answer, said=ASKED):
    """What the app sees of one request, as a word of the table."""
    sdk = anthropic.Anthropic if provider == "anthropic" else openai.OpenAI
    with outage() as chaos:
        chaos.on(provider).inject(fault).answers(answer)
        try:
            told = ask(sdk(max_retries=0), said)
        except Exception as error:
            return type(error).__name__
        (effect,) = {met.effect for met in chaos.journal[-1].fault_effects}
    if isinstance(told, tuple):
        return "no_model"
    word = compared(told, TEXT if answer is SAID else ARGUMENTS)
    if effect == "applied":
        return word
    assert word == "whole"
    return {"no_effect": "(-)", "unsupported": "(x)"}[effect]


def compared(told, healthy):
    if told == healthy:
        return "whole"
    if not told:
        return "nothing"
    return "part" if healthy.startswith(told) else "other"


def seen_by_all(fault, answer, said=ASKED):
    return [seen(sdk, ask, fault, answer, said) for sdk, ways in WAYS.items() for ask in ways]


@pytest.mark.exhaustive(sample=16)
@pytest.mark.parametrize("fault", ROWS, ids=repr)
def test_the_sdks_react_as_the_table_says(fault):
    assert seen_by_all(fault, SAID) == ROWS[fault]


@pytest.mark.parametrize("fault", WITH_TOOLS, ids=repr)
def test_the_sdks_read_a_tool_call_as_the_table_says(fault):
    assert seen_by_all(fault, CALLED) == WITH_TOOLS[fault]


def test_a_conversation_is_forgotten_where_there_was_one():
    assert seen_by_all(faults.lost_history(), SAID, HELLO + ASKED) == everywhere("other")


@pytest.mark.parametrize("provider", WAYS)
def test_keep_alives_hold_a_stream_beyond_the_client_s_time_out(provider):
    sdk = anthropic.Anthropic if provider == "anthropic" else openai.OpenAI
    for ask in WAYS[provider][1:2]:
        with outage() as chaos:
            chaos.on(provider).inject(faults.ping_only("10m")).answers(SAID)
            assert ask(sdk(max_retries=0, timeout=30), ASKED) == TEXT
            assert chaos.now == 600
        assert chaos.journal[0].ok


def test_a_stream_without_requested_usage_lacks_nothing():
    with outage() as chaos:
        chaos.on("openai").inject(faults.missing_usage())
        for _ in openai.OpenAI().chat.completions.create(stream=True, **chat(ASKED)):
            pass
    assert chaos.journal[0].fault_effects[0].effect == "no_effect"


def test_a_stream_without_its_last_event_is_still_an_answer():
    with outage() as chaos:
        chaos.on("anthropic").inject(faults.missing_terminal_event())
        message_helper(anthropic.Anthropic(), ASKED)
    assert chaos.journal[0].applied
    assert chaos.journal[0].ok
