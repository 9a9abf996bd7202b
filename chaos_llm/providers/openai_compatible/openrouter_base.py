"""What OpenRouter's endpoints share: ids, headers, refusals, prices and upstream providers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import ClassVar

from chaos_llm.protocol.messages import Refusal, Reply, Request, Usage
from chaos_llm.protocol.rate_limits import with_headers
from chaos_llm.providers.framing import base58, quote
from chaos_llm.providers.openai.chat_parts import counted
from chaos_llm.providers.openai.common import Headers
from chaos_llm.providers.openai.errors import OpenAIError
from chaos_llm.providers.openai_compatible.base import LookAlikeDialect
from chaos_llm.providers.openai_compatible.errors import OPENROUTER
from chaos_llm.providers.provider import ReplyContext

_EDGE = (
    ("access-control-allow-origin", "*"),
    ("access-control-expose-headers", "X-Generation-Id"),
    ("permissions-policy", "payment=(self)"),
    ("referrer-policy", "no-referrer, strict-origin-when-cross-origin"),
    ("x-content-type-options", "nosniff"),
    ("server", "cloudflare"),
    ("cf-ray", "9d3a5c2f1e8b7a64-SJC"),
)  # as recorded, without hop-by-hop ones; their values are assumed
# US dollars for a million tokens in and out, by a word of the model: assumed, of the right order.
_PRICES = (("opus", 5.0, 25.0), ("sonnet", 3.0, 15.0), ("mini", 0.25, 2.0), ("", 1.25, 10.0))
_MINUTE, _FREE_LIMIT = 60.0, 20  # of free models: openrouter.ai/docs/api/reference/limits
_CACHED = 0.1  # of the price, for tokens out of the upstream's cache: assumed
_MAKERS = {"openai": "OpenAI", "anthropic": "Anthropic", "google": "Google", "x-ai": "xAI"}
_FREE = re.compile(r":free$")


class OpenRouterDialect(LookAlikeDialect):
    """How OpenRouter admits and refuses."""

    name: ClassVar[str] = "openrouter"
    hosts: ClassVar[tuple[str, ...]] = ("openrouter.ai",)
    words: ClassVar[Mapping[str, OpenAIError]] = OPENROUTER
    no_key: ClassVar[OpenAIError] = OPENROUTER["auth_expired"]._replace(
        message="No auth credentials found"
    )  # musistudio/claude-code-router#227

    def _ids(self, reply_context: ReplyContext) -> tuple[str, Headers]:
        return "", (("x-generation-id", self._id(reply_context.again())), *_EDGE)

    def _id(self, reply_context: ReplyContext) -> str:
        return f"gen-{int(reply_context.now)}-{base58(reply_context.rng.number(256), 20)}"

    def _opened(self, request: Request, reply_context: ReplyContext) -> tuple[str, Headers]:
        """Pass on the user id, which the body of a refusal has."""
        _, headers = super()._opened(request, reply_context)
        return request.credential, headers

    def _account_headers(self, request: Request) -> Headers:  # noqa: ARG002 - the body names it
        return ()

    def _refuse(self, request: Request, refusal: Refusal, reply_context: ReplyContext) -> Reply:
        """Say beside a 429 what the limit is, and when it ends, in milliseconds, as recorded."""
        reply = super()._refuse(request, refusal, reply_context)
        if reply.status != 429:
            return reply
        reset = round((reply_context.now + (refusal.retry_after or _MINUTE)) * 1000)
        limits = (("limit", str(_FREE_LIMIT)), ("remaining", "0"), ("reset", str(reset)))
        return with_headers(reply, tuple((f"x-ratelimit-{name}", each) for name, each in limits))

    def _error(self, row: OpenAIError) -> str:
        """Write a refusal; beside 400 and 429 stands the user's id, as recorded."""
        event = self._event(row)
        if row.status not in (400, 429) or not row.request_id:
            return event
        return f'{event[:-1]},"user_id":"user_{row.request_id:0<27}"}}'

    def _event(self, row: OpenAIError) -> str:
        return f'{{"error":{of_upstream(row)}}}'


def of_upstream(row: OpenAIError) -> str:
    """The body of an error, with the upstream's own message if it is the upstream's error."""
    raw = ""
    if row.type == "upstream":  # open-webui/computer#293, cut
        reason = '"the model is temporarily rate-limited upstream","provider_name":"Example"'
        raw = f',"metadata":{{"raw":{reason}}}'
    return f'{{"message":{quote(row.message)},"code":{row.status}{raw}}}'


@lru_cache(512)
def upstream_of(model: str) -> str:
    """The upstream provider of a model: the vendor if the model is a vendor's own."""
    vendor = model.partition("/")[0]
    return _MAKERS.get(vendor, "Example")


@lru_cache(512)
def _price_of(model: str) -> tuple[float, float]:
    if _FREE.search(model):
        return 0.0, 0.0
    return next((sent, received) for word, sent, received in _PRICES if word in model)


def cost_of(model: str, usage: Usage) -> str:
    """Write a usage with its cost in US dollars; what came out of a cache is cheaper."""
    input_price, output_price = _price_of(model)
    fresh = usage.input_tokens - usage.cache_read_tokens * (1 - _CACHED)
    prompt, completion = fresh * input_price / 1e6, usage.output_tokens * output_price / 1e6
    details = (
        f'"upstream_inference_cost":{_dollars(prompt + completion)},'
        f'"upstream_inference_prompt_cost":{_dollars(prompt)},'
        f'"upstream_inference_completions_cost":{_dollars(completion)}'
    )
    of_prompt = (
        f'"cached_tokens":{usage.cache_read_tokens},'
        f'"cache_write_tokens":{usage.cache_write_tokens},"audio_tokens":0,"video_tokens":0'
    )
    of_answer = f'"reasoning_tokens":{usage.reasoning_tokens},"image_tokens":0,"audio_tokens":0'
    return (
        f'{{{counted(usage)},"cost":{_dollars(prompt + completion)},"is_byok":false,'
        f'"prompt_tokens_details":{{{of_prompt}}},"cost_details":{{{details}}},'
        f'"completion_tokens_details":{{{of_answer}}}}}'
    )


def _dollars(amount: float) -> str:
    """Write an amount as a fraction, which JSON keeps apart from a whole number."""
    return f"{round(amount, 10):.10f}".rstrip("0").ljust(3, "0") if amount else "0"
