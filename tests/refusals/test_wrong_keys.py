"""B15: what vendors say of a wrong key, as their newest recorded replies have it."""

from __future__ import annotations

import httpx2
import pytest
from support.refusal_cases import error_of

from chaos_llm import outage
from chaos_llm.faults import auth_expired

BEARER = {"authorization": "Bearer wrong"}
HI = [{"role": "user", "content": "hi"}]
CHAT = {"model": "m", "messages": HI}
GEMINI = "https://generativelanguage.googleapis.com/v1beta/models/gemini-2.5-flash:generateContent"


@pytest.mark.parametrize(
    ("provider", "url", "headers", "body", "status", "said"),
    [
        (
            "anthropic",
            "https://api.anthropic.com/v1/messages",
            {"x-api-key": "wrong", "anthropic-version": "2023-06-01"},
            CHAT | {"max_tokens": 9},
            401,
            "invalid x-api-key",
        ),
        (
            "openai",
            "https://api.openai.com/v1/chat/completions",
            BEARER,
            CHAT,
            401,
            "Incorrect API key provided: ***********. You can find your API key at "
            "https://platform.openai.com/account/api-keys.",
        ),
        (
            "gemini",
            GEMINI,
            {"x-goog-api-key": "wrong"},
            {"contents": [{"role": "user", "parts": [{"text": "hi"}]}]},
            400,
            "API key not valid. Please pass a valid API key.",
        ),
        (
            "cohere",
            "https://api.cohere.com/v2/chat",
            BEARER,
            CHAT,
            401,
            "Incorrect API key provided: ***********. You can find your API key at "
            "https://dashboard.cohere.com/api-keys.",
        ),
        (
            "deepseek",
            "https://api.deepseek.com/chat/completions",
            BEARER,
            CHAT,
            401,
            "Authentication Fails, Your api key: ****-key is invalid",
        ),
        (
            "openrouter",
            "https://openrouter.ai/api/v1/chat/completions",
            BEARER,
            CHAT,
            401,
            "No cookie auth credentials found",
        ),
    ],
)
def test_b15_a_wrong_key_is_refused_in_todays_words(  # noqa: PLR0917 - a row
    provider, url, headers, body, status, said
):
    with outage() as chaos:
        chaos.on(provider).inject(auth_expired())
        reply = httpx2.post(url, json=body, headers=headers)
    assert (reply.status_code, error_of(reply)["message"]) == (status, said)
