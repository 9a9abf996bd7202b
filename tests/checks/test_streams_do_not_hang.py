"""`streams_do_not_hang` fails an app that waits too long for a silent stream."""

from __future__ import annotations

import asyncio

import anthropic
import openai
import pytest
from support.apps.bots import MODEL, SECOND_MODEL, ask_once, claude
from support.apps.defended import APOLOGY, claude_async
from support.apps.failover import found, stream_claude, talk
from support.small_profiles import MINUTE, profile_of, window

from chaos_llm import outage
from chaos_llm.checks import streams_do_not_hang
from chaos_llm.errors import UsageError
from chaos_llm.faults import (
    cut_stream,
    hang,
    latency,
    overloaded,
    ping_only,
    slow_tokens,
    stall_mid_stream,
)
from chaos_llm.profiles.model import Target


def patient(question):
    """Waits for each chunk as long as the SDK does by default: ten minutes."""
    with claude(max_retries=0).messages.stream(
        model=MODEL, max_tokens=300, messages=talk(question)
    ) as stream:
        yield from stream.text_stream


def impatient(question, limit=20.0):
    """Gives up a stream if the next content takes too long, despite keep-alives."""

    async def read():
        shown = []
        client = anthropic.AsyncAnthropic(max_retries=0)
        request = client.messages.stream(model=MODEL, max_tokens=300, messages=talk(question))
        async with client, request as stream:
            words = stream.text_stream
            while True:
                async with asyncio.timeout(limit):
                    piece = await anext(words, None)
                if piece is None:
                    return "".join(shown)
                shown.append(piece)

    try:
        return asyncio.run(read())
    except (TimeoutError, anthropic.APIError):
        return APOLOGY


@pytest.mark.parametrize("fault", [hang(), stall_mid_stream(), ping_only(120, every=15)], ids=repr)
def test_an_app_without_a_time_limit_fails(fault):
    finding = found(streams_do_not_hang(), patient, fault, every="5m")
    assert finding.verdict == "fail"
    assert "waited longer for content than 30 s" in finding.seen
    assert finding.at >= 0.0


def test_pings_reset_a_read_timeout_and_are_no_progress():
    finding = found(streams_do_not_hang(), stream_claude, ping_only(120, every=15), every="5m")
    assert finding.verdict == "fail"
    assert finding.seen.endswith("the longest 2 min")


@pytest.mark.parametrize("fault", [hang(), stall_mid_stream()], ids=repr)
def test_a_read_timeout_passes_where_nothing_comes(fault):
    finding = found(streams_do_not_hang(), stream_claude, fault, every="5m")
    assert finding.verdict == "pass"
    assert finding.seen == "calls closed streams without content after at most 20 s"


@pytest.mark.parametrize("fault", [stall_mid_stream(), ping_only(120, every=15)], ids=repr)
def test_a_limit_on_the_next_words_passes(fault):
    assert found(streams_do_not_hang(), impatient, fault, every="5m").verdict == "pass"


@pytest.mark.parametrize(
    "fault", [overloaded(), cut_stream(), slow_tokens(1), latency(seconds=3)], ids=repr
)
def test_it_is_not_applicable_where_no_stream_fell_silent(fault):
    finding = found(streams_do_not_hang(), stream_claude, fault, every="5m")
    assert finding.verdict == "not applicable"


def test_a_slow_whole_answer_is_no_stream():
    finding = found(streams_do_not_hang(), ask_once, latency(seconds=50), every="5m")
    assert finding.verdict == "not applicable"
    assert finding.seen == "nothing was streamed"


def test_another_vendors_comments_are_no_progress_either():
    def gpt_stream(question):
        client = openai.OpenAI(max_retries=0, timeout=20)
        for chunk in client.chat.completions.create(
            model=SECOND_MODEL, messages=talk(question), stream=True
        ):
            yield chunk.choices[0].delta.content or ""

    bad = profile_of(window(ping_only(120, every=15), ends=20 * MINUTE, on=Target("openai")))
    with outage(bad, seed=3) as chaos:
        report = chaos.replay(gpt_stream, every="5m", warmup="10m", recovery="10m")
        assert streams_do_not_hang()(report.run).verdict == "fail"
        assert streams_do_not_hang(idle="3m")(report.run).verdict == "not applicable"


def test_a_limit_is_a_duration():
    with pytest.raises(UsageError):
        streams_do_not_hang(idle="long")


@pytest.mark.parametrize(("limit", "verdict"), [(45, "pass"), (None, "fail")])
def test_by_default_a_longer_deadline_of_the_app_around_its_streams_counts(limit, verdict):
    async def app(question):
        request = claude_async(0).messages.stream(
            model=MODEL, max_tokens=300, messages=talk(question)
        )
        try:
            async with asyncio.timeout(limit), request as stream:
                return "".join([piece async for piece in stream.text_stream])
        except TimeoutError:
            return APOLOGY

    with outage(profile_of(window(ping_only(120, every=15), ends=20 * MINUTE)), seed=3) as chaos:
        run = chaos.replay(app, every="5m").run
    assert streams_do_not_hang.with_learned_idle(run)(run).verdict == verdict
    assert streams_do_not_hang("30s")(run).verdict == "fail"
