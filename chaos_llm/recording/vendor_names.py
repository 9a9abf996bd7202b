"""The provider of a recorded call: from its host and path, or from what other tools call it."""

from __future__ import annotations

import os
import re
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import urlsplit

from chaos_llm.protocol.messages import UNSERVED
from chaos_llm.requests.hosts import Hosts, host_map, provider_names

# What LiteLLM, OpenTelemetry, Portkey, Helicone and Langfuse call the providers.
_ALIASES = {
    "amazon-bedrock": "bedrock",
    "anthropic_text": "anthropic",
    "aws": "bedrock",
    "aws.bedrock": "bedrock",
    "aws_bedrock": "bedrock",
    "bedrock_converse": "bedrock",
    "az.ai.inference": "azure-openai",
    "az.ai.openai": "azure-openai",
    "azure": "azure-openai",
    "azure.ai.inference": "azure-openai",
    "azure.ai.openai": "azure-openai",
    "azure_ai": "azure-openai",
    "azure_openai": "azure-openai",
    "cohere_chat": "cohere",
    "fireworks_ai": "fireworks",
    "gcp.gemini": "gemini",
    "gcp.gen_ai": "gemini",
    "gcp.vertex_ai": "vertex",
    "google": "gemini",
    "google.generative-ai": "gemini",
    "google.vertex": "vertex",
    "meta_llama": "meta-llama",
    "mistral_ai": "mistral",
    "mistralai": "mistral",
    "ollama_chat": "ollama",
    "text-completion-openai": "openai",
    "together_ai": "together",
    "vertex_ai": "vertex",
    "vertex_ai_beta": "vertex",
    "vertex-ai": "vertex",
    "x_ai": "xai",
}
_MODELS = (  # the beginning of a model's name, where nothing else says who serves it
    ("claude", "anthropic"),
    ("gpt-", "openai"),
    ("chatgpt-", "openai"),
    ("o1", "openai"),
    ("o3", "openai"),
    ("o4", "openai"),
    ("text-embedding-", "openai"),
    ("gemini", "gemini"),
    ("grok", "xai"),
    ("command", "cohere"),
    ("mistral", "mistral"),
    ("ministral", "mistral"),
    ("codestral", "mistral"),
    ("deepseek", "deepseek"),
)
# Bedrock puts a maker before the name, and often a region before that.
_ON_BEDROCK = re.compile(
    r"(?:(?:us|us-gov|eu|apac|jp|au|ca|global)\.)?"
    r"(?:ai21|amazon|anthropic|cohere|deepseek|meta|mistral|openai|qwen|writer)\.[a-z]"
)


READS = ("GET", "HEAD")  # methods by which no model is asked


class Place(NamedTuple):
    """The provider and the surface that a call was for, and its path there; empty if unknown."""

    provider: str = ""
    surface: str = "api"
    path: str = ""


UNKNOWN = Place()


@lru_cache(1)
def _hosts() -> Hosts:
    return host_map(os.environ)


@lru_cache(4096)
def place_of(method: str, host: str, path: str) -> Place:
    """The place of a call by its host (with or without a port) and path.

    Behind a gateway's host a segment of the path may name the provider (/anthropic/v1/messages).
    """
    if not path:
        path = "/"
    name, port = _split(host)
    names = _hosts().names(name, port) if name else ()
    if names:
        provider = _hosts().provider(names, method, path)
        return Place(provider.name, _surface(provider.surface), path)
    before, segments = "", path.split("/")
    for number, segment in enumerate(segments[:4]):
        named = named_provider(segment)
        if named:
            path = before + "/" + "/".join(segments[number + 1 :])
            provider = _hosts().provider((named,), method, path)
            return Place(named, _surface(provider.surface), path)
    # A path alone says enough only where a model is asked: GET /health is vLLM's, and many others'.
    provider = _hosts().provider(provider_names(), method, path)
    is_asked = provider.surface == "api" and method not in READS
    return Place(provider.name if is_asked else "", "api", path)


@lru_cache(4096)
def is_vendors(host: str) -> bool:
    """Whether a host, with or without a port, is known as that of a provider."""
    name, port = _split(host)
    return bool(name and _hosts().names(name, port))


@lru_cache(4096)
def place_at(provider: str, method: str, path: str) -> Place:
    """The place of a call to a provider whose name is known."""
    if not path:
        return Place(provider)
    return Place(provider, _surface(_hosts().provider((provider,), method, path).surface), path)


@lru_cache(4096)
def has_endpoint(provider: str, method: str, path: str) -> bool:
    """Whether a provider has an endpoint at this path."""
    return _hosts().provider((provider,), method, path or "/").surface != UNSERVED


@lru_cache(4096)
def place_of_address(method: str, address: str) -> Place:
    """The place of a call by its whole address, or by a path alone."""
    try:
        parts = urlsplit(address)
        return place_of(method, parts.netloc.rpartition("@")[2], parts.path)
    except ValueError:
        return UNKNOWN


@lru_cache(1024)
def named_provider(name: str) -> str:
    """The provider that another tool calls by that name; empty if none is known."""
    folded = name.strip().casefold()
    known = provider_names()
    for candidate in (folded, folded.replace("_", "-"), _ALIASES.get(folded, "")):
        if candidate in known:
            return candidate
    return ""


@lru_cache(1024)
def provider_of_model(model: str) -> str:
    """The provider that a model's name points to: a prefix as in "groq/llama", or a family."""
    prefix, slash, rest = model.partition("/")
    if slash and (named := named_provider(prefix)):
        return named
    folded = (rest if slash else model).casefold()
    if _ON_BEDROCK.match(folded):
        return "bedrock"
    return next((name for start, name in _MODELS if folded.startswith(start)), "")


def _surface(surface: str) -> str:
    return "api" if surface == UNSERVED else surface


def _split(host: str) -> tuple[str, int | None]:
    name, colon, port = host.rpartition(":")
    if colon and port.isdecimal() and not name.endswith(":"):
        return name.strip("[]"), int(port)
    return host.strip("[]"), None
