"""The catalogue of clients: a new SDK is a file in this folder and an entry of `CLIENTS`."""

from __future__ import annotations

from chaos_llm.sdk_matrix.client import Client
from chaos_llm.sdk_matrix.clients.anthropic import (
    AnthropicBedrockClient,
    AnthropicClient,
    AnthropicVertexClient,
)
from chaos_llm.sdk_matrix.clients.bedrock import BedrockClient
from chaos_llm.sdk_matrix.clients.cohere import CohereClient
from chaos_llm.sdk_matrix.clients.gemini import GeminiClient
from chaos_llm.sdk_matrix.clients.groq import GroqClient
from chaos_llm.sdk_matrix.clients.meta_llama import MetaLlamaClient
from chaos_llm.sdk_matrix.clients.mistral import MistralClient
from chaos_llm.sdk_matrix.clients.ollama import OllamaClient
from chaos_llm.sdk_matrix.clients.openai_chat import (
    AzureChatClient,
    OpenAIChatClient,
    ThinkingChatClient,
)
from chaos_llm.sdk_matrix.clients.openai_responses import OpenAIResponsesClient
from chaos_llm.sdk_matrix.clients.together import TogetherClient

__all__ = ["CLIENTS"]

CLIENTS: tuple[Client, ...] = (
    AnthropicClient("anthropic", "anthropic", package="anthropic"),
    AnthropicVertexClient("anthropic-vertex", "vertex", package="anthropic"),
    AnthropicBedrockClient("anthropic-bedrock", "bedrock", package="anthropic"),
    OpenAIChatClient("openai-chat", "openai", package="openai"),
    OpenAIResponsesClient("openai-responses", "openai", package="openai"),
    AzureChatClient(
        "openai-azure",
        "azure-openai",
        package="openai",
        address="https://a-resource.openai.azure.com",
    ),
    ThinkingChatClient(
        "openai-xai",
        "xai",
        package="openai",
        address="https://api.x.ai/v1",
        model="grok-4",
        thinker="grok-3-mini",
    ),
    ThinkingChatClient(
        "openai-deepseek",
        "deepseek",
        package="openai",
        address="https://api.deepseek.com",
        model="deepseek-chat",
        thinker="deepseek-reasoner",
    ),
    ThinkingChatClient(
        "openai-openrouter",
        "openrouter",
        package="openai",
        address="https://openrouter.ai/api/v1",
        model="openai/gpt-5.2",
        thinker="deepseek/deepseek-r1",
    ),
    GeminiClient("gemini", "gemini", package="google-genai"),
    BedrockClient("bedrock", "bedrock", package="boto3"),
    CohereClient("cohere", "cohere", package="cohere"),
    MistralClient("mistral", "mistral", package="mistralai"),
    GroqClient("groq", "groq", package="groq"),
    TogetherClient("together", "together", package="together"),
    MetaLlamaClient("meta-llama", "meta-llama", package="llama-api-client"),
    OllamaClient("ollama", "ollama", package="ollama"),
)
