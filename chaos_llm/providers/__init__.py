"""The catalogue of wire formats. A new one is a file and a line here.

The first format of a name also writes what faults that are aimed at unserved paths say.
"""

from __future__ import annotations

from functools import lru_cache

from chaos_llm import extensions
from chaos_llm.errors import UnknownName
from chaos_llm.protocol import websocket
from chaos_llm.providers.anthropic.batches import AnthropicBatches
from chaos_llm.providers.anthropic.count_tokens import AnthropicTokenCount
from chaos_llm.providers.anthropic.messages import AnthropicMessages
from chaos_llm.providers.anthropic.oauth import AnthropicOAuth
from chaos_llm.providers.aws.bedrock_converse import BedrockConverse
from chaos_llm.providers.aws.bedrock_invoke import BedrockInvoke
from chaos_llm.providers.aws.sts import AwsSts
from chaos_llm.providers.azure.oauth import AzureOAuth
from chaos_llm.providers.azure.openai import AzureChat, AzureEmbeddings, AzureModels, AzureResponses
from chaos_llm.providers.cohere.chat import CohereChat
from chaos_llm.providers.cohere.embed import CohereEmbed
from chaos_llm.providers.google.count_tokens import GeminiTokenCount, VertexTokenCount
from chaos_llm.providers.google.gemini_content import GeminiContent
from chaos_llm.providers.google.gemini_embeddings import GeminiEmbeddings
from chaos_llm.providers.google.gemini_live import GeminiLive
from chaos_llm.providers.google.oauth import GoogleOAuth
from chaos_llm.providers.google.vertex_claude import VertexClaude
from chaos_llm.providers.google.vertex_embeddings import VertexEmbeddings
from chaos_llm.providers.google.vertex_gemini import VertexGemini
from chaos_llm.providers.ollama.chat import OllamaChat
from chaos_llm.providers.ollama.embed import OllamaEmbed
from chaos_llm.providers.ollama.generate import OllamaGenerate
from chaos_llm.providers.openai.chat import OpenAIChat
from chaos_llm.providers.openai.embeddings import OpenAIEmbeddings
from chaos_llm.providers.openai.models import OpenAIModels
from chaos_llm.providers.openai.realtime import OpenAIRealtime
from chaos_llm.providers.openai.responses import OpenAIResponses
from chaos_llm.providers.openai.responses_session import OpenAIResponsesSession
from chaos_llm.providers.openai_compatible.meta_llama import MetaLlama
from chaos_llm.providers.openai_compatible.mistral import Mistral
from chaos_llm.providers.openai_compatible.openrouter import OpenRouter
from chaos_llm.providers.openai_compatible.self_hosted import TGI, VLLM, OldVLLM
from chaos_llm.providers.openai_compatible.vendors import (
    XAI,
    DeepSeek,
    Groq,
    MetaLlamaCompatible,
    Together,
)
from chaos_llm.providers.provider import Provider, ReplyContext
from chaos_llm.providers.statuspage import AnthropicStatus, OpenAIStatus
from chaos_llm.providers.unserved import Unserved

__all__ = [
    "PROVIDERS",
    "TGI",
    "VLLM",
    "XAI",
    "AnthropicBatches",
    "AnthropicMessages",
    "AnthropicOAuth",
    "AnthropicStatus",
    "AnthropicTokenCount",
    "AwsSts",
    "AzureChat",
    "AzureEmbeddings",
    "AzureModels",
    "AzureOAuth",
    "AzureResponses",
    "BedrockConverse",
    "BedrockInvoke",
    "CohereChat",
    "CohereEmbed",
    "DeepSeek",
    "GeminiContent",
    "GeminiEmbeddings",
    "GeminiLive",
    "GeminiTokenCount",
    "GoogleOAuth",
    "Groq",
    "MetaLlama",
    "MetaLlamaCompatible",
    "Mistral",
    "OldVLLM",
    "OllamaChat",
    "OllamaEmbed",
    "OllamaGenerate",
    "OpenAIChat",
    "OpenAIEmbeddings",
    "OpenAIModels",
    "OpenAIRealtime",
    "OpenAIResponses",
    "OpenAIResponsesSession",
    "OpenAIStatus",
    "OpenRouter",
    "Provider",
    "ReplyContext",
    "Together",
    "Unserved",
    "VertexClaude",
    "VertexEmbeddings",
    "VertexGemini",
    "VertexTokenCount",
    "find",
    "known",
]

PROVIDERS: tuple[Provider, ...] = (
    AnthropicMessages(),
    AnthropicTokenCount(),
    AnthropicBatches(),
    AnthropicOAuth(),
    AnthropicStatus(),
    OpenAIChat(),
    OpenAIResponses(),
    OpenAIEmbeddings(),
    OpenAIModels(),
    OpenAIRealtime(),
    OpenAIResponsesSession(),
    OpenAIStatus(),
    AzureChat(),
    AzureResponses(),
    AzureEmbeddings(),
    AzureModels(),
    Groq(),
    Together(),
    XAI(),
    DeepSeek(),
    Mistral(),
    MetaLlama(),
    MetaLlamaCompatible(),
    OpenRouter(),
    VLLM(),
    OldVLLM(),
    TGI(),
    AzureOAuth(),
    GeminiContent(),
    GeminiEmbeddings(),
    GeminiTokenCount(),
    GeminiLive(),
    VertexGemini(),
    VertexClaude(),
    VertexEmbeddings(),
    VertexTokenCount(),
    GoogleOAuth(),
    BedrockConverse(),
    BedrockInvoke(),
    AwsSts(),
    CohereChat(),
    CohereEmbed(),
    OllamaChat(),
    OllamaGenerate(),
    OllamaEmbed(),
)


def known() -> tuple[Provider, ...]:
    """Every wire format that is played: ours, and those of installed packs behind them.

    Raises UsageError for a pack's that is none.
    """
    return _known(extensions.edition("providers"))


@lru_cache(1)
def _known(_edition: tuple[object, ...]) -> tuple[Provider, ...]:
    theirs = []
    for name, made in extensions.added("providers"):
        provider = made() if isinstance(made, type) else made
        if not isinstance(provider, Provider):
            raise extensions.mistake("providers", name, f"expected a Provider; got {made!r}")
        theirs.append(provider)
    return (*PROVIDERS, *theirs)


def find(name: str, method: str, path: str) -> Provider:
    """Find the wire format that a request to a provider speaks.

    A known path with another method finds the format that refuses it; an unknown path finds one
    that says so in words of ours. Raises UnknownName for a provider that is not in the catalogue.
    """
    formats = [provider for provider in known() if provider.name == name]
    if not formats:
        raise UnknownName("provider", name, (provider.name for provider in known()))
    refusing = () if method in websocket.METHODS else ("POST", "GET", "DELETE")
    for tried in (method, *refusing):
        for provider in formats:
            if provider.claims(tried, path):
                return provider
    return Unserved(formats[0])
