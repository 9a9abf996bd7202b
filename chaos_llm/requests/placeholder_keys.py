"""Placeholder API keys: most SDKs raise without a key, and in CI none is set."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import NamedTuple


class _Placeholder(NamedTuple):
    variable: str
    value: str
    also: tuple[str, ...] = ()  # if one of these is set, the SDK needs no key


_PLACEHOLDERS = (
    _Placeholder(
        "ANTHROPIC_API_KEY", "sk-ant-api03-placeholder-of-chaos-llm", ("ANTHROPIC_AUTH_TOKEN",)
    ),
    _Placeholder("OPENAI_API_KEY", "sk-placeholder-of-chaos-llm"),
    _Placeholder(
        "AZURE_OPENAI_API_KEY", "azure-placeholder-of-chaos-llm", ("AZURE_OPENAI_AD_TOKEN",)
    ),
    _Placeholder("GEMINI_API_KEY", "gemini-placeholder-of-chaos-llm", ("GOOGLE_API_KEY",)),
    _Placeholder("CO_API_KEY", "cohere-placeholder-of-chaos-llm"),
    _Placeholder("MISTRAL_API_KEY", "mistral-placeholder-of-chaos-llm"),
    _Placeholder("GROQ_API_KEY", "groq-placeholder-of-chaos-llm"),
    _Placeholder("TOGETHER_API_KEY", "together-placeholder-of-chaos-llm"),
    _Placeholder("XAI_API_KEY", "xai-placeholder-of-chaos-llm"),
    _Placeholder("LLAMA_API_KEY", "llama-placeholder-of-chaos-llm"),
    _Placeholder("AWS_ACCESS_KEY_ID", "PLACEHOLDER-OF-CHAOS-LLM", ("AWS_PROFILE",)),
    _Placeholder("AWS_SECRET_ACCESS_KEY", "placeholder-of-chaos-llm", ("AWS_PROFILE",)),
)


def placeholders(environ: Mapping[str, str]) -> list[tuple[str, str]]:
    """The variables of missing keys, each with its placeholder."""
    return [
        (variable, value)
        for variable, value, also in _PLACEHOLDERS
        if not any(environ.get(name) for name in (variable, *also))
    ]


@contextmanager
def placeholder_keys() -> Iterator[None]:
    """Set the missing keys; at the end remove those that were not replaced meanwhile."""
    before = {}
    for variable, value in placeholders(os.environ):
        before[variable] = os.environ.get(variable)
        os.environ[variable] = value
    try:
        yield
    finally:
        for variable, value, _ in _PLACEHOLDERS:
            if variable in before and os.environ.get(variable) == value:
                _put_back(variable, before[variable])


def _put_back(variable: str, value: str | None) -> None:
    if value is None:
        del os.environ[variable]
    else:
        os.environ[variable] = value
