"""Acme speaks as OpenAI does, at its own host."""

from __future__ import annotations

from chaos_llm.providers import OpenAIChat


class AcmeChat(OpenAIChat):
    """Acme's chat completions."""

    name = "acme"
    hosts = ("llm.acme.example",)
