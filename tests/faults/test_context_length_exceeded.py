from __future__ import annotations

import anthropic
import httpx2
import openai
import pytest
from support.apps.bots import ask_once

from chaos_llm import outage
from chaos_llm.errors import UsageError
from chaos_llm.faults import context_length_exceeded
from chaos_llm.protocol.messages import Document

HI = [{"role": "user", "content": "hi"}]


def test_b14_openais_error_has_its_code_and_param():
    with outage() as chaos:
        chaos.on("openai").inject(context_length_exceeded())
        with pytest.raises(openai.BadRequestError) as refused:
            openai.OpenAI(max_retries=0).chat.completions.create(model="gpt-4o-mini", messages=HI)
    assert (refused.value.code, refused.value.param) == ("context_length_exceeded", "messages")
    assert refused.value.body["message"] == (
        "This model's maximum context length is 128000 tokens. However, your messages resulted in "
        "160000 tokens. Please reduce the length of the messages."
    )


def test_anthropics_message_has_the_given_window():
    with outage() as chaos:
        chaos.on("anthropic").inject(context_length_exceeded(window=200_000))
        with pytest.raises(anthropic.BadRequestError, match="250000 tokens > 200000 maximum"):
            ask_once()
        (exchange,) = chaos.journal
    assert exchange.broken_rule is None  # the request was sound
    assert [met.effect for met in exchange.fault_effects] == ["applied"]


@pytest.mark.parametrize(
    ("provider", "url", "headers", "body", "said"),
    [
        (
            "openai",
            "https://api.openai.com/v1/responses",
            {"authorization": "Bearer k"},
            {"model": "gpt-5.5", "input": "hi"},
            "Your input exceeds the context window of this model.",
        ),
        (
            "gemini",
            "https://generativelanguage.googleapis.com/v1beta/models/gemini-2.5-flash:"
            "generateContent",
            {"x-goog-api-key": "k"},
            {"contents": [{"role": "user", "parts": [{"text": "hi"}]}]},
            "The input token count (1310720) exceeds the maximum number of tokens allowed "
            "(1048576).",
        ),
        (
            "bedrock",
            "https://bedrock-runtime.us-east-1.amazonaws.com/model/anthropic.claude-sonnet-4-5/"
            "converse",
            {"authorization": "Bearer k"},
            {"messages": [{"role": "user", "content": [{"text": "hi"}]}]},
            "The model returned the following errors: prompt is too long: 250000 tokens > 200000 "
            "maximum",
        ),
        (
            "together",
            "https://api.together.xyz/v1/chat/completions",
            {"authorization": "Bearer k"},
            {"model": "m", "messages": HI},
            "This model's maximum context length is 128000 tokens.",
        ),
    ],
)
def test_each_vendor_has_its_own_message(provider, url, headers, body, said):
    with outage() as chaos:
        chaos.on(provider).inject(context_length_exceeded())
        reply = httpx2.post(url, json=body, headers=headers)
    assert reply.status_code == 400
    assert said in reply.text


def test_a_request_without_a_prompt_is_not_refused_as_too_long(fault_context):
    token = Document({"access_token": "t"})
    assert context_length_exceeded().on_answer(token, fault_context) is token


@pytest.mark.parametrize("window", [0, -1, "128k", 1.5, True])
def test_a_window_is_a_number_of_tokens(window):
    with pytest.raises(UsageError, match="window must be a number of tokens"):
        context_length_exceeded(window=window)


def test_it_ends_the_reply():
    assert context_length_exceeded().ends_reply
