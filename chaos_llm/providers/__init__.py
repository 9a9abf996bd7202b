"""The catalogue of wire formats. A new one is a file and a line here.

The first format of a name also renders that vendor's refusal of unknown paths.
"""

from __future__ import annotations

from chaos_llm.errors import UnknownName
from chaos_llm.providers.anthropic_messages import AnthropicMessages
from chaos_llm.providers.anthropic_oauth import AnthropicOAuth
from chaos_llm.providers.openai_chat import OpenAIChat
from chaos_llm.providers.openai_responses import OpenAIResponses
from chaos_llm.providers.provider import Provider, Stamp
from chaos_llm.providers.statuspage import AnthropicStatus, OpenAIStatus

__all__ = [
    "PROVIDERS",
    "AnthropicMessages",
    "AnthropicOAuth",
    "AnthropicStatus",
    "OpenAIChat",
    "OpenAIResponses",
    "OpenAIStatus",
    "Provider",
    "Stamp",
    "find",
]

PROVIDERS: tuple[Provider, ...] = (
    AnthropicMessages(),
    AnthropicOAuth(),
    AnthropicStatus(),
    OpenAIChat(),
    OpenAIResponses(),
    OpenAIStatus(),
)


def find(name: str, method: str, path: str) -> Provider:
    """Find the wire format that a request to a provider speaks.

    A known path with another method finds the format that refuses it; an unknown path, the first
    format of that name. Raises UnknownName for a provider that is not in the catalogue.
    """
    formats = [provider for provider in PROVIDERS if provider.name == name]
    if not formats:
        raise UnknownName("provider", name, (provider.name for provider in PROVIDERS))
    for tried in (method, "POST", "GET"):
        for provider in formats:
            if provider.claims(tried, path):
                return provider
    return formats[0]
