"""OpenAI's models on Azure, by deployment or at /openai/v1.

    /openai/deployments/{name}/chat/completions?api-version=2024-10-21
    /openai/responses?api-version=preview        /openai/v1/chat/completions

A gateway answers for the key, the deployment and the limits, in its own short form; the rest is
OpenAI's. Each row names its source; what none shows is assumed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from chaos_llm.protocol.messages import Chunk, Completion, Refusal, Reply, Request, WireRequest
from chaos_llm.protocol.rate_limits import State
from chaos_llm.providers.framing import json_reply, nameless_event, pieces_of, quote, seconds
from chaos_llm.providers.openai.chat_completions import ChatCompletions, content_of
from chaos_llm.providers.openai.common import Headers, OpenAIDialect, ratelimit_headers, uuid
from chaos_llm.providers.openai.documents import Embeddings, Models
from chaos_llm.providers.openai.errors import ROWS, OpenAIError
from chaos_llm.providers.openai.responses_api import Responses
from chaos_llm.providers.provider import ReplyContext

_GATEWAY = "gateway"  # the type of those refusals that have only a code and a message
_SAFE = '{"filtered":false,"severity":"safe"}'
_FILTERS = f'{{"hate":{_SAFE},"self_harm":{_SAFE},"sexual":{_SAFE},"violence":{_SAFE}}}'
_PROMPT_FILTERS = (
    f'"prompt_filter_results":[{{"prompt_index":0,"content_filter_results":{_FILTERS}}}]'
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

    def _retry_headers(self, wait: float) -> Headers:
        return (("retry-after", seconds(wait)), ("retry-after-ms", str(round(wait * 1000))))

    def _error(self, row: OpenAIError) -> str:
        if row.type != _GATEWAY:
            return super()._error(row)
        code = row.code or row.status
        return f'{{"error":{{"code":"{code}","message":{quote(row.message)}}}}}'

    def quota_headers(self, state: State) -> Headers:
        """Write the two that EvolvingPrograms/oaib#11 shows of OpenAI's."""
        return tuple(h for h in ratelimit_headers(state) if "remaining" in h[0])


class AzureChat(AzureDialect, ChatCompletions):
    """Chat Completions on Azure, with the marks of its content filter."""

    operation: ClassVar[str] = "ChatCompletions_Create"

    def _whole(self, request: Request, answer: Completion, reply_context: ReplyContext) -> Reply:
        _, headers = self._ids(reply_context)
        message = f'"annotations":[],"content":{content_of(answer)},"refusal":null'
        message += ',"role":"assistant"'
        if answer.tool_calls:
            calls = (self._call(call, reply_context) for call in answer.tool_calls)
            message += f',"tool_calls":[{",".join(calls)}]'
        body = (
            f'{{"choices":[{{"content_filter_results":{_FILTERS},'
            f'"finish_reason":"{self.finishes[answer.stop]}","index":0,"logprobs":null,'
            f'"message":{{{message}}}}}],"created":{int(reply_context.now)},"id":"{self._id(reply_context)}",'
            f'"model":{quote(request.model)},"object":"chat.completion",{_PROMPT_FILTERS},'
            f'"system_fingerprint":null,"usage":{self._billed(answer)}}}'
        )
        return json_reply(200, headers, body, pieces_of(answer))

    def _frame(self, request: Request, reply_context: ReplyContext) -> tuple[str, str]:
        return '{"choices":[', (
            f'],"created":{int(reply_context.now)},"id":"{self._id(reply_context)}",'
            f'"model":{quote(request.model)},"object":"chat.completion.chunk",'
            f'"system_fingerprint":null'
        )

    def _opening(self, head: str, end: str) -> list[Chunk]:  # noqa: ARG002
        """Begin with what the filter says of the prompt: a chunk without a choice.

        As pasted in microsoft/autogen#6465 and langchain4j/langchain4j#2385; code that takes
        `choices[0]` of every chunk breaks on it.
        """
        blank = '"created":0,"id":"","model":"","object":""'
        return [nameless_event(f'{{"choices":[],{blank},{_PROMPT_FILTERS}}}')]

    def _choice(self, delta: str, finish: str) -> str:
        return (
            f'{{"content_filter_results":{{}},"delta":{delta},"finish_reason":{finish},'
            f'"index":0,"logprobs":null}}'
        )


class AzureResponses(AzureDialect, Responses):
    """The Responses API on Azure."""

    operation: ClassVar[str] = "Responses_Create"


class AzureEmbeddings(AzureDialect, Embeddings):
    """Embeddings on Azure."""

    operation: ClassVar[str] = "Embeddings_Create"


class AzureModels(AzureDialect, Models):
    """The list of models on Azure."""

    operation: ClassVar[str] = "Models_List"
