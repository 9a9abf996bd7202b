"""Gemini's API for developers: POST /v1beta/models/{model}:generateContent, whole and streamed."""

from __future__ import annotations

from chaos_llm.providers.google.gemini_base import GeminiEndpoint
from chaos_llm.providers.google.generate_content import GenerateContent


class GeminiContent(GeminiEndpoint, GenerateContent):
    """Gemini's API for developers."""
