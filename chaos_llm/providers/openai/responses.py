"""The Responses API: POST .../responses, whole and as a numbered sequence of events."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

from chaos_llm.protocol.messages import (
    Answer,
    Completion,
    Document,
    Refusal,
    Reply,
    Request,
    Usage,
    WireRequest,
)
from chaos_llm.providers import reasoning
from chaos_llm.providers.conversation import turns_of
from chaos_llm.providers.framing import (
    EVENTS,
    broken_at,
    event,
    json_reply,
    last_prompt,
    pieces_of,
    quote,
    sse_reply,
)
from chaos_llm.providers.model_endpoint import ModelEndpoint
from chaos_llm.providers.openai.common import Headers, OpenAIDialect, hexadecimal
from chaos_llm.providers.openai.errors import OpenAIError
from chaos_llm.providers.openai.request_fields import forced_tool_of, schema_of, tools_of
from chaos_llm.providers.openai.response_items import (
    Events,
    Item,
    ItemStyle,
    items_of,
    status_of,
)
from chaos_llm.providers.openai.server_tools import server_items
from chaos_llm.providers.provider import ReplyContext
from chaos_llm.providers.remembered_prompts import Remembered, remembered
from chaos_llm.providers.request_limits import most_tokens

# What a request may say and a response repeats, with what it says where the request does not.
ECHOED = {
    "frequency_penalty": "0.0",
    "instructions": "null",
    "max_output_tokens": "null",
    "max_tool_calls": "null",
    "metadata": "{}",
    "parallel_tool_calls": "true",
    "presence_penalty": "0.0",
    "previous_response_id": "null",
    "prompt_cache_key": "null",
    "prompt_cache_retention": "null",
    "safety_identifier": "null",
    "store": "true",
    "temperature": "1.0",
    "text": '{"format":{"type":"text"},"verbosity":"medium"}',
    "tool_choice": '"auto"',
    "tools": "[]",
    "top_logprobs": "0",
    "top_p": "1.0",
    "truncation": '"disabled"',
    "user": "null",
}
_OF_PROMPTS = "gpt-5.5"  # assumed: the model of a stored prompt, where the request names none
_TRUNCATED = '{"reason":"max_output_tokens"}'
_FILTERED = '{"reason":"content_filter"}'
_SERVER_ERROR = (
    "An error occurred while processing your request. You can retry your request, or contact us "
    "through our help center at help.openai.com if the error persists. Please include the request "
    "ID {request_id} in your message."
)  # openai/openai-node#1730; before a stream begins the wording is another


class Responses(OpenAIDialect, ModelEndpoint):
    """The Responses API, wherever it is hosted.

    `echoed` is what a response repeats of its request, with what it says unasked; `style` is how
    the vendor writes its items; `thinkers` are the models that think, with that effort unasked.
    """

    api: ClassVar[str] = "responses"
    ending: ClassVar[str] = "/responses"
    echoed: ClassVar[Mapping[str, str]] = ECHOED
    style: ClassVar[ItemStyle] = ItemStyle()
    thinkers: ClassVar[re.Pattern[str]] = reasoning.OPENAI
    effort: ClassVar[str] = '"medium"'
    media: ClassVar[str] = EVENTS
    remembers: ClassVar[bool] = True
    gateway_headers: ClassVar[Headers] = ()
    runs_tools: ClassVar[bool] = False  # of its own: web search, code interpreter, MCP servers

    def healthy(self, request: Request, reply_context: ReplyContext) -> Document | None:
        """Answer a request for the background at once: it is queued."""
        if not isinstance(request.body, dict) or request.body.get("background") is not True:
            return None
        response_id = self.response_id(reply_context.again())
        kept = remembered(reply_context)
        kept[response_id] = Remembered(self, request, None, reply_context, background=True)
        return Document(json.loads(self.unfinished(request, reply_context.again(), "queued")))

    def remember(self, request: Request, answer: Answer, reply_context: ReplyContext) -> None:
        """Keep an answer for those that retrieve it, unless the request wants none kept."""
        if isinstance(answer, Completion) and request.body.get("store") is not False:
            response_id = self.response_id(reply_context.again())
            remembered(reply_context)[response_id] = Remembered(
                self, request, answer, reply_context
            )

    def _read(self, wire: WireRequest, secret: str, body: dict[str, Any]) -> Request:
        prompt = body.get("prompt")  # one that is stored, and names a model and a first input
        model, value = body.get("model") or (_OF_PROMPTS if prompt else None), body.get("input")
        if not isinstance(model, str) or not model:
            return self._invalid(wire, secret, self._missing("model"))
        stored = prompt or body.get("previous_response_id") or body.get("conversation")
        if not stored and not (value and isinstance(value, str | list)):
            return self._invalid(wire, secret, self._missing("input"))
        items = value if isinstance(value, list) else [{"role": "user", "content": value}]
        text = body.get("text")
        return Request(
            provider=self.name,
            api=self.api,
            surface=self.surface,
            host=wire.host,
            path=wire.path,
            model=model,
            stream=body.get("stream") is True,
            prompt=last_prompt(items),
            turns=turns_of(items) + bool(stored),
            tools=tools_of(body),
            forced_tool=forced_tool_of(body),
            answers_tool=_is_tool_result(items[-1]) if items else False,
            schema=schema_of(text.get("format")) if isinstance(text, dict) else None,
            credential=secret,
            size=len(wire.body),
            input_tokens=len(wire.body) // 4,  # roughly four bytes a token
            reasons=self._reasons(model, body),
            max_tokens=most_tokens(body, "max_output_tokens"),
            body=body,
        )

    def _reasons(self, model: str, body: dict[str, Any]) -> bool:
        """Whether the model thinks before it answers this request."""
        return reasoning.thinks(self.thinkers, model, body)

    def response_id(self, reply_context: ReplyContext) -> str:
        """Draw a response's id, which is the first that a reply draws."""
        return f"resp_{hexadecimal(reply_context, 50)}"

    def written(self, request: Request, answer: Completion, reply_context: ReplyContext) -> str:
        """Write a whole response object."""
        response_id = self.response_id(reply_context)
        head, tail = self._frame(request, response_id, reply_context)
        output = [item.written for item in self._items(request, answer, reply_context)]
        return head + self._state(answer, output, reply_context) + tail + self._last(answer) + "}"

    def unfinished(self, request: Request, reply_context: ReplyContext, status: str) -> str:
        """Write a response object that has no output: of a job that waits, works or was ended."""
        head, tail = self._frame(request, self.response_id(reply_context), reply_context)
        return f"{head}{_NO_OUTPUT % status}{tail}}}"

    def _whole(self, request: Request, answer: Completion, reply_context: ReplyContext) -> Reply:
        body = self.written(request, answer, reply_context)
        _, headers = self._opened(request, reply_context)
        return json_reply(200, headers, body, pieces_of(answer))

    def _stream(self, request: Request, answer: Completion, reply_context: ReplyContext) -> Reply:
        head, tail = self._frame(request, self.response_id(reply_context), reply_context)
        items = self._items(request, answer, reply_context)
        request_id, headers = self._opened(request, reply_context)
        events = Events()
        begun = f'"response":{head}{_NO_OUTPUT % "in_progress"}{tail}}}'
        events.add("response.created", begun)
        events.add("response.in_progress", begun)
        for index, item in enumerate(items):
            item.add_to(events, index)
        ended = head + self._state(answer, [item.written for item in items], reply_context) + tail
        events.add(f"response.{status_of(answer)}", f'"response":{ended}{self._last(answer)}}}')
        if answer.broken_by:
            events.chunks = broken_at(events.chunks, answer.broken_by.after)
            row = self._row_in_stream(request, answer.broken_by.refusal, request_id)
            # this event, nested so, then response.failed: openai/codex#43337; the documented flat
            # shape is another, and the SDK would not raise on it
            events.chunks.append(event("error", _ERROR % _error_texts(row, len(events.chunks))))
            failed = _FAILED % (quote(row.code or row.type), quote(row.message))
            events.add("response.failed", f'"response":{head}{failed}{tail}}}')
        return sse_reply(headers, events.chunks, _PING, self.media)

    def _items(
        self, request: Request, answer: Completion, reply_context: ReplyContext
    ) -> list[Item]:
        before = server_items(request, answer, reply_context) if self.runs_tools else ()
        return items_of(answer, reply_context, self._style_for(request), before)

    def _style_for(self, request: Request) -> ItemStyle:
        """How items are written in the reply to a request, with what it wants to see of them."""
        body, style = request.body, self.style
        if not isinstance(body, dict) or not {"include", "reasoning"}.intersection(body):
            return style
        include = body["include"] if isinstance(body.get("include"), list) else []
        reasoning = body.get("reasoning")
        summary_requested = isinstance(reasoning, dict) and (
            reasoning.get("summary") or reasoning.get("generate_summary")
        )
        top = body.get("top_logprobs")
        count = top if isinstance(top, int) else 0
        return replace(
            style,
            summarizes=style.summarizes or bool(summary_requested),
            encrypts=style.encrypts
            or ("reasoning.encrypted_content" in include and not style.shows_thoughts),
            top_logprobs=count if "message.output_text.logprobs" in include else None,
        )

    def _state(self, answer: Completion, output: list[str], reply_context: ReplyContext) -> str:
        """Write the fields that a response has only at its end."""
        details, status = "null", status_of(answer)
        if status == "incomplete":
            details = _FILTERED if answer.filtered else _TRUNCATED
        completed = int(reply_context.now) if status == "completed" else "null"
        return (
            f'"status":"{status}","completed_at":{completed},"error":null,'
            f'"incomplete_details":{details},"output":[{",".join(output)}],"usage":'
            + (self._usage(answer.usage) if answer.tells_usage else "null")
        )

    def _usage(self, usage: Usage) -> str:
        return f"{{{counted_items(usage)}}}"

    def _last(self, answer: Completion) -> str:  # noqa: ARG002 - some say more
        """Write what only a finished response says further, after a comma."""
        return ""

    def _frame(
        self, request: Request, response_id: str, reply_context: ReplyContext
    ) -> tuple[str, str]:
        """Write what a response says from its first event to its last, around its state."""
        body = request.body if isinstance(request.body, dict) else {}
        background = "true" if body.get("background") is True else "false"
        head = (
            f'{{"id":"{response_id}","object":"response","created_at":{int(reply_context.now)},'
            f'"background":{background},"model":{quote(request.model)},"service_tier":"default",'
        )
        fields = (f',"{name}":{_echoed(body, name, other)}' for name, other in self.echoed.items())
        return head, "".join(fields) + f',"reasoning":{self._effort(request, body)}'

    def _effort(self, request: Request, body: dict[str, Any]) -> str:
        """Write the field `reasoning`: what was asked, or what is done unasked."""
        reasoning = body.get("reasoning")
        reasoning = reasoning if isinstance(reasoning, dict) else {}
        unasked = self.effort if request.reasons else "null"
        effort = quote(reasoning["effort"]) if isinstance(reasoning.get("effort"), str) else unasked
        summary = reasoning.get("summary")
        shown = quote("detailed" if summary == "auto" else str(summary)) if summary else "null"
        return f'{{"effort":{effort},"summary":{shown}}}'

    def _row_in_stream(self, request: Request, refusal: Refusal, request_id: str) -> OpenAIError:
        row = self._row(request, refusal, request_id)
        if refusal.kind == "server_error" and refusal.message is None:
            message = _SERVER_ERROR.replace("{request_id}", request_id)
            return row._replace(code="server_error", message=message)
        return row


# As in openai/openai-node#1964; the number is the next one's of a response that has just begun.
_PING = event("keepalive", '{"type":"keepalive","sequence_number":4}').data
_NO_OUTPUT = (
    '"status":"%s","completed_at":null,"error":null,"incomplete_details":null,"output":[],'
    '"usage":null'
)
_ERROR = (
    '{"type":"error","error":{"type":"%s","code":%s,"message":%s,"param":null},'
    '"sequence_number":%d}'
)
_FAILED = (
    '"status":"failed","error":{"code":%s,"message":%s},"incomplete_details":null,"output":[],'
    '"usage":null'
)


def counted_items(usage: Usage) -> str:
    """Write the counts that every usage of a response has."""
    return (
        f'"input_tokens":{usage.input_tokens},'
        f'"input_tokens_details":{{"cached_tokens":{usage.cache_read_tokens}}},'
        f'"output_tokens":{usage.output_tokens},'
        f'"output_tokens_details":{{"reasoning_tokens":{usage.reasoning_tokens}}},'
        f'"total_tokens":{usage.input_tokens + usage.output_tokens}'
    )


def _echoed(body: dict[str, Any], field: str, otherwise: str) -> str:
    value = body.get(field)
    if value is None:
        return otherwise
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _error_texts(row: OpenAIError, number: int) -> tuple[str, str, str, int]:
    code = "null" if row.code is None else quote(row.code)
    return (row.type, code, quote(row.message), number)


def _is_tool_result(item: object) -> bool:
    return isinstance(item, dict) and str(item.get("type", "")).endswith("_output")


class OpenAIResponses(Responses):
    """OpenAI's Responses API, whole and as events."""

    filters: ClassVar[bool] = True
    runs_tools: ClassVar[bool] = True

    def written(self, request: Request, answer: Completion, reply_context: ReplyContext) -> str:
        """Add the billing field to a plain response, as recorded; its events do not have it."""
        return (
            super().written(request, answer, reply_context)[:-1]
            + ',"billing":{"payer":"developer"}}'
        )
