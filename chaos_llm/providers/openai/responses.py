"""OpenAI's Responses API."""

from __future__ import annotations

from chaos_llm.providers.openai.responses_api import Responses


class OpenAIResponses(Responses):
    """OpenAI's Responses API, whole and as events."""
