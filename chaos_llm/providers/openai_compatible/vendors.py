"""Vendors and servers that speak OpenAI's Chat Completions: a row each, with its quirks.

Error bodies and habits are those of the sources in _look_alike_words and of the vendors' SDKs
(groq 1.7, together 3.1, mistralai 3.7); what neither shows is assumed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import ClassVar

from chaos_llm.protocol.messages import Chunk
from chaos_llm.protocol.rate_limits import State
from chaos_llm.providers.framing import base58, event, quote
from chaos_llm.providers.openai.common import Headers, hexadecimal, ratelimit_headers, uuid
from chaos_llm.providers.openai.errors import OpenAIError
from chaos_llm.providers.openai_compatible.base import LookAlike, problem
from chaos_llm.providers.openai_compatible.errors import (
    DEEPSEEK,
    GROQ,
    META,
    MISTRAL,
    OPENROUTER,
    TOGETHER,
    XAI_ROWS,
)
from chaos_llm.providers.provider import ReplyContext


class Groq(LookAlike):
    """Groq, whose errors have no param and whose first and last chunk have a request id."""

    name: ClassVar[str] = "groq"
    hosts: ClassVar[tuple[str, ...]] = ("api.groq.com",)
    words: ClassVar[Mapping[str, OpenAIError]] = GROQ
    no_key: ClassVar[OpenAIError] = GROQ["auth_expired"]
    lacking: ClassVar[str] = "'{}' : property is missing"

    def _ids(self, reply_context: ReplyContext) -> tuple[str, Headers]:
        request_id = f"req_01{base58(reply_context.rng.number(256), 24).lower()}"
        return request_id, (("x-request-id", request_id),)  # groq/groq-typescript#28

    def _id(self, reply_context: ReplyContext) -> str:
        return "chatcmpl-" + uuid(reply_context)

    def _more(self, request_id: str) -> str:
        return f',"system_fingerprint":null,"x_groq":{{"id":"{request_id}"}}'

    def _last(self, usage: str, request_id: str) -> str:
        return f',"x_groq":{{"id":"{request_id}","usage":{usage}}}'

    def _error(self, row: OpenAIError) -> str:
        return self._event(row) + "\n"

    def _event(self, row: OpenAIError) -> str:
        code = f',"code":"{row.code}"' if row.code else ""
        param = f',"param":"{row.param}"' if row.param else ""
        message = quote(row.message)
        return f'{{"error":{{"message":{message},"type":"{row.type}"{param}{code}}}}}'

    def _failed(self, row: OpenAIError, head: str) -> Chunk:  # noqa: ARG002 - some end with a chunk
        return event("error", self._event(row))

    def quota_headers(self, state: State) -> Headers:
        return ratelimit_headers(state)  # its own counts requests by the day


class Together(LookAlike):
    """Together, which repeats the role in every delta and counts limits by the second."""

    name: ClassVar[str] = "together"
    hosts: ClassVar[tuple[str, ...]] = ("*.together.ai", "api.together.xyz")
    words: ClassVar[Mapping[str, OpenAIError]] = TOGETHER
    no_key: ClassVar[OpenAIError] = TOGETHER["auth_expired"]
    roles: ClassVar[bool] = True
    tells_usage: ClassVar[bool] = True

    def _ids(self, reply_context: ReplyContext) -> tuple[str, Headers]:
        return self._id(reply_context), ()

    def _id(self, reply_context: ReplyContext) -> str:
        number = reply_context.rng.number(256)
        return f"{base58(number, 13)}-{number >> 192:016x}"  # as okkMWqL-2kFHot-a023f60e9b77ff7e

    def _error(self, row: OpenAIError) -> str:
        return f'{{"id":"{row.request_id}",{self._event(row)[1:]}'  # HeyPuter/puter#3168

    def quota_headers(self, state: State) -> Headers:
        """Write the headers that docs.together.ai/docs/rate-limits listed, by the second."""
        headers = []
        for prefix, level in (("x-ratelimit", state.requests), ("x-tokenlimit", state.tokens)):
            if level:
                headers.append((f"{prefix}-limit", f"{level.limit / 60:g}"))
                headers.append((f"{prefix}-remaining", f"{level.remaining / 60:g}"))
        reset = state.requests or state.tokens
        return (*headers, ("x-ratelimit-reset", f"{reset.reset:g}")) if reset else ()


class XAI(LookAlike):
    """The REST API of xAI, whose errors are two texts and whose word for a wrong key is a 400."""

    name: ClassVar[str] = "xai"
    hosts: ClassVar[tuple[str, ...]] = ("api.x.ai",)
    words: ClassVar[Mapping[str, OpenAIError]] = XAI_ROWS
    no_key: ClassVar[OpenAIError] = XAI_ROWS["auth_expired"]._replace(status=401)
    tells_usage: ClassVar[bool] = True

    def _event(self, row: OpenAIError) -> str:
        return f'{{"code":"{row.type}","error":{quote(row.message)}}}'


class DeepSeek(LookAlike):
    """DeepSeek, which keeps waiting streams alive with comments."""

    name: ClassVar[str] = "deepseek"
    hosts: ClassVar[tuple[str, ...]] = ("api.deepseek.com",)
    words: ClassVar[Mapping[str, OpenAIError]] = DEEPSEEK
    no_key: ClassVar[OpenAIError] = DEEPSEEK["auth_expired"]._replace(
        message="Authentication Fails (auth header format should be Bearer sk-...)"
    )  # linshenkx/prompt-optimizer#170
    lacking: ClassVar[str] = (
        "Failed to deserialize the JSON body into the target type: missing field `{}`"
    )
    comment: ClassVar[str] = "keep-alive"
    tells_usage: ClassVar[bool] = True


class Mistral(LookAlike):
    """Mistral, whose errors are flat objects, or a detail alone, and whose calls come whole."""

    name: ClassVar[str] = "mistral"
    hosts: ClassVar[tuple[str, ...]] = ("api.mistral.ai", "api.eu.mistral.ai", "api.us.mistral.ai")
    words: ClassVar[Mapping[str, OpenAIError]] = MISTRAL
    no_key: ClassVar[OpenAIError] = MISTRAL["auth_expired"]
    lacking: ClassVar[str] = "{}: Field required"
    whole_calls: ClassVar[bool] = True
    tells_usage: ClassVar[bool] = True

    def _id(self, reply_context: ReplyContext) -> str:
        return hexadecimal(reply_context, 32)

    def _call_id(self, reply_context: ReplyContext) -> str:
        return base58(reply_context.rng.number(256), 9)

    def _lacks_field(self, row: OpenAIError, field: str) -> OpenAIError:
        return row._replace(status=422, param=field)

    def _event(self, row: OpenAIError) -> str:
        if row.status == 401:
            return f'{{"detail":{quote(row.message)}}}'
        if row.param:
            place = f'"loc":["body","{row.param}"]'
            return f'{{"detail":[{{"type":"missing",{place},"msg":"Field required"}}]}}'
        code = f'"{row.code}"' if row.code else "null"
        message, raw = quote(row.message), f',"raw_status_code":{row.status}'
        if row.details is not None:  # editor-code-assistant/eca#231
            message, raw = json.dumps(row.details, ensure_ascii=False), ""
        return (
            f'{{"object":"error","message":{message},"type":"{row.type}","param":null,'
            f'"code":{code}{raw}}}'
        )

    def quota_headers(self, state: State) -> Headers:
        """Write the headers of mistralai/client-ts#169."""
        levels = (("tokens", state.tokens), ("req", state.requests))
        return tuple(
            (f"x-ratelimit-{name}-{noun}-minute", str(value))
            for noun, level in levels
            if level
            for name, value in (("limit", level.limit), ("remaining", level.remaining))
        )


class MetaLlamaCompatible(LookAlike):
    """Meta's Llama API at its compatible path, whose errors are problem documents."""

    name: ClassVar[str] = "meta-llama"
    hosts: ClassVar[tuple[str, ...]] = ("api.llama.com",)
    ending: ClassVar[str] = "/compat/v1/chat/completions"
    words: ClassVar[Mapping[str, OpenAIError]] = META
    no_key: ClassVar[OpenAIError] = META["auth_expired"]

    def _error(self, row: OpenAIError) -> str:
        return problem(row)

    def _event(self, row: OpenAIError) -> str:
        return f'{{"error":{problem(row)}}}'


class OpenRouter(LookAlike):
    """OpenRouter, whose error codes are statuses, and come inside a 200 once it has begun."""

    name: ClassVar[str] = "openrouter"
    hosts: ClassVar[tuple[str, ...]] = ("openrouter.ai",)
    words: ClassVar[Mapping[str, OpenAIError]] = OPENROUTER
    no_key: ClassVar[OpenAIError] = OPENROUTER["auth_expired"]._replace(
        message="No auth credentials found"
    )  # musistudio/claude-code-router#227
    comment: ClassVar[str] = "OPENROUTER PROCESSING"
    tells_usage: ClassVar[bool] = True

    def _ids(self, reply_context: ReplyContext) -> tuple[str, Headers]:
        return "", (("x-generation-id", self._id(reply_context.again())),)

    def _id(self, reply_context: ReplyContext) -> str:
        return f"gen-{int(reply_context.now)}-{base58(reply_context.rng.number(256), 20)}"

    def _event(self, row: OpenAIError) -> str:
        return f'{{"error":{_of_upstream(row)}}}'

    def _failed(self, row: OpenAIError, head: str) -> Chunk:
        """Break off as openrouter.ai/docs/api/reference/streaming has it."""
        finish = self._choice('{"content":""}', '"error"')
        data = f'{head}{finish}],"error":{_of_upstream(row)}}}'
        return Chunk(0.0, f"data: {data}\n\n".encode("utf-8", "replace"))


def _of_upstream(row: OpenAIError) -> str:
    raw = ""
    if row.type == "upstream":  # open-webui/computer#293, cut
        told = '"the model is temporarily rate-limited upstream","provider_name":"Example"'
        raw = f',"metadata":{{"raw":{told}}}'
    return f'{{"message":{quote(row.message)},"code":{row.status}{raw}}}'
