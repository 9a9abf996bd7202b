"""Apps that other tools misjudge: two that are right, and one that is not."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

import anthropic
import pytest
from gallery.claude import CLAUDE
from gallery.gpt import ask_gpt
from support.chat_messages import from_user
from support.small_profiles import MINUTE, profile_of, window

from chaos_llm import outage
from chaos_llm.faults import cut_stream, overloaded
from chaos_llm.reports.report import CheckFailed


def stream_claude_or_ask_gpt(question: str) -> str:
    """A stream that was cut is discarded, and another vendor is called."""
    client = anthropic.Anthropic(max_retries=0)
    with client.messages.stream(
        model=CLAUDE, max_tokens=300, messages=from_user(question)
    ) as stream:
        message = stream.get_final_message()
    return message.content[0].text if message.stop_reason == "end_turn" else ask_gpt(question)


@dataclass
class WithOldAnswers:
    """While the vendor is down, what was said before is said again."""

    client: anthropic.Anthropic = field(default_factory=lambda: anthropic.Anthropic(max_retries=1))
    answers: dict[str, str] = field(default_factory=dict)
    down_until: float = 0.0

    def __call__(self, question: str) -> str:
        if time.monotonic() >= self.down_until:
            try:
                self.answers[question] = self.ask(question)
            except anthropic.APIError:
                self.down_until = time.monotonic() + 60
        return self.answers.get(question, "Please ask again in a few minutes.")

    def ask(self, question: str) -> str:
        message = self.client.messages.create(
            model=CLAUDE, max_tokens=300, messages=from_user(question)
        )
        return message.content[0].text


def ask_claude(question: str) -> str:
    """Retries are the SDK's; nothing remembers that the last forty calls failed."""
    client = anthropic.Anthropic(max_retries=1)
    message = client.messages.create(model=CLAUDE, max_tokens=300, messages=from_user(question))
    return message.content[0].text


def replayed(make, profile, **options):
    """Replay an app that is made in the outage, as one is that a test makes."""
    with outage(profile, seed=3) as chaos:
        return chaos.replay(
            make(), **{"every": "30s", "warmup": "10m", "recovery": "10m", **options}
        )


def verdict_on(check, report):
    return next(f.verdict for f in report.findings if f.check.startswith(check))


def test_a_fallback_after_a_truncated_stream_passes():
    report = replayed(
        lambda: stream_claude_or_ask_gpt,
        profile_of(window(cut_stream(by="end"), share=0.4, ends=20 * MINUTE)),
    )
    report.check()
    assert report.fallback > 0.1
    assert report.answered == 1
    assert verdict_on("answers_are_whole", report) == "pass"


def test_an_old_answer_during_an_outage_passes():
    report = replayed(
        WithOldAnswers, profile_of(window(overloaded(), ends=20 * MINUTE)), stale_after="1m"
    )
    report.check()
    assert report.stale > 0.1
    assert verdict_on("stops_calling", report) == "pass"


def test_no_breaker_over_forty_fresh_prompts_fails():
    report = replayed(
        lambda: ask_claude,
        profile_of(window(overloaded(), ends=20 * MINUTE)),
        prompts="question {}".format,
    )
    with pytest.raises(CheckFailed, match="40 calls in a row used anthropic"):
        report.check()
    assert verdict_on("stops_calling", report) == "fail"
