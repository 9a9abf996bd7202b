"""B1: a failover that ships one vendor's turns to another as they are is no failover."""

from __future__ import annotations

import pytest
from support.failover_pairs import VENDORS, FallsOver
from support.small_profiles import MINUTE, day, window

from chaos_llm import outage
from chaos_llm.checks import falls_back
from chaos_llm.profiles.model import Target
from chaos_llm.reports.report import CheckFailed

QUESTIONS = ["When do you open?", "Where is my parcel?"]

# From, to, what the report says of it, and the vendor's own sentence.
PAIRS = (
    (
        "openai chat",
        "anthropic",
        "Anthropic takes no role 'tool' (messages.2.role)",
        'messages: Unexpected role "tool". Allowed roles are "user" or "assistant"',
    ),
    (
        "anthropic",
        "openai chat",
        "OpenAI takes no content part 'tool_use' (messages.2.content.0.type)",
        "Invalid value: 'tool_use'. Supported values are: 'text', 'image_url', 'input_audio', "
        "'refusal', 'audio', and 'file'.",
    ),
)


def replayed(first, second, **options):
    """Twenty minutes without the first vendor."""
    app = FallsOver(VENDORS[first], VENDORS[second], **options)
    down = window(ends=20 * MINUTE, on=Target(VENDORS[first].provider))
    with outage(day(down), seed=3) as chaos:
        return chaos.replay(app, every="1m", warmup="10m", recovery="10m", prompts=QUESTIONS)


@pytest.mark.parametrize(("first", "second", "reason", "sentence"), PAIRS)
def test_b1_turns_that_are_shipped_as_they_are_fail_the_check_in_the_vendors_words(
    first, second, reason, sentence
):
    report = replayed(first, second, converts=False)
    with pytest.raises(CheckFailed) as failed:
        report.check(falls_back())
    assert f" refused 20 fallback requests: {reason}" in str(failed.value)
    assert sentence in str(failed.value)
    assert report.counts["failed"] == 20
    assert report.counts["fallback"] == 0
    assert report.grades["rescued"] == 0


@pytest.mark.parametrize(("first", "second"), [pair[:2] for pair in PAIRS])
def test_b1_turns_that_are_converted_pass(first, second):
    report = replayed(first, second)
    report.check(falls_back())
    assert report.counts["fallback"] == report.grades["rescued"] == 20
    assert report.counts["failed"] == 0
