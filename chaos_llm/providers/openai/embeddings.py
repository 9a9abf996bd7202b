"""OpenAI's embeddings."""

from __future__ import annotations

from chaos_llm.providers.openai.documents import Embeddings


class OpenAIEmbeddings(Embeddings):
    """OpenAI's embeddings, as floats or as base64."""
