"""OpenAI's Responses API."""

from __future__ import annotations

from chaos_llm.protocol.messages import Completion, Request
from chaos_llm.providers.openai.responses_api import Responses
from chaos_llm.providers.provider import ReplyContext


class OpenAIResponses(Responses):
    """OpenAI's Responses API, whole and as events."""

    def written(self, request: Request, answer: Completion, reply_context: ReplyContext) -> str:
        """Add the billing field to a plain response, as recorded; its events do not have it."""
        return (
            super().written(request, answer, reply_context)[:-1]
            + ',"billing":{"payer":"developer"}}'
        )
