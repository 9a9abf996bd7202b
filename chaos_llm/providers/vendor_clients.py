"""What only the vendors' own clients ask for: logins of their accounts, settings, telemetry."""

from __future__ import annotations

from chaos_llm.providers.anthropic.client import AnthropicClient
from chaos_llm.providers.openai.chatgpt import ChatGPTClient, ChatGPTResponses
from chaos_llm.providers.openai.login import OpenAILogin
from chaos_llm.providers.provider import Provider

__all__ = [
    "VENDOR_CLIENTS",
    "AnthropicClient",
    "ChatGPTClient",
    "ChatGPTResponses",
    "OpenAILogin",
]

VENDOR_CLIENTS: tuple[Provider, ...] = (
    AnthropicClient(),
    OpenAILogin(),
    ChatGPTResponses(),
    ChatGPTClient(),
)
