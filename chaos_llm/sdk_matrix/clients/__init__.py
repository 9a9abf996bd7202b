"""The catalogue of clients: a new SDK is a file beside this and a line here."""

from __future__ import annotations

from chaos_llm.sdk_matrix.client import Client
from chaos_llm.sdk_matrix.clients.anthropic import Anthropic, AnthropicBedrock, AnthropicVertex
from chaos_llm.sdk_matrix.clients.bedrock import Bedrock
from chaos_llm.sdk_matrix.clients.cohere import Cohere
from chaos_llm.sdk_matrix.clients.gemini import Gemini
from chaos_llm.sdk_matrix.clients.groq import Groq
from chaos_llm.sdk_matrix.clients.meta_llama import MetaLlama
from chaos_llm.sdk_matrix.clients.mistral import Mistral
from chaos_llm.sdk_matrix.clients.ollama import Ollama
from chaos_llm.sdk_matrix.clients.openai_chat import AzureChat, OpenAIChat
from chaos_llm.sdk_matrix.clients.openai_responses import OpenAIResponses
from chaos_llm.sdk_matrix.clients.together import Together

__all__ = ["CLIENTS"]

CLIENTS: tuple[Client, ...] = (
    Anthropic("anthropic", "anthropic", package="anthropic"),
    AnthropicVertex("anthropic-vertex", "vertex", package="anthropic"),
    AnthropicBedrock("anthropic-bedrock", "bedrock", package="anthropic"),
    OpenAIChat("openai-chat", "openai", package="openai"),
    OpenAIResponses("openai-responses", "openai", package="openai"),
    AzureChat(
        "openai-azure",
        "azure-openai",
        package="openai",
        address="https://a-resource.openai.azure.com",
    ),
    OpenAIChat("openai-xai", "xai", package="openai", address="https://api.x.ai/v1"),
    OpenAIChat("openai-deepseek", "deepseek", package="openai", address="https://api.deepseek.com"),
    OpenAIChat(
        "openai-openrouter", "openrouter", package="openai", address="https://openrouter.ai/api/v1"
    ),
    Gemini("gemini", "gemini", package="google-genai"),
    Bedrock("bedrock", "bedrock", package="boto3"),
    Cohere("cohere", "cohere", package="cohere"),
    Mistral("mistral", "mistral", package="mistralai"),
    Groq("groq", "groq", package="groq"),
    Together("together", "together", package="together"),
    MetaLlama("meta-llama", "meta-llama", package="llama-api-client"),
    Ollama("ollama", "ollama", package="ollama"),
)
