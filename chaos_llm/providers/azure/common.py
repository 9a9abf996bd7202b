"""What Azure's endpoints share: its gateway's refusals, its headers and its content filter.

Each row names its source, or says that it is assumed.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import ClassVar

from chaos_llm.protocol.messages import Completion, Refusal, Reply, Request, WireRequest
from chaos_llm.protocol.rate_limits import State
from chaos_llm.providers.framing import json_reply, quote, seconds
from chaos_llm.providers.openai.common import Headers, OpenAIDialect, uuid
from chaos_llm.providers.openai.errors import ROWS, OpenAIError
from chaos_llm.providers.provider import NamedValues, ReplyContext, named_values

_GATEWAY = "gateway"  # the type of those refusals that have only a code and a message
_HARMFUL = '{"filtered":true,"severity":"high"}'
SAFE = '{"filtered":false,"severity":"safe"}'
HARMS = ("hate", "self_harm", "sexual", "violence")
FILTERS = ",".join(f'"{harm}":{SAFE}' for harm in HARMS)
_NOT_DETECTED = '{"filtered":false,"detected":false}'
_CODE, _TEXT = "protected_material_code", "protected_material_text"
PROTECTED = f'"{_CODE}":{_NOT_DETECTED},"{_TEXT}":{_NOT_DETECTED}'
JAILBREAK = f'"jailbreak":{_NOT_DETECTED}'
PROMPT_FILTERS = (
    '"prompt_filter_results":[{"prompt_index":0,"content_filter_results":'
    f"{{{FILTERS},{JAILBREAK}}}}}]"
)
_BLOCKED = (
    '{"error":{"message":"The response was filtered due to the prompt triggering Azure OpenAI\'s '
    "content management policy. Please modify your prompt and retry. To learn more about our "
    "content filtering policies please read our documentation: "
    'https://go.microsoft.com/fwlink/?linkid=2198766","type":null,"param":"prompt",'
    '"code":"content_filter","status":400,"innererror":{"code":"ResponsibleAIPolicyViolation",'
    '"content_filter_result":{%s}}}}'
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
    """What Azure's endpoints share: keys, refusals, headers and limits."""

    filters: ClassVar[bool] = True
    name: ClassVar[str] = "azure-openai"
    hosts: ClassVar[tuple[str, ...]] = (
        "*.openai.azure.com",
        "*.cognitiveservices.azure.com",
        "*.services.ai.azure.com",
        "*.openai.azure.us",  # of Azure Government
        "*.cognitiveservices.azure.us",
    )
    words: ClassVar[Mapping[str, OpenAIError]] = _ROWS
    no_key: ClassVar[OpenAIError] = _ROWS["auth_expired"]
    wait: ClassVar[str] = "45"
    gateway_headers: ClassVar[Headers] = ()
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

    def _block(self, request: Request, refusal: Refusal, reply_context: ReplyContext) -> Reply:
        """Refuse a prompt, as in Azure/azure-sdk-for-go#23936 and openai/openai-dotnet#55."""
        found = refusal.details["category"]
        _, headers = self._opened(request, reply_context)
        return json_reply(400, headers, _BLOCKED % f"{harms(found)},{JAILBREAK}")

    def quota(self, state: State) -> NamedValues:
        """Limits in whole seconds and with their period, as recorded."""
        both = (("requests", state.requests), ("tokens", state.tokens))
        headers: list[tuple[str, int | str]] = []
        if any(state[3:5]):
            headers.append(("x-ratelimit-abusepenalty-active", "False"))
        for noun, level in both:
            if level:
                headers += [
                    (f"x-ratelimit-limit-{noun}", level.limit),
                    (f"x-ratelimit-remaining-{noun}", level.remaining),
                    (f"x-ratelimit-reset-{noun}", round(level.reset)),
                    (f"x-ratelimit-renewalperiod-{noun}", 60),
                ]
        return named_values(headers)


@lru_cache(512)
def deployment_headers(deployment: str) -> Headers:
    """The headers that name the deployment that served a request; their values are assumed."""
    return (
        ("x-ms-deployment-name", " ".join(deployment.split())),  # no header has line ends
        ("x-ms-rai-invoked", "true"),
        ("x-ms-is-spilled-over", "False"),
        ("azureml-model-session", "v20260101-1"),
        ("skip-error-remapping", "true"),
        ("x-accel-buffering", "no"),
    )


def judged(answer: Completion) -> str:
    """Write the content filter's result, also of an answer without text."""
    return filters_of(answer) if answer.text or answer.filtered else f"{{{FILTERS},{PROTECTED}}}"


def filters_of(answer: Completion) -> str:
    """Write the content filter's result: nothing found, or the category that stopped the answer."""
    if not answer.text and not answer.filtered:
        return "{}"
    if not answer.filtered:
        return f"{{{FILTERS},{PROTECTED}}}"
    return f"{{{harms(answer.filtered)},{PROTECTED}}}"


def harms(found: str) -> str:
    """Write the severity of each harm, of which one was found."""
    return ",".join(f'"{harm}":{_HARMFUL if harm == found else SAFE}' for harm in HARMS)
