"""OpenAI's embeddings."""

from __future__ import annotations

from chaos_llm.providers._openai_lists import Embeddings


class OpenAIEmbeddings(Embeddings):
    """OpenAI's embeddings, as floats or as base64."""
