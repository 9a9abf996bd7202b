"""Models under names that only another vendor has, or that only a cloud or a gateway gives them.

A failover that changes the address and forgets the model sends such a name. Names that nobody is
known to have are taken, because new ones appear every month, and so is any name at a gateway.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from chaos_llm.providers.refusals.checked_request import CheckedRequest
from chaos_llm.providers.refusals.models import family_by_name
from chaos_llm.providers.refusals.rule import Found, found

# The families that each vendor serves under their plain names. Groq hosts models of several.
_SERVED: Mapping[str, frozenset[str]] = {
    "anthropic": frozenset(("claude",)),
    "openai": frozenset(("gpt", "o")),
    "gemini": frozenset(("gemini",)),
    "vertex": frozenset(("gemini",)),
    "mistral": frozenset(("mistral",)),
    "cohere": frozenset(("command",)),
    "deepseek": frozenset(("deepseek",)),
    "xai": frozenset(("grok",)),
    "groq": frozenset(("groq", "mistral", "deepseek")),
    "bedrock": frozenset(),  # its names begin with the vendor's: anthropic.claude-...
    "openrouter": frozenset(),  # likewise: anthropic/claude-...
}
_DOMAINS: Mapping[str, tuple[str, ...]] = {
    "anthropic": ("anthropic.com",),
    "openai": ("openai.com", "chatgpt.com"),
    "gemini": ("googleapis.com",),
    "vertex": ("googleapis.com",),
    "mistral": ("mistral.ai",),
    "cohere": ("cohere.com", "cohere.ai"),
    "deepseek": ("deepseek.com",),
    "xai": ("x.ai",),
    "groq": ("groq.com",),
    "bedrock": ("amazonaws.com", "api.aws"),
    "openrouter": ("openrouter.ai",),
}
_HOSTS = ("groq", "bedrock", "openrouter")  # of others' models, by names with a vendor in front
# As a gateway or a cloud writes a name: openai/gpt-4o, us.anthropic.claude-..., claude-...@2025...
_ROUTED = re.compile(
    r"(?:openai|anthropic|google|gemini|x-ai|xai|mistralai?|cohere|deepseek|meta-llama)/"
    r"|(?:[a-z-]+\.)?(?:anthropic|amazon|meta|mistral|cohere|openai)\.[a-z]"
    r"|claude-[^@]+@(?:\d{8}|default)$"
)


def of_another_vendor(_model: Any, request: CheckedRequest) -> Found | None:
    """A model that the provider does not serve by this name, and another one does."""
    if at_gateway(request) or not is_foreign(request.request.provider, request.model):
        return None
    resource = request.wire.path.partition("projects/")[2].rpartition(":")[0]
    return found(model=request.model, name=f"projects/{resource}")  # the latter is of Vertex AI


def at_gateway(request: CheckedRequest) -> bool:
    """Whether a request goes to a team's gateway, which has models of many vendors."""
    wire = request.wire
    return not (wire.served or _is_vendors_own(request.request.provider, wire.host))


@lru_cache(maxsize=1024)
def _is_vendors_own(provider: str, host: str) -> bool:
    """Whether a host is the vendor's own, and not one that a variable or a project names."""
    name = host.casefold().partition(":")[0].rstrip(".")
    return any(name == own or name.endswith(f".{own}") for own in _DOMAINS.get(provider, ()))


@lru_cache(maxsize=1024)
def is_foreign(provider: str, model: str) -> bool:
    """Whether a model's name is another vendor's, or a gateway's or a cloud's name of it."""
    served, name = _SERVED.get(provider), model.lower()
    if served is None:
        return False
    if provider in _HOSTS and "/" in name:
        return False
    if provider not in _HOSTS and _ROUTED.match(name):
        return True
    family = family_by_name(name)
    return bool(family) and family not in served
