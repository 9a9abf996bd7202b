"""OpenAI's models on Azure, by deployment or at /openai/v1.

    /openai/deployments/{name}/chat/completions?api-version=2024-10-21
    /openai/responses?api-version=preview        /openai/v1/chat/completions

A gateway answers for the key, the deployment and the limits, in its own short form; the rest is
OpenAI's. Each row names its source; what none shows is assumed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import ClassVar

from chaos_llm.protocol.messages import (
    Chunk,
    Completion,
    Refusal,
    Reply,
    Request,
    Usage,
    WireRequest,
)
from chaos_llm.protocol.rate_limits import State
from chaos_llm.providers import reasoning
from chaos_llm.providers.framing import json_reply, nameless_event, pieces_of, quote, seconds
from chaos_llm.providers.openai.chat_completions import ChatCompletions
from chaos_llm.providers.openai.chat_parts import Frame, content_of, fingerprint
from chaos_llm.providers.openai.common import Headers, OpenAIDialect, uuid
from chaos_llm.providers.openai.documents import Embeddings, Models
from chaos_llm.providers.openai.errors import ROWS, OpenAIError
from chaos_llm.providers.openai.request_fields import obfuscation
from chaos_llm.providers.openai.response_items import ItemStyle
from chaos_llm.providers.openai.responses_api import ECHOED, Responses
from chaos_llm.providers.openai.usage import usage_in_detail
from chaos_llm.providers.provider import ReplyContext

_GATEWAY = "gateway"  # the type of those refusals that have only a code and a message
_SAFE = '{"filtered":false,"severity":"safe"}'
_HARMS = ("hate", "self_harm", "sexual", "violence")
_FILTERS = ",".join(f'"{harm}":{_SAFE}' for harm in _HARMS)
_NOT_DETECTED = '{"filtered":false,"detected":false}'
_CODE, _TEXT = "protected_material_code", "protected_material_text"
_PROTECTED = f'"{_CODE}":{_NOT_DETECTED},"{_TEXT}":{_NOT_DETECTED}'
_JAILBREAK = f'"jailbreak":{_NOT_DETECTED}'
_PROMPT_FILTERS = (
    '"prompt_filter_results":[{"prompt_index":0,"content_filter_results":'
    f"{{{_FILTERS},{_JAILBREAK}}}}}]"
)
_DENIED = (
    "Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide a "
    "valid key for an active subscription and use a correct regional API endpoint for your "
    "resource."
)
_ROWS = ROWS | {
    "auth_expired": OpenAIError(401, _GATEWAY, "401", _DENIED),  # SciSharp/BotSharp#386
    "permission": OpenAIError(
        403, _GATEWAY, "403", "Access denied due to Virtual Network/Firewall rules."
    ),
    "not_found": OpenAIError(
        404,
        _GATEWAY,
        "DeploymentNotFound",
        "The API deployment for this resource does not exist. If you created the deployment within "
        "the last 5 minutes, please wait a moment and try again.",
    ),  # chatboxai/chatbox#861
    "method_not_allowed": OpenAIError(405, _GATEWAY, "405", "Method not allowed"),
    "rate_limited": OpenAIError(
        429,
        _GATEWAY,
        "429",
        "Requests to the {operation} Operation under Azure OpenAI API version 2023-05-15 have "
        "exceeded token rate limit of your current AIServices S0 pricing tier. Please retry after "
        "{wait} seconds. Please go here: https://aka.ms/oai/quotaincrease if you would like to "
        "further increase the default rate limit.",
    ),  # alex-wolf-ps/dbchatprov2#2
    "server_error": OpenAIError(
        500,
        "server_error",
        None,
        "The server had an error while processing your request. Sorry about that! You can retry "
        "your request, or contact us through an Azure support request at: "
        "https://go.microsoft.com/fwlink/?linkid=2213926 if the error persists. (Please include "
        "the request ID {request_id} in your message.)",
    ),  # Azure-Samples/azure-search-openai-demo#1390
    "overloaded": OpenAIError(
        429,
        _GATEWAY,
        "429",
        "The system is currently experiencing high demand and cannot process your request. Your "
        "request exceeds the maximum usage size allowed during peak load. Please retry after "
        "{wait} seconds. For improved latency reliability, consider switching to Provisioned "
        "Throughput.",
    ),  # the message: pollinations/pollinations#6260
    "timeout": OpenAIError(408, _GATEWAY, "Timeout", "The operation was timeout."),
}


class AzureDialect(OpenAIDialect):
    """How Azure admits and refuses."""

    name: ClassVar[str] = "azure-openai"
    hosts: ClassVar[tuple[str, ...]] = (
        "*.openai.azure.com",
        "*.cognitiveservices.azure.com",
        "*.services.ai.azure.com",
    )
    words: ClassVar[Mapping[str, OpenAIError]] = _ROWS
    no_key: ClassVar[OpenAIError] = _ROWS["auth_expired"]
    wait: ClassVar[str] = "45"
    operation: ClassVar[str]

    def _no_route(self, wire: WireRequest) -> Refusal | None:
        refusal = super()._no_route(wire)
        dated = "/openai/v1/" in wire.path or "api-version=" in wire.query
        if refusal or ("/deployments/" in wire.path and not dated):
            kind, status = (refusal.kind, refusal.status) if refusal else ("not_found", 404)
            return Refusal(kind, status, "Resource not found")
        return None

    def _row(self, request: Request, refusal: Refusal, request_id: str) -> OpenAIError:
        row = super()._row(request, refusal, request_id)
        return row._replace(message=row.message.replace("{operation}", self.operation))

    def _wait(self, wait: float | None) -> str:
        return self.wait if wait is None else seconds(wait)

    def _ids(self, reply_context: ReplyContext) -> tuple[str, Headers]:
        request_id = uuid(reply_context)
        return request_id, (
            ("apim-request-id", uuid(reply_context)),
            ("strict-transport-security", "max-age=31536000; includeSubDomains; preload"),
            ("x-content-type-options", "nosniff"),
            ("x-ms-region", "North Central US"),
            ("x-request-id", request_id),
        )  # EvolvingPrograms/oaib#11

    def _account_headers(self, request: Request) -> Headers:
        """Say which deployment served a request: Azure's headers name no account."""
        return deployment_headers(request.model) if request.invalid is None else ()

    def _retry_headers(self, wait: float) -> Headers:
        return (("retry-after", seconds(wait)), ("retry-after-ms", str(round(wait * 1000))))

    def _error(self, row: OpenAIError) -> str:
        if row.type != _GATEWAY:
            return super()._error(row)
        code = row.code or row.status
        return f'{{"error":{{"code":"{code}","message":{quote(row.message)}}}}}'

    def quota_headers(self, state: State) -> Headers:
        """Write limits in whole seconds and with their period, as recorded."""
        both = (("requests", state.requests), ("tokens", state.tokens))
        headers = [("x-ratelimit-abusepenalty-active", "False")] if any(state[3:5]) else []
        for noun, level in both:
            if level:
                headers += [
                    (f"x-ratelimit-limit-{noun}", str(level.limit)),
                    (f"x-ratelimit-remaining-{noun}", str(level.remaining)),
                    (f"x-ratelimit-reset-{noun}", str(round(level.reset))),
                    (f"x-ratelimit-renewalperiod-{noun}", "60"),
                ]
        return tuple(headers)


@lru_cache(512)
def deployment_headers(deployment: str) -> Headers:
    """The headers that say which deployment served a request; their values are assumed."""
    return (
        ("x-ms-deployment-name", deployment),
        ("x-ms-rai-invoked", "true"),
        ("x-ms-is-spilled-over", "False"),
        ("azureml-model-session", "v20260101-1"),
        ("skip-error-remapping", "true"),
        ("x-accel-buffering", "no"),
    )


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
            f'"model":{quote(request.model)},"object":"chat.completion",{_PROMPT_FILTERS},'
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

    def _usage(self, request: Request, usage: Usage) -> str:  # noqa: ARG002 - OpenRouter shows the cost
        return usage_in_detail(usage)

    def _padding(self, request: Request, said: str) -> str:
        return obfuscation(request.body, said)

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
        return [nameless_event(f'{{"choices":[],{blank},{_PROMPT_FILTERS}}}')]

    def _first_delta(self, answer: Completion) -> str:
        content = '""' if answer.text or not answer.tool_calls else "null"
        return f'{{"content":{content},"refusal":null,"role":"assistant"}}'

    def _choice(self, delta: str, finish: str, index: int = 0, logprobs: str = "null") -> str:
        filters = f"{{{_FILTERS}}}" if '"content":"' in delta and finish == "null" else "{}"
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


def _judged(answer: Completion) -> str:
    return filters_of(answer) if answer.text else f"{{{_FILTERS},{_PROTECTED}}}"


def filters_of(answer: Completion) -> str:
    """Write what the content filter found in an answer: nothing, or what made it stop."""
    if not answer.text:
        return "{}"
    if not answer.filtered:
        return f"{{{_FILTERS},{_PROTECTED}}}"
    found = '{"filtered":true,"severity":"high"}'
    harms = ",".join(f'"{harm}":{found if harm == answer.filtered else _SAFE}' for harm in _HARMS)
    return f"{{{harms},{_PROTECTED}}}"


class AzureResponses(AzureDialect, Responses):
    """The Responses API on Azure."""

    operation: ClassVar[str] = "Responses_Create"
    style: ClassVar[ItemStyle] = ItemStyle(phase="final_answer")
    media: ClassVar[str] = "text/event-stream"
    echoed: ClassVar[Mapping[str, str]] = ECHOED | {"prompt_cache_retention": '"in_memory"'}

    def _last(self, answer: Completion) -> str:
        """Say what the content filter found, in the prompt and in the answer."""
        judged = (
            ("prompt", "{" + f"{_FILTERS},{_JAILBREAK}" + "}"),
            ("completion", _judged(answer)),
        )
        told = (
            f'{{"blocked":{"true" if answer.filtered and source == "completion" else "false"},'
            f'"source_type":"{source}","content_filter_raw":[],"content_filter_results":{found},'
            f'"content_filter_offsets":{{"start_offset":0,"end_offset":{len(answer.text)},'
            f'"check_offset":0}}}}'
            for source, found in judged
        )
        return f',"content_filters":[{",".join(told)}],"moderation":null'


class AzureEmbeddings(AzureDialect, Embeddings):
    """Embeddings on Azure."""

    operation: ClassVar[str] = "Embeddings_Create"


class AzureModels(AzureDialect, Models):
    """The list of models on Azure."""

    operation: ClassVar[str] = "Models_List"
