"""B1: a failover that ships one vendor's turns to another as they are is no failover."""

from __future__ import annotations

import pytest
from support.failover_pairs import VENDORS, FallsOver
from support.small_profiles import MINUTE, profile_of, window

from chaos_llm import outage
from chaos_llm.checks import falls_back
from chaos_llm.faults import overloaded, rate_limited
from chaos_llm.profiles.model import Target
from chaos_llm.reports.report import CheckFailed

QUESTIONS = ["When do you open?", "Where is my parcel?"]
PARTS = "'text', 'image_url', 'input_audio', 'refusal', 'audio', and 'file'."
INPUTS = "'input_text', 'input_image', 'input_audio', 'output_text', "

# From, to, what the report says of it, and the vendor's own sentence.
PAIRS = (
    (
        "openai chat",
        "anthropic",
        "Anthropic takes no role 'tool' (messages.2.role)",
        'messages: Unexpected role "tool". Allowed roles are "user" or "assistant"',
    ),
    (
        "openai responses",
        "anthropic",
        "Anthropic wants a field (messages.1.role)",
        "messages.1.role: Field required",
    ),
    (
        "gemini",
        "anthropic",
        "Anthropic takes no role 'model' (messages.1.role)",
        'messages: Unexpected role "model". Allowed roles are "user" or "assistant"',
    ),
    (
        "bedrock",
        "anthropic",
        "Anthropic wants a field (messages.0.content.0.type)",
        "messages.0.content.0.type: Field required",
    ),
    (
        "anthropic",
        "openai chat",
        "OpenAI takes no content part 'tool_use' (messages.2.content.0.type)",
        f"Invalid value: 'tool_use'. Supported values are: {PARTS}",
    ),
    (
        "openai responses",
        "openai chat",
        "OpenAI wants a field (messages.2.role)",
        "Missing required parameter: 'messages[2].role'.",
    ),
    (
        "gemini",
        "openai chat",
        "OpenAI takes no role 'model' (messages.2.role)",
        "Invalid value: 'model'. Supported values are: 'system', 'assistant', 'user', 'function', "
        "'tool', and 'developer'.",
    ),
    (
        "bedrock",
        "openai chat",
        "OpenAI wants a field (messages.1.content.0.type)",
        "Missing required parameter: 'messages[1].content[0].type'.",
    ),
    (
        "anthropic",
        "openai responses",
        "OpenAI takes no content part 'tool_use' (input.1.content.0.type)",
        f"Invalid value: 'tool_use'. Supported values are: {INPUTS}",
    ),
    (
        "openai chat",
        "openai responses",
        "OpenAI takes no role 'tool' (input.2)",
        "Invalid value: 'tool'. Supported values are: 'assistant', 'system', 'developer', and "
        "'user'.",
    ),
    (
        "gemini",
        "openai responses",
        "OpenAI takes no role 'model' (input.1)",
        "Invalid value: 'model'. Supported values are: 'assistant', 'system', 'developer', and "
        "'user'.",
    ),
    (
        "bedrock",
        "openai responses",
        "OpenAI takes no content part '' (input.0.content.0.type)",
        f"Invalid value: ''. Supported values are: {INPUTS}",
    ),
    *(
        (
            first,
            "gemini",
            f"Gemini knows no field '{field}' here (contents.{index}.{field})",
            f"Invalid JSON payload received. Unknown name \"{field}\" at 'contents[{index}]': "
            "Cannot find field.",
        )
        for first, field, index in (
            ("anthropic", "content", 0),
            ("openai chat", "content", 0),
            ("openai responses", "content", 0),
            ("bedrock", "content", 0),
        )
    ),
    (
        "anthropic",
        "bedrock",
        "Bedrock wants a list of blocks as content (messages.0.content)",
        "Unexpected value type in payload",
    ),
    (
        "openai chat",
        "bedrock",
        "Bedrock takes no role 'tool' (messages.2.role)",
        "1 validation error detected: Value 'tool' at 'messages.3.member.role' failed to satisfy "
        "constraint: Member must satisfy enum value set: [user, assistant]",
    ),
    (
        "openai responses",
        "bedrock",
        "Bedrock takes no role 'null' (messages.1.role)",
        "1 validation error detected: Value 'null' at 'messages.2.member.role' failed to satisfy "
        "constraint: Member must satisfy enum value set: [user, assistant]",
    ),
    (
        "gemini",
        "bedrock",
        "Bedrock takes no role 'model' (messages.1.role)",
        "1 validation error detected: Value 'model' at 'messages.2.member.role' failed to satisfy "
        "constraint: Member must satisfy enum value set: [user, assistant]",
    ),
)
# Both are OpenAI's: where one of them falls over to the other, its path alone is down.
PATHS = {"openai chat": "/v1/chat/completions", "openai responses": "/v1/responses"}


def replayed(first, second, **options):
    """Twenty minutes without the first vendor, which fails in two ways: one alone is not judged."""
    app = FallsOver(VENDORS[first], VENDORS[second], **options)
    target = Target(VENDORS[first].provider)
    if VENDORS[second].provider == target.provider:
        target = Target(VENDORS[first].provider, path=PATHS[first])
    down = window(overloaded(), rate_limited(), ends=20 * MINUTE, on=target)
    with outage(profile_of(down), seed=3) as chaos:
        return chaos.replay(app, every="1m", warmup="10m", recovery="10m", prompts=QUESTIONS)


@pytest.mark.parametrize(("first", "second", "reason", "sentence"), PAIRS)
def test_b1_turns_that_are_shipped_as_they_are_fail_the_check_in_the_vendors_words(
    first, second, reason, sentence
):
    report = replayed(first, second, converts=False)
    assert report.counts["failed"] == 20
    assert report.counts["fallback"] == 0
    assert report.grades["rescued"] == 0
    said = {exchange.error_message for exchange in report.run.exchanges if exchange.broken_rule}
    assert any(text.startswith(sentence) for text in said), said
    assert f": {reason}" in report.timeline(width=1000)
    with pytest.raises(CheckFailed) as failed:
        report.check(falls_back())
    assert f" refused 20 fallback requests: {reason}" in str(failed.value)


@pytest.mark.parametrize(("first", "second"), [pair[:2] for pair in PAIRS])
def test_b1_turns_that_are_converted_pass(first, second):
    report = replayed(first, second)
    assert report.counts["failed"] == 0
    assert report.answered == 1.0
    assert not any(exchange.broken_rule for exchange in report.run.exchanges)
    report.check(falls_back())


def test_every_pair_of_five_apis_is_there():
    assert {pair[:2] for pair in PAIRS} == {(a, b) for a in VENDORS for b in VENDORS if a != b}
