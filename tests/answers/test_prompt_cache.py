"""B6: the tokens that are read from a vendor's prompt cache follow what was asked before."""

from __future__ import annotations

import time

import anthropic
import boto3
import httpx2
import openai
import pytest

from chaos_llm import outage
from chaos_llm.faults import cut_stream, overloaded
from chaos_llm.protocol.messages import Completion, Usage

LONG = "All of the terms of delivery, in every detail. " * 400  # about 4,700 tokens
SHORT = "Be brief."
MARK = {"type": "ephemeral"}
HOUR = {"type": "ephemeral", "ttl": "1h"}


def claude(question="Hi", system=LONG, mark=MARK, model="claude-sonnet-5", **more):
    block = {"type": "text", "text": system} | ({"cache_control": mark} if mark else {})
    turns = more.pop("messages", [{"role": "user", "content": question}])
    reply = anthropic.Anthropic(api_key="k", max_retries=0).messages.create(
        model=model, max_tokens=99, system=[block], messages=turns, **more
    )
    usage = reply.usage
    return usage.cache_creation_input_tokens, usage.cache_read_input_tokens, usage.input_tokens


def gpt(question="Hi", system=LONG, key="k"):
    turns = [{"role": "system", "content": system}, {"role": "user", "content": question}]
    reply = openai.OpenAI(api_key=key, max_retries=0).chat.completions.create(
        model="gpt-5.4", messages=turns
    )
    return reply.usage.prompt_tokens_details.cached_tokens


def test_claude_writes_what_is_marked_and_reads_it_the_next_time():
    with outage():
        written, read, fresh = claude("Where is it?")
        assert written > 4000
        assert read == 0
        assert fresh < 100
        assert claude("And when does it come?")[:2] == (0, written)


def test_claude_caches_nothing_that_is_not_marked_or_is_short():
    with outage():
        for options in ({"mark": None}, {"system": SHORT}):
            for _ in range(2):
                assert claude(**options)[:2] == (0, 0)


def test_the_least_that_is_cached_depends_on_the_model():
    some = LONG[: 4 * 2000]
    with outage():
        assert claude(system=some)[0] > 1900
        assert claude(system=some, model="claude-opus-4-6")[0] == 0


def test_a_mark_that_moves_on_reads_what_came_before_and_writes_the_rest():
    said = [{"type": "text", "text": LONG.upper(), "cache_control": MARK}]
    with outage():
        first = claude()[0]
        turns = [{"role": "user", "content": said}]
        written, read, _ = claude(messages=turns)
        assert read == first
        assert 0.9 < written / first < 1.1


def test_a_prompt_is_kept_for_five_minutes_or_for_an_hour():
    for mark, kept, gone in ((MARK, 290, 310), (HOUR, 3500, 3700)):
        with outage():
            assert claude(mark=mark)[0] > 0
            time.sleep(kept)
            assert claude(mark=mark)[1] > 0
            time.sleep(gone)
            assert claude(mark=mark)[1] == 0


def test_openai_caches_by_itself_in_steps_of_128_tokens():
    with outage():
        assert gpt("Where is it?") == 0
        cached = gpt("And when does it come?")
        assert cached > 4000
        assert cached % 128 == 0
        assert gpt("Hi", system=SHORT) == 0
        assert gpt("Hi", key="another") == 0


def test_a_fallback_that_was_not_asked_before_pays_for_the_whole_prompt():
    with outage() as chaos:
        claude()
        warm = claude()[1]
        chaos.on("anthropic").inject(overloaded())
        with pytest.raises(anthropic.APIStatusError):
            claude()
        assert warm > 4000
        assert gpt() == 0


def test_what_a_provider_refuses_is_not_cached_and_what_it_breaks_off_is():
    for fault, cached in ((overloaded(), False), (cut_stream(), True)):
        with outage() as chaos:
            chaos.on("anthropic").inject(fault, times=1)
            with pytest.raises((anthropic.APIError, httpx2.HTTPError)):
                list(anthropic_stream())
            assert (claude()[1] > 0) == cached


def anthropic_stream():
    client = anthropic.Anthropic(api_key="k", max_retries=0)
    system = [{"type": "text", "text": LONG, "cache_control": MARK}]
    turns = [{"role": "user", "content": "Hi"}]
    with client.messages.stream(
        model="claude-sonnet-5", max_tokens=99, system=system, messages=turns
    ) as events:
        yield from events


def test_converse_caches_up_to_its_cache_points():
    client = boto3.client(
        "bedrock-runtime",
        region_name="us-east-1",
        aws_access_key_id="a",
        aws_secret_access_key="b",
    )

    def usage(*points):
        return client.converse(
            modelId="anthropic.claude-sonnet-4-5-20250929-v1:0",
            system=[{"text": LONG}, *points],
            messages=[{"role": "user", "content": [{"text": "Hi"}]}],
        )["usage"]

    point = {"cachePoint": {"type": "default"}}
    with outage():
        assert usage(point)["cacheWriteInputTokens"] > 4000
        assert usage(point)["cacheReadInputTokens"] > 4000
    with outage():
        assert [usage().get("cacheReadInputTokens", 0) for _ in range(2)] == [0, 0]


def test_a_usage_that_a_test_has_chosen_stays():
    with outage() as chaos:
        chaos.on("anthropic").answers(Completion("Hello.", usage=Usage(7, 3)))
        assert [claude() for _ in range(2)] == [(0, 0, 7)] * 2
