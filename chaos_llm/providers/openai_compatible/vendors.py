"""Vendors that speak OpenAI's Chat Completions: a class each, with its quirks.

Error bodies and habits are those of the sources in errors.py, of recorded replies and of
the vendors' SDKs (groq 1.7, together 3.1); what none shows is assumed.
"""

from __future__ import annotations

import re
from typing import Any, ClassVar

from chaos_llm.protocol.messages import Chunk, Completion, Reasoning, Reply, Request, Usage
from chaos_llm.protocol.rate_limits import with_headers
from chaos_llm.providers import reasoning
from chaos_llm.providers.framing import event, quote, split
from chaos_llm.providers.openai.chat_parts import Delta, Frame, counted, fingerprint
from chaos_llm.providers.openai.common import uuid
from chaos_llm.providers.openai.errors import OpenAIError
from chaos_llm.providers.openai_compatible.base import LookAlike
from chaos_llm.providers.openai_compatible.vendors_base import (
    DeepSeekDialect,
    GroqDialect,
    MetaDialect,
    TogetherDialect,
    XAIDialect,
)
from chaos_llm.providers.provider import ReplyContext


class Groq(GroqDialect, LookAlike):
    """Groq: errors have no param, and the first and last chunk have a request id."""

    thinkers: ClassVar[re.Pattern[str]] = reasoning.GROQ
    reasoning_field: ClassVar[str] = "reasoning"
    no_text: ClassVar[str] = ""
    null_usage: ClassVar[bool] = False
    media: ClassVar[str] = "text/event-stream"

    def _reasons(self, model: str, body: dict[str, Any]) -> bool:
        hidden = body.get("reasoning_format") == "hidden" or body.get("include_reasoning") is False
        return not hidden and super()._reasons(model, body)

    def _call_id(self, reply_context: ReplyContext) -> str:
        return "fc_" + uuid(reply_context)

    def _more(self, request_id: str, number: int) -> str:
        mark = f'{{"id":"{request_id}","seed":{number % 1_000_000_000}}}'
        return f',"usage_breakdown":null,"x_groq":{mark},"service_tier":"on_demand"'

    def _usage(self, request: Request, usage: Usage) -> str:  # noqa: ARG002 - some show the cost
        """Write counts and seconds; the speeds are assumed."""
        queue = 0.01 + usage.input_tokens % 97 / 1000 + 1e-6
        prompt, completion = usage.input_tokens * 2e-5 + 1e-6, usage.output_tokens * 2e-3 + 1e-6
        took = (
            f'"queue_time":{queue:.6f},"prompt_time":{prompt:.6f},'
            f'"completion_time":{completion:.6f},"total_time":{prompt + completion:.6f}'
        )
        details = ""
        if usage.reasoning_tokens:
            thought = f'{{"reasoning_tokens":{usage.reasoning_tokens}}}'
            details = f',"completion_tokens_details":{thought}'
        return f"{{{took},{counted(usage)}{details}}}"

    def _about(self, request: Request) -> str:
        return f'"system_fingerprint":{fingerprint(request.model)},'

    def _reasoning_deltas(
        self, request: Request, reasoning: Reasoning, reply_context: ReplyContext
    ) -> list[Delta]:
        deltas = super()._reasoning_deltas(request, reasoning, reply_context)
        if "gpt-oss" not in request.model:
            return deltas
        return [
            each._replace(fields=each.fields[:-1] + ',"channel":"analysis"}') for each in deltas
        ]

    def _last(self, request: Request, answer: Completion, frame: Frame) -> list[Chunk]:
        (last,) = super()._last(request, answer, frame)
        usage = self._billed(request, answer)
        seed = _seed_of(frame.request_id)
        mark = f',"x_groq":{{"id":"{frame.request_id}","seed":{seed},"usage":{usage}}}}}'
        return [last._replace(data=last.data.rstrip()[:-1] + mark.encode() + b"\n\n")]

    def _failed(self, row: OpenAIError, head: str) -> Chunk:  # noqa: ARG002 - some end with a chunk
        return event("error", self._event(row))


def _seed_of(request_id: str) -> int:
    return int.from_bytes(request_id[-4:].encode()) % 1_000_000_000


class Together(TogetherDialect, LookAlike):
    """Together, which repeats the role in every delta and counts limits by the second."""

    roles: ClassVar[bool] = True
    tells_usage: ClassVar[bool] = True
    numbers_calls: ClassVar[bool] = True
    media: ClassVar[str] = "text/event-stream"

    def _whole(self, request: Request, answer: Completion, reply_context: ReplyContext) -> Reply:
        reply = super()._whole(request, answer, reply_context)
        return with_headers(reply, (("content-type", "application/json; charset=utf-8"),))

    def _more(self, request_id: str, number: int) -> str:  # noqa: ARG002 - some repeat it
        return ',"prompt":[]'

    def _choice_end(self, answer: Completion | None) -> str:
        return f',"seed":{_seed(answer)}'

    def _calls(self, request: Request, answer: Completion, reply_context: ReplyContext) -> str:
        return super()._calls(request, answer, reply_context) or ',"tool_calls":[]'

    def _usage(self, request: Request, usage: Usage) -> str:  # noqa: ARG002 - some show the cost
        return f'{{{counted(usage)},"cached_tokens":{usage.cache_read_tokens}}}'

    def _choice(self, delta: str, finish: str, index: int = 0, logprobs: str = "null") -> str:
        """Repeat the text beside the delta: legacy completions' streams are the same ones."""
        text = delta.partition('"content":')[2] or '""}'
        return (
            f'{{"index":{index},"text":{text[:-1]},"seed":null,"delta":{delta},'
            f'"logprobs":{logprobs},"finish_reason":{finish}}}'
        )

    def _content_delta(self, piece: str, answer: Completion) -> str:  # noqa: ARG002 - OpenAI's refuses
        number = sum(piece.encode("utf-8", "replace")) % 100_000
        return f'{{"token_id":{number},"role":"assistant","content":{quote(piece)}}}'

    def _first_delta(self, answer: Completion) -> str:  # noqa: ARG002 - others say null
        return '{"role":"assistant","content":""}'


def _seed(answer: Completion | None) -> int:
    return len(answer.text) * 7919 + 17 if answer else 0


class XAI(XAIDialect, LookAlike):
    """The REST API of xAI: an error is two texts, and a wrong key gets a 400."""

    tells_usage: ClassVar[bool] = True
    thinkers: ClassVar[re.Pattern[str]] = reasoning.XAI
    reasoning_field: ClassVar[str] = "reasoning_content"

    def _more(self, request_id: str, number: int) -> str:  # noqa: ARG002 - some repeat it
        return f',"system_fingerprint":"fp_{number >> 24 & 0xFFFFFFFFFF:010x}"'

    def _usage(self, request: Request, usage: Usage) -> str:  # noqa: ARG002 - some show the cost
        """Write the token counts, with all the details that the documentation of xAI lists."""
        sent, read, thought = (
            usage.input_tokens,
            usage.cache_read_tokens,
            usage.reasoning_tokens,
        )
        prompt = f'"text_tokens":{sent},"audio_tokens":0,"image_tokens":0,"cached_tokens":{read}'
        details = (
            f'"reasoning_tokens":{thought},"audio_tokens":0,"accepted_prediction_tokens":0,'
            f'"rejected_prediction_tokens":0'
        )
        return (
            f'{{{counted(usage)},"prompt_tokens_details":{{{prompt}}},'
            f'"completion_tokens_details":{{{details}}},"num_sources_used":0}}'
        )


class DeepSeek(DeepSeekDialect, LookAlike):
    """DeepSeek, which keeps waiting streams alive with comments."""

    filters: ClassVar[bool] = True
    comment: ClassVar[str] = "keep-alive"
    tells_usage: ClassVar[bool] = True
    thinkers: ClassVar[re.Pattern[str]] = reasoning.DEEPSEEK
    reasoning_field: ClassVar[str] = "reasoning_content"
    no_text: ClassVar[str] = '""'
    numbers_calls: ClassVar[bool] = True

    def _reasons(self, model: str, body: dict[str, Any]) -> bool:
        return reasoning.thinks_if_asked(self.thinkers, model, body)

    def _usage(self, request: Request, usage: Usage) -> str:  # noqa: ARG002 - some show the cost
        read = usage.cache_read_tokens
        thought = f',"completion_tokens_details":{{"reasoning_tokens":{usage.reasoning_tokens}}}'
        return (
            f'{{{counted(usage)},"prompt_tokens_details":{{"cached_tokens":{read}}}'
            f'{thought if usage.reasoning_tokens else ""},"prompt_cache_hit_tokens":{read},'
            f'"prompt_cache_miss_tokens":{usage.input_tokens - read}}}'
        )

    def _about(self, request: Request) -> str:
        return f'"system_fingerprint":{fingerprint(request.model)},'

    def _first_delta(self, answer: Completion) -> str:
        if answer.reasoning:
            return '{"role":"assistant","content":null,"reasoning_content":""}'
        return '{"role":"assistant","content":""}'

    def _reasoning_deltas(
        self,
        request: Request,  # noqa: ARG002 - for some vendors it depends on the model
        reasoning: Reasoning,
        reply_context: ReplyContext,  # noqa: ARG002 - one signs it
    ) -> list[Delta]:
        pieces = split(reasoning.text)
        return [Delta(f'{{"content":null,"reasoning_content":{quote(p)}}}', True) for p in pieces]

    def _content_delta(self, piece: str, answer: Completion) -> str:
        thought = ',"reasoning_content":null' if answer.reasoning else ""
        return f'{{"content":{quote(piece)}{thought}}}'


class MetaLlamaCompatible(MetaDialect, LookAlike):
    """Meta's Llama API at its OpenAI-compatible path: errors are problem documents."""

    ending: ClassVar[str] = "/compat/v1/chat/completions"
