from __future__ import annotations

import anthropic
import openai
import pytest

from chaos_llm import outage
from chaos_llm.faults import insufficient_quota
from chaos_llm.protocol.messages import Refusal

MESSAGES = [{"role": "user", "content": "hi"}]


def test_the_words_are_the_provider_s_own(answer, fault_context):
    assert insufficient_quota().on_answer(answer, fault_context) == Refusal("quota")


def test_anthropics_message_says_that_the_credit_is_too_low():
    with outage() as chaos:
        chaos.on("anthropic").inject(insufficient_quota())
        with pytest.raises(anthropic.BadRequestError, match="Your credit balance is too low"):
            anthropic.Anthropic().messages.create(model="m", max_tokens=9, messages=MESSAGES)
    assert len(chaos.journal) == 1


def test_openai_s_429_is_retried_in_vain():
    with outage() as chaos:
        chaos.on("openai").inject(insufficient_quota())
        with pytest.raises(openai.RateLimitError) as refused:
            openai.OpenAI().chat.completions.create(model="m", messages=MESSAGES)
    assert refused.value.code == "insufficient_quota"
    assert len(chaos.journal) == 3
