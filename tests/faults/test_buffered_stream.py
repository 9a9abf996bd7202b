from __future__ import annotations

import time

import openai
import pytest

from chaos_llm import outage
from chaos_llm.faults import buffered_stream, slow_tokens


def test_all_bytes_come_at_the_end_of_the_stream(stream, fault_context):
    held = buffered_stream().on_reply(stream, fault_context)
    assert held.wait == pytest.approx(0.6)
    assert {chunk.delay for chunk in held.chunks} == {0.0}
    assert held.body == stream.body


@pytest.mark.parametrize("reply", ["whole", "refused"])
def test_a_reply_that_is_not_streamed_is_unchanged(reply, request, fault_context):
    given = request.getfixturevalue(reply)
    assert buffered_stream().on_reply(given, fault_context) is given


def test_the_first_token_comes_when_the_last_one_does():
    with outage() as chaos:
        chaos.on("openai").inject(slow_tokens(1), buffered_stream())
        began = time.monotonic()
        stream = openai.OpenAI().chat.completions.create(
            model="gpt-5.2", messages=[{"role": "user", "content": "Hi."}], stream=True
        )
        arrivals = {round(time.monotonic() - began, 3) for _ in stream}
    assert len(arrivals) == 1
    assert arrivals.pop() > 2
