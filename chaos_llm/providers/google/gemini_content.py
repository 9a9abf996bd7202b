"""Gemini's API for developers: POST /v1beta/models/{model}:generateContent, whole and streamed."""

from __future__ import annotations

from typing import Any, ClassVar

from chaos_llm.protocol.messages import Usage
from chaos_llm.providers.google.gemini_base import GeminiEndpoint
from chaos_llm.providers.google.generate_content import GenerateContent


class GeminiContent(GeminiEndpoint, GenerateContent):
    """Gemini's API for developers.

    A refused stream of events has their type and the body of any refusal, as recorded: google-genai
    raises another error on it.
    """

    event_errors: ClassVar[bool] = True

    def _usage(self, usage: Usage, *, ended: bool) -> dict[str, Any]:
        return super()._usage(usage, ended=ended) | {"serviceTier": "standard"}

    def _more_headers(self) -> tuple[tuple[str, str], ...]:
        return (("x-gemini-service-tier", "standard"),)
