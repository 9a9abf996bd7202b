"""The catalogue of wire formats. A new one is a file and a line here.

The first format of a name also writes what faults that are aimed at unserved paths say.
"""

from __future__ import annotations

from functools import lru_cache

from chaos_llm import extensions
from chaos_llm.errors import UnknownName
from chaos_llm.protocol import websocket
from chaos_llm.providers.anthropic.batches import AnthropicBatches
from chaos_llm.providers.anthropic.documents import AnthropicTokenCount
from chaos_llm.providers.anthropic.files import AnthropicFiles
from chaos_llm.providers.anthropic.messages import AnthropicMessages
from chaos_llm.providers.anthropic.oauth import AnthropicOAuth
from chaos_llm.providers.anthropic.openai_compatible import AnthropicCompatible
from chaos_llm.providers.aws.bedrock_converse import BedrockConverse
from chaos_llm.providers.aws.bedrock_guardrails import BedrockGuardrails
from chaos_llm.providers.aws.bedrock_invoke import BedrockInvoke
from chaos_llm.providers.aws.sts import AwsSts
from chaos_llm.providers.azure.oauth import AzureOAuth
from chaos_llm.providers.azure.openai import (
    AzureAudio,
    AzureChat,
    AzureCompletions,
    AzureEmbeddings,
    AzureImages,
    AzureModels,
    AzureResponses,
    AzureStoredResponses,
)
from chaos_llm.providers.cohere.chat import CohereChat
from chaos_llm.providers.cohere.embed import CohereEmbed
from chaos_llm.providers.cohere.rerank import CohereRerank
from chaos_llm.providers.cohere.v1_chat import CohereV1Chat
from chaos_llm.providers.google.count_tokens import GeminiTokenCount, VertexTokenCount
from chaos_llm.providers.google.gemini_content import GeminiContent
from chaos_llm.providers.google.gemini_embeddings import GeminiEmbeddings
from chaos_llm.providers.google.oauth import GoogleOAuth
from chaos_llm.providers.google.openai_compatible import (
    GeminiCompatible,
    GeminiCompatibleEmbeddings,
)
from chaos_llm.providers.google.vertex_claude import VertexClaude, VertexClaudeTokenCount
from chaos_llm.providers.google.vertex_embeddings import VertexEmbeddings
from chaos_llm.providers.google.vertex_gemini import VertexGemini
from chaos_llm.providers.model_lists import (
    AnthropicModels,
    BedrockModels,
    CohereModels,
    DeepSeekModels,
    GeminiCompatibleModels,
    GeminiModels,
    GroqModels,
    MetaModels,
    MistralModels,
    OldVLLMModels,
    OllamaCompatibleModels,
    OpenRouterModels,
    TGIModels,
    TogetherModels,
    VertexModels,
    VLLMModels,
    XAIModels,
)
from chaos_llm.providers.ollama.chat import OllamaChat
from chaos_llm.providers.ollama.embed import OllamaEmbed
from chaos_llm.providers.ollama.generate import OllamaGenerate
from chaos_llm.providers.ollama.models import OllamaHealth, OllamaModels
from chaos_llm.providers.ollama.openai_compatible import (
    OllamaCompatible,
    OllamaCompatibleEmbeddings,
    OllamaCompletions,
    OllamaResponses,
)
from chaos_llm.providers.openai.assistants import OpenAIAssistants
from chaos_llm.providers.openai.batches import OpenAIBatches
from chaos_llm.providers.openai.chat import OpenAIChat
from chaos_llm.providers.openai.completions import OpenAICompletions
from chaos_llm.providers.openai.documents import OpenAIEmbeddings, OpenAIModels
from chaos_llm.providers.openai.files import OpenAIFiles
from chaos_llm.providers.openai.media import (
    OpenAIAudio,
    OpenAIImages,
    OpenAIImageStore,
    OpenAIModerations,
)
from chaos_llm.providers.openai.responses import OpenAIResponses
from chaos_llm.providers.openai.stored_responses import StoredResponses
from chaos_llm.providers.openai.vector_stores import OpenAIVectorStores
from chaos_llm.providers.openai_compatible.meta_llama import MetaLlama
from chaos_llm.providers.openai_compatible.mistral import Mistral
from chaos_llm.providers.openai_compatible.openrouter import OpenRouter
from chaos_llm.providers.openai_compatible.self_hosted import TGI, VLLM, OldVLLM
from chaos_llm.providers.openai_compatible.vendor_apis import (
    DeepSeekCompletions,
    DeepSeekResponses,
    GroqAudio,
    GroqResponses,
    MistralEmbeddings,
    OpenRouterCompletions,
    OpenRouterEmbeddings,
    OpenRouterResponses,
    TogetherCompletions,
    TogetherEmbeddings,
    TogetherImages,
    VLLMCompletions,
    VLLMEmbeddings,
    VLLMResponses,
    XAIImages,
    XAIResponses,
    XAIStoredResponses,
)
from chaos_llm.providers.openai_compatible.vendors import (
    XAI,
    DeepSeek,
    Groq,
    MetaLlamaCompatible,
    Together,
)
from chaos_llm.providers.other_transports import GRPC_SERVICES, SESSIONS
from chaos_llm.providers.provider import Provider, ReplyContext
from chaos_llm.providers.statuspage import AnthropicStatus, OpenAIStatus
from chaos_llm.providers.unserved import Unserved
from chaos_llm.providers.unserved import is_played as _is_played
from chaos_llm.providers.vendor_clients import (
    VENDOR_CLIENTS,
    AnthropicClient,
    ChatGPTClient,
    ChatGPTResponses,
    OpenAILogin,
)

__all__ = [
    "GRPC_SERVICES",
    "PROVIDERS",
    "SESSIONS",
    "TGI",
    "VENDOR_CLIENTS",
    "VLLM",
    "XAI",
    "AnthropicBatches",
    "AnthropicClient",
    "AnthropicCompatible",
    "AnthropicFiles",
    "AnthropicMessages",
    "AnthropicModels",
    "AnthropicOAuth",
    "AnthropicStatus",
    "AnthropicTokenCount",
    "AwsSts",
    "AzureAudio",
    "AzureChat",
    "AzureCompletions",
    "AzureEmbeddings",
    "AzureImages",
    "AzureModels",
    "AzureOAuth",
    "AzureResponses",
    "AzureStoredResponses",
    "BedrockConverse",
    "BedrockGuardrails",
    "BedrockInvoke",
    "BedrockModels",
    "ChatGPTClient",
    "ChatGPTResponses",
    "CohereChat",
    "CohereEmbed",
    "CohereModels",
    "CohereRerank",
    "CohereV1Chat",
    "DeepSeek",
    "DeepSeekCompletions",
    "DeepSeekModels",
    "DeepSeekResponses",
    "GeminiCompatible",
    "GeminiCompatibleEmbeddings",
    "GeminiCompatibleModels",
    "GeminiContent",
    "GeminiEmbeddings",
    "GeminiModels",
    "GeminiTokenCount",
    "GoogleOAuth",
    "Groq",
    "GroqAudio",
    "GroqModels",
    "GroqResponses",
    "MetaLlama",
    "MetaLlamaCompatible",
    "MetaModels",
    "Mistral",
    "MistralEmbeddings",
    "MistralModels",
    "OldVLLM",
    "OldVLLMModels",
    "OllamaChat",
    "OllamaCompatible",
    "OllamaCompatibleEmbeddings",
    "OllamaCompatibleModels",
    "OllamaCompletions",
    "OllamaEmbed",
    "OllamaGenerate",
    "OllamaHealth",
    "OllamaModels",
    "OllamaResponses",
    "OpenAIAssistants",
    "OpenAIAudio",
    "OpenAIBatches",
    "OpenAIChat",
    "OpenAICompletions",
    "OpenAIEmbeddings",
    "OpenAIFiles",
    "OpenAIImageStore",
    "OpenAIImages",
    "OpenAILogin",
    "OpenAIModels",
    "OpenAIModerations",
    "OpenAIResponses",
    "OpenAIStatus",
    "OpenAIVectorStores",
    "OpenRouter",
    "OpenRouterCompletions",
    "OpenRouterEmbeddings",
    "OpenRouterModels",
    "OpenRouterResponses",
    "Provider",
    "ReplyContext",
    "StoredResponses",
    "TGIModels",
    "Together",
    "TogetherCompletions",
    "TogetherEmbeddings",
    "TogetherImages",
    "TogetherModels",
    "Unserved",
    "VLLMCompletions",
    "VLLMEmbeddings",
    "VLLMModels",
    "VLLMResponses",
    "VertexClaude",
    "VertexClaudeTokenCount",
    "VertexEmbeddings",
    "VertexGemini",
    "VertexModels",
    "VertexTokenCount",
    "XAIImages",
    "XAIModels",
    "XAIResponses",
    "XAIStoredResponses",
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
    *VENDOR_CLIENTS,  # before others whose paths end in the same way
    OpenAIResponses(),
    OpenAIEmbeddings(),
    OpenAIModels(),
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
    VertexGemini(),
    VertexClaude(),
    VertexClaudeTokenCount(),
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
    AnthropicFiles(),
    AzureCompletions(),
    AzureStoredResponses(),
    AzureImages(),
    AzureAudio(),
    BedrockGuardrails(),
    CohereRerank(),
    CohereV1Chat(),
    MistralModels(),
    GroqModels(),
    TogetherModels(),
    XAIModels(),
    DeepSeekModels(),
    MetaModels(),
    OpenRouterModels(),
    VLLMModels(),
    OldVLLMModels(),
    TGIModels(),
    AnthropicModels(),
    GeminiModels(),
    VertexModels(),
    CohereModels(),
    BedrockModels(),
    OllamaModels(),
    OllamaHealth(),
    OllamaCompatibleModels(),
    GeminiCompatibleModels(),
    OpenAIAssistants(),
    OpenAIBatches(),
    OpenAICompletions(),
    OllamaCompatible(),
    OllamaCompletions(),
    OllamaCompatibleEmbeddings(),
    OllamaResponses(),
    GeminiCompatible(),
    GeminiCompatibleEmbeddings(),
    AnthropicCompatible(),
    OpenAIFiles(),
    StoredResponses(),
    OpenAIModerations(),
    OpenAIImages(),
    OpenAIImageStore(),
    OpenAIAudio(),
    OpenAIVectorStores(),
    XAIResponses(),
    XAIStoredResponses(),
    DeepSeekResponses(),
    GroqResponses(),
    OpenRouterResponses(),
    VLLMResponses(),
    TogetherCompletions(),
    DeepSeekCompletions(),
    OpenRouterCompletions(),
    VLLMCompletions(),
    TogetherEmbeddings(),
    VLLMEmbeddings(),
    MistralEmbeddings(),
    OpenRouterEmbeddings(),
    GroqAudio(),
    TogetherImages(),
    XAIImages(),
)


def known() -> tuple[Provider, ...]:
    """Every wire format that is simulated: the built-in ones, then those of installed extensions.

    Raises UsageError if an extension's is not a Provider.
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
    """Find the wire format of a request to a provider.

    A known path with another method finds the format that refuses it; one that is not simulated
    finds the format that answers 501. Raises UnknownName for a provider that is not known.
    """
    formats = [p for p in (*known(), *GRPC_SERVICES, *SESSIONS) if p.name == name]
    if not formats:
        raise UnknownName("provider", name, (provider.name for provider in known()))
    refusing = () if method in websocket.METHODS else ("POST", "GET", "DELETE")
    for tried in (method, *refusing) if _is_played(name, method, path) else ():
        for provider in formats:
            if provider.claims(tried, path):
                return provider
    return Unserved(formats[0])
