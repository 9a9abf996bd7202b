from __future__ import annotations

from dataclasses import replace

import anthropic
import pytest

from chaos_llm import outage
from chaos_llm.faults import error_mid_stream
from chaos_llm.protocol.messages import Break, Refusal


def test_the_answer_breaks_after_a_share_of_it(answer, fault_context):
    applied = error_mid_stream(after=0.25, kind="server_error").on_answer(answer, fault_context)
    assert applied == replace(answer, broken_by=Break(0.25, Refusal("server_error")))


def test_it_is_an_overload_in_the_middle_by_default(answer, fault_context):
    applied = error_mid_stream().on_answer(answer, fault_context)
    assert applied.broken_by == Break(0.5, Refusal("overloaded"))


def test_it_may_break_within_the_arguments_of_a_tool(calling, fault_context):
    applied = error_mid_stream(within="tool").on_answer(calling, fault_context)
    assert applied.broken_by == Break(0.5, Refusal("overloaded"), "tool")


def test_an_answer_without_a_tool_call_has_no_arguments_to_break(answer, fault_context):
    assert error_mid_stream(within="tool").on_answer(answer, fault_context) is answer


@pytest.mark.parametrize("text", ["", "Let me look into that for you."])
@pytest.mark.parametrize("after", [0, 0.5, 1])
def test_the_error_comes_in_the_middle_of_the_json(after, text, calling):
    with outage() as chaos:
        chaos.on("anthropic").answers(replace(calling, text=text))
        chaos.on("anthropic").inject(error_mid_stream(after=after, within="tool"))
        shown = ""
        with pytest.raises(anthropic.APIStatusError):
            for event in stream_of_events():
                shown += getattr(getattr(event, "delta", None), "partial_json", "")
    assert "" != shown != calling.tool_calls[0].arguments
    assert calling.tool_calls[0].arguments.startswith(shown)


def test_before_the_first_token_nothing_of_the_answer_comes(answer):
    with outage() as chaos:
        chaos.on("anthropic").answers(answer)
        chaos.on("anthropic").inject(error_mid_stream(after=0))
        kinds = []
        with pytest.raises(anthropic.APIStatusError):
            for event in stream_of_events():
                kinds.append(event.type)  # noqa: PERF401 - what came before the error counts
    assert kinds[0] == "message_start"
    assert "content_block_delta" not in kinds


def stream_of_events():
    return anthropic.Anthropic().messages.create(
        model="m", max_tokens=9, messages=[{"role": "user", "content": "hi"}], stream=True
    )


def test_the_bytes_are_left_to_the_provider(stream, fault_context):
    assert error_mid_stream().on_reply(stream, fault_context) is stream
