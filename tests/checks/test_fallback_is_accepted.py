"""Does the fallback take what it is sent?"""

from __future__ import annotations

import anthropic
import openai
from support.apps.bots import ask_once
from support.apps.defended import ask_claude_or_gpt, gpt
from support.apps.failover import found
from support.small_profiles import MINUTE, profile_of, window

from chaos_llm import outage
from chaos_llm.checks import fallback_is_accepted
from chaos_llm.faults import overloaded
from chaos_llm.profiles.model import Target


def sends_claudes_form(question):
    """GPT is sent Claude's parameters, which its API does not know."""
    try:
        return ask_once(question)
    except anthropic.APIError:
        said = [{"role": "user", "content": question}]
        body = {"model": "gpt-5.5", "messages": said, "stop_sequences": ["x"], "top_k": 3}
        try:
            return gpt().post("/chat/completions", body=body, cast_to=object)
        except openai.APIError:
            return "We cannot answer just now."


def test_a_healthy_fallback_that_refuses_the_converted_request_fails():
    finding = found(fallback_is_accepted(), sends_claudes_form, overloaded())
    assert finding.verdict == "fail"
    assert finding.seen.startswith("openai refused 20 fallback requests: ")
    assert finding.seen.endswith("in 20 calls")


def test_a_fallback_that_answers_passes():
    finding = found(fallback_is_accepted(), ask_claude_or_gpt, overloaded())
    assert finding.verdict == "pass"
    assert finding.seen == "openai accepted 20 fallback requests"


def test_a_fallback_that_is_down_too_is_not_judged():
    both = Target("anthropic"), Target("openai")
    with outage(profile_of(window(overloaded(), ends=20 * MINUTE, on=both)), seed=3) as chaos:
        finding = fallback_is_accepted()(chaos.replay(ask_claude_or_gpt, every="1m").run)
    assert finding.verdict == "not judged"


def test_it_is_not_applicable_without_a_fallback():
    assert found(fallback_is_accepted(), ask_once, overloaded()).verdict == "not applicable"
