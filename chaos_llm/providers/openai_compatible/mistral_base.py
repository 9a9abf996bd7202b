"""What Mistral's endpoints share: ids, headers, refusals and limits."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import ClassVar

from chaos_llm.protocol.rate_limits import Quota, State
from chaos_llm.providers.framing import quote
from chaos_llm.providers.openai.common import Headers, hexadecimal, uuid
from chaos_llm.providers.openai.errors import OpenAIError
from chaos_llm.providers.openai_compatible.base import LookAlikeDialect
from chaos_llm.providers.openai_compatible.errors import MISTRAL
from chaos_llm.providers.provider import NamedValues, ReplyContext, named_values


class MistralDialect(LookAlikeDialect):
    """How Mistral admits and refuses."""

    name: ClassVar[str] = "mistral"
    hosts: ClassVar[tuple[str, ...]] = (
        "api.mistral.ai",
        "api.eu.mistral.ai",
        "api.us.mistral.ai",
        "codestral.mistral.ai",
    )
    words: ClassVar[Mapping[str, OpenAIError]] = MISTRAL
    no_key: ClassVar[OpenAIError] = MISTRAL["auth_expired"]
    lacking: ClassVar[str] = "{}: Field required"
    usual_quota: ClassVar[Quota | None] = Quota(360, 2_000_000)  # assumed

    def _ids(self, reply_context: ReplyContext) -> tuple[str, Headers]:
        request_id = uuid(reply_context)
        return (
            request_id,
            (
                ("mistral-correlation-id", request_id),
                ("x-kong-request-id", request_id),
                ("x-kong-upstream-latency", str(100 + int(request_id[:3], 16) % 900)),  # assumed
                ("x-kong-proxy-latency", "6"),
                ("x-envoy-upstream-service-time", str(100 + int(request_id[:3], 16) % 900)),
                ("cf-ray", f"{request_id[:8]}{request_id[9:13]}{request_id[14:18]}-SJC"),
                ("x-max-retry-attempts-reached", "false"),
                *_EDGE,
            ),
        )

    def _id(self, reply_context: ReplyContext) -> str:
        return hexadecimal(reply_context, 32)

    def _lacks_field(self, row: OpenAIError, field: str) -> OpenAIError:
        return row._replace(status=422, param=field)

    def _error(self, row: OpenAIError) -> str:
        return self._event(row)

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

    def quota(self, state: State) -> NamedValues:
        """The headers of mistralai/client-ts#169, with what this request took."""
        levels = (("tokens", state.tokens), ("req", state.requests))
        cost = [("x-ratelimit-tokens-query-cost", state.cost)] if state.tokens else []
        left = [
            (f"x-ratelimit-{name}-{noun}-minute", value)
            for noun, level in levels
            if level
            for name, value in (("limit", level.limit), ("remaining", level.remaining))
        ]
        return named_values(cost + left)


# As recorded, without hop-by-hop ones.
_EDGE = (
    ("access-control-allow-origin", "*"),
    ("strict-transport-security", "max-age=15552000; includeSubDomains; preload"),
    ("x-content-type-options", "nosniff"),
    ("server", "cloudflare"),
    ("cf-cache-status", "DYNAMIC"),
)
