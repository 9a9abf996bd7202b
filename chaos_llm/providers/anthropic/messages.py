"""Anthropic's Messages API: POST /v1/messages, whole and as events."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from chaos_llm.protocol.messages import Completion, Refusal, Reply, Request, WireRequest
from chaos_llm.protocol.rate_limits import Quota
from chaos_llm.providers.anthropic import subscription
from chaos_llm.providers.anthropic.common import (
    USUAL_QUOTA,
    quota,
    refuse,
    reply_ids,
    service_time,
)
from chaos_llm.providers.anthropic.message_bodies import (
    MODEL_TOO,
    PING,
    events,
    refusal_of,
    request_fields,
    whole,
)
from chaos_llm.providers.framing import bearer, json_reply, pieces_of, sse_reply
from chaos_llm.providers.model_endpoint import ModelEndpoint
from chaos_llm.providers.provider import ReplyContext


class AnthropicMessages(ModelEndpoint):
    """Anthropic's Messages API."""

    filters: ClassVar[bool] = True
    name: ClassVar[str] = "anthropic"
    api: ClassVar[str] = "messages"
    hosts: ClassVar[tuple[str, ...]] = ("api.anthropic.com",)
    ending: ClassVar[str] = "/v1/messages"
    unreadable: ClassVar[str] = "The request body is not valid JSON: {}"
    usual_quota: ClassVar[Quota | None] = USUAL_QUOTA
    made_of_draws: ClassVar[tuple[Callable[[bytes], str], ...]] = (service_time,)

    def _secret(self, headers: Mapping[str, str]) -> str:
        return headers.get("x-api-key") or bearer(headers.get("authorization", ""))

    def _read(self, wire: WireRequest, secret: str, body: dict[str, Any]) -> Request:
        refused = refusal_of(body, MODEL_TOO)
        if refused:
            return self._invalid(wire, secret, refused)
        return Request(
            provider=self.name,
            api=self.api,
            surface=self.surface,
            host=wire.host,
            path=wire.path,
            model=body["model"],
            stream=body.get("stream") is True,
            credential=secret,
            size=len(wire.body),
            input_tokens=len(wire.body) // 4,  # roughly four bytes a token
            subscription=self._secret(wire.headers).startswith(subscription.TOKENS),
            **request_fields(body),
        )

    def _refuse(self, request: Request, refusal: Refusal, reply_context: ReplyContext) -> Reply:
        return refuse(request, refusal, reply_context)

    def _whole(self, request: Request, answer: Completion, reply_context: ReplyContext) -> Reply:
        headers = _opened(request, reply_context)
        return json_reply(200, headers, whole(request, answer, reply_context), pieces_of(answer))

    def _stream(self, request: Request, answer: Completion, reply_context: ReplyContext) -> Reply:
        headers = _opened(request, reply_context)
        return sse_reply(headers, events(request, answer, reply_context), PING.data)

    quota = staticmethod(quota)


def _opened(request: Request, reply_context: ReplyContext) -> tuple[tuple[str, str], ...]:
    """The headers of a healthy reply; a subscription's limits are among them."""
    _, headers = reply_ids(reply_context, request.credential)
    if request.subscription:
        return headers + subscription.healthy_headers(reply_context.now)
    return headers
