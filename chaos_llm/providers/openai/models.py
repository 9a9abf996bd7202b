"""OpenAI's list of models."""

from __future__ import annotations

from chaos_llm.providers.openai.documents import Models


class OpenAIModels(Models):
    """OpenAI's list of models, which many apps take for a health check."""
