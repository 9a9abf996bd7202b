"""Words that people use for a name: products for their vendor, statuses for a fault."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

_WORD = re.compile(r"[a-z]+|[0-9]+")
_CLAUDE, _GPT, _LLAMA = ("anthropic", "bedrock", "vertex"), ("openai",), ("meta-llama", "ollama")
_SYNONYMS: Mapping[str, tuple[str, ...]] = {
    # providers
    "aws": ("bedrock",),
    "amazon": ("bedrock",),
    "azure": ("azure-openai",),
    "chatgpt": _GPT,
    "claude": _CLAUDE,
    "codex": _GPT,
    "command": ("cohere",),
    "copilot": ("azure-openai", "openai"),
    "gcp": ("vertex", "gemini"),
    "google": ("gemini", "vertex"),
    "gpt": _GPT,
    "grok": ("xai",),
    "haiku": _CLAUDE,
    "huggingface": ("tgi",),
    "kimi": ("together", "openrouter", "groq"),
    "llama": (*_LLAMA, "groq", "together", "bedrock"),
    "lmstudio": ("ollama", "vllm"),
    "meta": _LLAMA,
    "microsoft": ("azure-openai",),
    "mixtral": ("mistral",),
    "nova": ("bedrock",),
    "opus": _CLAUDE,
    "palm": ("gemini", "vertex"),
    "qwen": ("together", "openrouter", "groq"),
    "sonnet": _CLAUDE,
    "vertexai": ("vertex",),
    # faults
    "401": ("auth_expired",),
    "429": ("rate_limited",),
    "500": ("server_error",),
    "502": ("html_error_page", "server_error"),
    "503": ("server_error", "envoy_503"),
    "529": ("overloaded",),
    "delay": ("latency",),
    "disconnect": ("reset_connection", "cut_stream"),
    "quota": ("insufficient_quota",),
    "ratelimit": ("rate_limited",),
    "slow": ("latency", "slow_first_token", "slow_tokens"),
    "timeout": ("hang", "connect_timeout"),
    "truncate": ("truncated_answer", "cut_stream"),
    # arguments
    "count": ("times", "calls"),
    "duration": ("for_", "seconds"),
    "exclude": ("skip",),
    "ignore": ("skip",),
    "interval": ("every",),
    "lasts": ("for_",),
    "probability": ("share",),
    "rate": ("share",),
    "without": ("skip",),
}


def words_meant_by(text: str) -> set[str]:
    """The words of a text, in lower case, and the likeliest name that each may stand for."""
    words = _WORD.findall(text)
    return {*words, *(_SYNONYMS[word][0] for word in words if word in _SYNONYMS)}


def meant_by(text: str, known: Collection[str]) -> list[str]:
    """The known names that the words of a text may stand for, the likeliest first.

    A word that is a name itself comes before one that is a synonym: "bedrock claude" is Bedrock.
    `text` is in lower case.
    """
    words = _WORD.findall(text)
    names = [word for word in words if word in known]
    synonyms = (name for word in words for name in _SYNONYMS.get(word, ()))
    return list(dict.fromkeys([*names, *(name for name in synonyms if name in known)]))
