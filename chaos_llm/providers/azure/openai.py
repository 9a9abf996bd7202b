"""OpenAI's models on Azure, by deployment or at /openai/v1.

    /openai/deployments/{name}/chat/completions?api-version=2024-10-21
    /openai/responses?api-version=preview        /openai/v1/chat/completions

A gateway answers for the key, the deployment and the limits, in its own short form; the rest is
OpenAI's. Each row names its source; what none shows is assumed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import ClassVar

from chaos_llm.protocol.messages import Chunk, Completion, Reply, Request, Usage
from chaos_llm.protocol.rate_limits import Quota
from chaos_llm.providers import reasoning
from chaos_llm.providers.azure.common import (
    FILTERS,
    JAILBREAK,
    PROMPT_FILTERS,
    AzureDialect,
    filters_of,
    judged,
)
from chaos_llm.providers.framing import json_reply, nameless_event, pieces_of, quote
from chaos_llm.providers.openai.audio import AUDIO
from chaos_llm.providers.openai.chat_completions import ChatCompletions
from chaos_llm.providers.openai.chat_parts import Frame, content_of, fingerprint, usage_in_detail
from chaos_llm.providers.openai.common import Headers
from chaos_llm.providers.openai.completions import CompletionsDialect
from chaos_llm.providers.openai.documents import Embeddings, Models
from chaos_llm.providers.openai.images import IMAGES
from chaos_llm.providers.openai.request_fields import obfuscation
from chaos_llm.providers.openai.response_items import ItemStyle
from chaos_llm.providers.openai.responses import ECHOED, Responses
from chaos_llm.providers.openai.stored_responses import KEPT
from chaos_llm.providers.provider import ReplyContext
from chaos_llm.providers.routes import Route, Routed


class AzureChat(AzureDialect, ChatCompletions):
    """Chat Completions on Azure, with the marks of its content filter."""

    operation: ClassVar[str] = "ChatCompletions_Create"
    media: ClassVar[str] = "text/event-stream"
    thinkers: ClassVar[re.Pattern[str]] = reasoning.OPENAI

    def _whole(self, request: Request, answer: Completion, reply_context: ReplyContext) -> Reply:
        _, headers = self._opened(request, reply_context)
        choices = ",".join(
            self._whole_choice(index, request, each, reply_context)
            for index, each in enumerate((answer, *answer.alternatives))
        )
        body = (
            f'{{"choices":[{choices}],"created":{int(reply_context.now)},"id":"{self._id(reply_context)}",'
            f'"model":{quote(request.model)},"object":"chat.completion",{PROMPT_FILTERS},'
            f'"system_fingerprint":{fingerprint(request.model)},'
            f'"usage":{self._billed(request, answer)}}}'
        )
        return json_reply(200, headers, body, pieces_of(answer))

    def _whole_choice(
        self, index: int, request: Request, answer: Completion, reply_context: ReplyContext
    ) -> str:
        message = f'"annotations":[],"content":{content_of(answer)},"refusal":null'
        message += ',"role":"assistant"' + self._calls(request, answer, reply_context)
        return (
            f'{{"content_filter_results":{filters_of(answer)},'
            f'"finish_reason":"{self._finish(request, answer)}","index":{index},'
            f'"logprobs":{self._logprobs(request, answer)},"message":{{{message}}}}}'
        )

    def _usage(self, request: Request, usage: Usage) -> str:  # noqa: ARG002 - some show the cost
        return usage_in_detail(usage)

    def _padding(self, request: Request, text: str) -> str:
        return obfuscation(request.body, text)

    def _frame(self, request: Request, reply_context: ReplyContext) -> tuple[str, str]:
        return '{"choices":[', (
            f'],"created":{int(reply_context.now)},"id":"{self._id(reply_context)}",'
            f'"model":{quote(request.model)},"object":"chat.completion.chunk",'
            f'"system_fingerprint":{fingerprint(request.model)}'
        )

    def _opening(self, head: str, end: str) -> list[Chunk]:  # noqa: ARG002
        """Begin with what the filter says of the prompt: a chunk without a choice.

        As pasted in microsoft/autogen#6465 and langchain4j/langchain4j#2385; code that takes
        `choices[0]` of every chunk breaks on it.
        """
        blank = '"created":0,"id":"","model":"","object":""'
        return [nameless_event(f'{{"choices":[],{blank},{PROMPT_FILTERS}}}')]

    def _first_delta(self, answer: Completion) -> str:
        content = '""' if answer.text or not answer.tool_calls else "null"
        return f'{{"content":{content},"refusal":null,"role":"assistant"}}'

    def _choice(self, delta: str, finish: str, index: int = 0, logprobs: str = "null") -> str:
        filters = f"{{{FILTERS}}}" if '"content":"' in delta and finish == "null" else "{}"
        return (
            f'{{"content_filter_results":{filters},"delta":{delta},"finish_reason":{finish},'
            f'"index":{index},"logprobs":{logprobs}}}'
        )

    def _last(self, request: Request, answer: Completion, frame: Frame) -> list[Chunk]:
        """The chunk before the finish, with the content filter's results for the whole answer."""
        last = super()._last(request, answer, frame)
        if not answer.text:
            return last
        choice = (
            f'{{"content_filter_results":{filters_of(answer)},'
            f'"delta":{{}},"finish_reason":null,"index":0,"logprobs":null}}'
        )
        return [nameless_event(f"{frame.head}{choice}{frame.end}}}"), *last]


class AzureResponses(AzureDialect, Responses):
    """The Responses API on Azure."""

    operation: ClassVar[str] = "Responses_Create"
    style: ClassVar[ItemStyle] = ItemStyle(phase="final_answer")
    echoed: ClassVar[Mapping[str, str]] = ECHOED | {"prompt_cache_retention": '"in_memory"'}

    def _last(self, answer: Completion) -> str:
        """Say what the content filter found, in the prompt and in the answer."""
        prompt = f"{{{FILTERS},{JAILBREAK}}}"
        sources = (("prompt", prompt), ("completion", judged(answer)))
        filters = (
            f'{{"blocked":{"true" if answer.filtered and source == "completion" else "false"},'
            f'"source_type":"{source}","content_filter_raw":[],"content_filter_results":{found},'
            f'"content_filter_offsets":{{"start_offset":0,"end_offset":{len(answer.text)},'
            f'"check_offset":0}}}}'
            for source, found in sources
        )
        return f',"content_filters":[{",".join(filters)}],"moderation":null'


class AzureEmbeddings(AzureDialect, Embeddings):
    """Embeddings on Azure."""

    operation: ClassVar[str] = "Embeddings_Create"


class AzureModels(AzureDialect, Models):
    """The list of models on Azure."""

    operation: ClassVar[str] = "Models_List"


class AzureCompletions(AzureDialect, CompletionsDialect):
    """Legacy completions on Azure."""

    operation: ClassVar[str] = "Completions_Create"


class _AzureRouted(AzureDialect, Routed):
    usual_quota: ClassVar[Quota | None] = None

    def _headers(self, request: Request, reply_context: ReplyContext) -> Headers:
        return self._opened(request, reply_context)[1]


class AzureStoredResponses(_AzureRouted):
    """Responses that Azure keeps."""

    api: ClassVar[str] = "stored_responses"
    operation: ClassVar[str] = "Responses_Get"
    table: ClassVar[tuple[Route, ...]] = KEPT


class AzureImages(_AzureRouted):
    """Images on Azure."""

    api: ClassVar[str] = "images"
    operation: ClassVar[str] = "ImageGenerations_Create"
    table: ClassVar[tuple[Route, ...]] = IMAGES


class AzureAudio(_AzureRouted):
    """Speech and transcriptions on Azure."""

    api: ClassVar[str] = "audio"
    operation: ClassVar[str] = "Audio_Create"
    table: ClassVar[tuple[Route, ...]] = AUDIO
