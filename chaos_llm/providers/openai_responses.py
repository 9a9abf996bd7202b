"""OpenAI's Responses API."""

from __future__ import annotations

from chaos_llm.providers._responses import Responses


class OpenAIResponses(Responses):
    """OpenAI's Responses API, whole and as events."""
