"""What the endpoints of a vendor with APIs in OpenAI's form share: keys, errors, headers, ids.

Error bodies and headers are those of the sources in errors.py, of recorded replies and of the
vendors' SDKs; anything else is assumed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from chaos_llm.protocol.rate_limits import Quota, State
from chaos_llm.providers.framing import base58, quote
from chaos_llm.providers.openai.common import Headers, hexadecimal, quota, uuid
from chaos_llm.providers.openai.errors import OpenAIError
from chaos_llm.providers.openai_compatible.base import LookAlikeDialect, problem
from chaos_llm.providers.openai_compatible.errors import (
    DEEPSEEK,
    GROQ,
    META,
    TGI_ROWS,
    TOGETHER,
    VLLM_ROWS,
    XAI_ROWS,
)
from chaos_llm.providers.provider import NamedValues, ReplyContext, named_values

_GROQ_EDGE = (
    ("cache-control", "private, max-age=0, no-store, no-cache, must-revalidate"),
    ("strict-transport-security", "max-age=15552000"),
    ("via", "1.1 google"),
    ("server", "cloudflare"),
    ("cf-cache-status", "DYNAMIC"),
)  # as recorded, without hop-by-hop ones


_TOGETHER_EDGE = (
    ("strict-transport-security", "max-age=15552000; includeSubDomains"),
    ("access-control-allow-origin", "*"),
    ("server", "cloudflare"),
    ("cf-cache-status", "DYNAMIC"),
)  # as recorded, without the timings of its own machines


def xai_ids(reply_context: ReplyContext) -> tuple[str, Headers]:
    """Draw a request id and the headers of every reply of xAI's, as recorded."""
    request_id = uuid(reply_context)
    number = reply_context.rng.number(32)
    first, took = 150 + number % 400, 600 + number % 3000  # milliseconds: assumed
    return request_id, (
        ("x-request-id", request_id),
        ("x-metrics-ttft-ms", str(first)),
        ("x-metrics-mean-itl-ms", "9"),
        ("x-metrics-e2e-ms", str(took)),
        ("x-zero-data-retention", "false"),
        ("x-data-retention", "true"),
        ("strict-transport-security", "max-age=31536000; includeSubDomains"),
        ("access-control-allow-origin", "*"),
        ("access-control-expose-headers", "*"),
        ("server", "cloudflare"),
        ("cf-cache-status", "DYNAMIC"),
        ("cf-ray", f"{number:016x}-SJC"),
    )


def deepseek_ids(reply_context: ReplyContext) -> tuple[str, Headers]:
    """Draw a trace id and the headers of every reply of DeepSeek's, as recorded."""
    trace = hexadecimal(reply_context, 32)
    return trace, (
        ("x-ds-trace-id", trace),
        ("access-control-allow-credentials", "true"),
        ("strict-transport-security", "max-age=31536000; includeSubDomains; preload"),
        ("x-content-type-options", "nosniff"),
        ("server", "elb"),
        ("x-cache", "Miss from cloudfront"),
        ("via", "1.1 example.cloudfront.net (CloudFront)"),
        ("x-amz-cf-pop", "SFO53-P1"),
        ("x-amz-cf-id", f"{trace}=="),
    )


def with_status(row: OpenAIError) -> str:
    """Write a refusal whose code is its status, as vLLM does."""
    return (
        f'{{"message":{quote(row.message)},"type":"{row.type}","param":null,"code":{row.status}}}'
    )


class GroqDialect(LookAlikeDialect):
    """What Groq's endpoints share."""

    asks_to_wait: ClassVar[bool] = True
    name: ClassVar[str] = "groq"
    hosts: ClassVar[tuple[str, ...]] = ("api.groq.com",)
    words: ClassVar[Mapping[str, OpenAIError]] = GROQ
    no_key: ClassVar[OpenAIError] = GROQ["auth_expired"]
    lacking: ClassVar[str] = "'{}' : property is missing"
    usual_quota: ClassVar[Quota | None] = Quota(1_000, 300_000)  # assumed

    def _ids(self, reply_context: ReplyContext) -> tuple[str, Headers]:
        number = reply_context.rng.number(256)
        request_id = f"req_01{base58(number, 24).lower()}"
        head = (("x-request-id", request_id), ("x-groq-region", "dls"))  # groq/groq-typescript#28
        return request_id, (*head, ("cf-ray", f"{number >> 192:016x}-SJC"), *_GROQ_EDGE)

    def _id(self, reply_context: ReplyContext) -> str:
        return "chatcmpl-" + uuid(reply_context)

    def _error(self, row: OpenAIError) -> str:
        return self._event(row) + "\n"

    def _event(self, row: OpenAIError) -> str:
        code = f',"code":"{row.code}"' if row.code else ""
        param = f',"param":"{row.param}"' if row.param else ""
        message = quote(row.message)
        return f'{{"error":{{"message":{message},"type":"{row.type}"{param}{code}}}}}'

    def quota(self, state: State) -> NamedValues:
        return quota(state)  # Groq counts requests per day


class TogetherDialect(LookAlikeDialect):
    """What Together's endpoints share."""

    name: ClassVar[str] = "together"
    hosts: ClassVar[tuple[str, ...]] = ("*.together.ai", "api.together.xyz")
    words: ClassVar[Mapping[str, OpenAIError]] = TOGETHER
    no_key: ClassVar[OpenAIError] = TOGETHER["auth_expired"]
    usual_quota: ClassVar[Quota | None] = Quota(600)  # assumed

    def _ids(self, reply_context: ReplyContext) -> tuple[str, Headers]:
        reply_id = self._id(reply_context)
        return reply_id, (("cf-ray", f"{reply_id[-16:]}-SJC"), *_TOGETHER_EDGE)

    def _id(self, reply_context: ReplyContext) -> str:
        number = reply_context.rng.number(256)
        return f"{base58(number, 13)}-{number >> 192:016x}"  # as okkMWqL-2kFHot-a023f60e9b77ff7e

    def _error(self, row: OpenAIError) -> str:
        return f'{{"id":"{row.request_id}",{self._event(row)[1:]}'  # HeyPuter/puter#3168

    def quota(self, state: State) -> NamedValues:
        """The headers that docs.together.ai/docs/rate-limits listed, by the second."""
        headers = []
        for prefix, level in (("x-ratelimit", state.requests), ("x-tokenlimit", state.tokens)):
            if level:
                headers.append((f"{prefix}-limit", f"{level.limit / 60:g}"))
                headers.append((f"{prefix}-remaining", f"{level.remaining / 60:g}"))
        reset = state.requests or state.tokens
        resets = [("x-ratelimit-reset", f"{reset.reset:g}")] if reset else []
        return named_values(headers + resets)


class XAIDialect(LookAlikeDialect):
    """What xAI's endpoints share."""

    name: ClassVar[str] = "xai"
    hosts: ClassVar[tuple[str, ...]] = ("api.x.ai", "*.api.x.ai")  # by region: us-east-1
    words: ClassVar[Mapping[str, OpenAIError]] = XAI_ROWS
    no_key: ClassVar[OpenAIError] = XAI_ROWS["auth_expired"]._replace(status=401)
    usual_quota: ClassVar[Quota | None] = Quota(480, 2_000_000)  # assumed

    def _ids(self, reply_context: ReplyContext) -> tuple[str, Headers]:
        return xai_ids(reply_context)

    def _event(self, row: OpenAIError) -> str:
        return f'{{"code":"{row.type}","error":{quote(row.message)}}}'

    def quota(self, state: State) -> NamedValues:
        """Limits and what is left; xAI does not say when they are reset."""
        headers = zip(*quota(state), strict=True)
        return named_values(header for header in headers if "reset" not in header[0])


class DeepSeekDialect(LookAlikeDialect):
    """What DeepSeek's endpoints share."""

    name: ClassVar[str] = "deepseek"
    hosts: ClassVar[tuple[str, ...]] = ("api.deepseek.com",)
    words: ClassVar[Mapping[str, OpenAIError]] = DEEPSEEK
    no_key: ClassVar[OpenAIError] = DEEPSEEK["auth_expired"]._replace(
        message="Authentication Fails (auth header format should be Bearer sk-...)"
    )  # linshenkx/prompt-optimizer#170
    lacking: ClassVar[str] = (
        "Failed to deserialize the JSON body into the target type: missing field `{}`"
    )

    def _ids(self, reply_context: ReplyContext) -> tuple[str, Headers]:
        return deepseek_ids(reply_context)


class MetaDialect(LookAlikeDialect):
    """What Meta's endpoints share."""

    name: ClassVar[str] = "meta-llama"
    hosts: ClassVar[tuple[str, ...]] = ("api.llama.com",)
    words: ClassVar[Mapping[str, OpenAIError]] = META
    no_key: ClassVar[OpenAIError] = META["auth_expired"]

    def _error(self, row: OpenAIError) -> str:
        return problem(row)

    def _event(self, row: OpenAIError) -> str:
        return f'{{"error":{problem(row)}}}'


class VLLMDialect(LookAlikeDialect):
    """What vLLM's endpoints share."""

    name: ClassVar[str] = "vllm"
    hosts: ClassVar[tuple[str, ...]] = ()
    keyless: ClassVar[bool] = True
    lacking: ClassVar[str] = "[{'type': 'missing', 'loc': ('body', '{}'), 'msg': 'Field required'}]"
    words: ClassVar[Mapping[str, OpenAIError]] = VLLM_ROWS
    no_key: ClassVar[OpenAIError] = VLLM_ROWS["auth_expired"]

    def _id(self, reply_context: ReplyContext) -> str:
        return "chatcmpl-" + hexadecimal(reply_context, 32)

    def _event(self, row: OpenAIError) -> str:
        return f'{{"error":{with_status(row)}}}'

    def _error(self, row: OpenAIError) -> str:
        return '{"error":"Unauthorized"}' if row.status == 401 else self._event(row)


class TGIDialect(LookAlikeDialect):
    """What TGI's endpoints share."""

    name: ClassVar[str] = "tgi"
    hosts: ClassVar[tuple[str, ...]] = ()
    keyless: ClassVar[bool] = True
    words: ClassVar[Mapping[str, OpenAIError]] = TGI_ROWS
    lacking: ClassVar[str] = (
        "Failed to deserialize the JSON body into the target type: missing field `{}`"
    )

    def _id(self, reply_context: ReplyContext) -> str:  # noqa: ARG002 - it gives none
        return ""

    def _event(self, row: OpenAIError) -> str:
        return f'{{"error":{quote(row.message)},"error_type":"{row.type}"}}'
