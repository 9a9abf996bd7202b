"""The Chat Completions API, as most vendors took it over: POST .../chat/completions.

What differs from vendor to vendor is a word here or a method to replace; the shapes that all share
are those of the SDKs' types and of recorded replies (tests/conformance).
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any, ClassVar

from chaos_llm.protocol.messages import (
    Answer,
    Chunk,
    Completion,
    Reasoning,
    Refusal,
    Reply,
    Request,
    ToolCall,
    Usage,
    WireRequest,
)
from chaos_llm.providers import reasoning
from chaos_llm.providers.conversation import turns_of
from chaos_llm.providers.framing import (
    EVENTS,
    base58,
    broken_at,
    count_pieces,
    json_reply,
    last_prompt,
    nameless_event,
    pieces_of,
    quote,
    split,
    sse_reply,
)
from chaos_llm.providers.model_endpoint import ModelEndpoint
from chaos_llm.providers.openai import logprobs
from chaos_llm.providers.openai.chat_parts import Delta, Frame, counted, function_of, interleaved
from chaos_llm.providers.openai.common import OpenAIDialect
from chaos_llm.providers.openai.errors import OpenAIError
from chaos_llm.providers.openai.request_fields import (
    asks_for_usage,
    choices_of,
    deployment,
    forced_tool_of,
    is_legacy,
    schema_of,
    tools_of,
)
from chaos_llm.providers.provider import ReplyContext
from chaos_llm.providers.request_limits import most_tokens, stop_sequences


class ChatCompletions(OpenAIDialect, ModelEndpoint):
    """Chat Completions in their plainest form.

    `comment` keeps a stream's connection alive before its first chunk. With `roles` the role is
    repeated in every delta; with `whole_calls` a call comes in one chunk. `tells_usage`: the last
    chunk has the usage also if it was not requested; `null_usage`: the chunks before a requested
    usage have one that is null. `thinkers` are the models that think, and `reasoning_field` is the
    field with their thinking. `no_text` is the content of a message with calls only.
    `numbers_calls`: a plain reply numbers its calls, too.
    """

    api: ClassVar[str] = "chat"
    ending: ClassVar[str] = "/chat/completions"
    comment: ClassVar[str] = ""
    roles: ClassVar[bool] = False
    whole_calls: ClassVar[bool] = False
    tells_usage: ClassVar[bool] = False
    null_usage: ClassVar[bool] = True
    thinkers: ClassVar[re.Pattern[str]] = reasoning.NONE
    reasoning_field: ClassVar[str] = ""
    no_text: ClassVar[str] = "null"
    numbers_calls: ClassVar[bool] = False
    has_logprobs: ClassVar[bool] = True
    media: ClassVar[str] = EVENTS
    finishes: ClassVar[dict[str, str]] = {
        "end": "stop",
        "tool": "tool_calls",
        "length": "length",
        "refusal": "stop",
    }

    def _read(self, wire: WireRequest, secret: str, body: dict[str, Any]) -> Request:
        model, messages = body.get("model") or deployment(wire.path), body.get("messages")
        if not isinstance(model, str) or not model:
            return self._invalid(wire, secret, self._no_model())
        if not isinstance(messages, list) or not messages:
            return self._invalid(wire, secret, self._missing("messages"))
        last = messages[-1]
        return Request(
            provider=self.name,
            api=self.api,
            surface=self.surface,
            host=wire.host,
            path=wire.path,
            model=model,
            stream=body.get("stream") is True,
            prompt=last_prompt(messages),
            turns=turns_of(messages),
            tools=tools_of(body),
            forced_tool=forced_tool_of(body),
            answers_tool=isinstance(last, dict) and last.get("role") in ("tool", "function"),
            schema=schema_of(body.get("response_format")),
            credential=secret,
            size=len(wire.body),
            input_tokens=len(wire.body) // 4,  # roughly four bytes a token
            reasons=self._reasons(model, body),
            max_tokens=most_tokens(body, "max_completion_tokens", "max_tokens"),
            stop_sequences=stop_sequences(body["stop"]) if "stop" in body else (),
            choices=choices_of(body) if "n" in body else 1,
            body=body,
        )

    def render(self, request: Request, answer: Answer, reply_context: ReplyContext) -> Reply:
        if isinstance(answer, Completion) and answer.reasoning and not self.reasoning_field:
            answer = replace(answer, reasoning=None)  # not in the reply: only the usage counts it
        return super().render(request, answer, reply_context)

    def _reasons(self, model: str, body: dict[str, Any]) -> bool:
        """Whether the model thinks before it answers this request."""
        return reasoning.thinks(self.thinkers, model, body)

    def _pieces(self, answer: Completion) -> int:
        """Count the pieces that a stream would have."""
        if not self.whole_calls:
            return pieces_of(answer)
        return count_pieces(answer.text) + sum(bool(call.arguments) for call in answer.tool_calls)

    def _no_model(self) -> Refusal:
        return self._missing("model")

    def _whole(self, request: Request, answer: Completion, reply_context: ReplyContext) -> Reply:
        request_id, headers = self._opened(request, reply_context)
        reply_id, number = self._id(reply_context), reply_context.rng.number(64)
        choices = ",".join(
            self._whole_choice(index, request, each, reply_context)
            for index, each in enumerate((answer, *answer.alternatives))
        )
        body = (
            f'{{"id":"{reply_id}","object":"chat.completion","created":{int(reply_context.now)},'
            f'"model":{quote(request.model)},{self._about(request)}"choices":[{choices}],'
            f'"usage":{self._billed(request, answer)}{self._more(request_id, number)}}}'
        )
        return json_reply(200, headers, body, self._pieces(answer))

    def _whole_choice(
        self, index: int, request: Request, answer: Completion, reply_context: ReplyContext
    ) -> str:
        message = self._message(request, answer, reply_context)
        beside = f',"logprobs":{self._logprobs(request, answer)}' if self.has_logprobs else ""
        return (
            f'{{"index":{index},"message":{{{message}}}{beside},'
            f'"finish_reason":"{self._finish(request, answer)}"{self._choice_end(answer)}}}'
        )

    def _about(self, request: Request) -> str:  # noqa: ARG002 - some vendors name the upstream of a reply
        """Write what stands between the model and the choices, each field before a comma."""
        return ""

    def _choice_end(self, answer: Completion | None) -> str:  # noqa: ARG002 - some say more
        """Write a choice's further fields, each after a comma; None while there is more to come."""
        return ""

    def _message(self, request: Request, answer: Completion, reply_context: ReplyContext) -> str:
        """Write the fields of a message."""
        content = quote(answer.text) if answer.text or not answer.tool_calls else self.no_text
        message = f'"role":"assistant","content":{content}' if content else '"role":"assistant"'
        if answer.reasoning and self.reasoning_field:
            message += self._reasoned(request, answer.reasoning, reply_context)
        return message + self._calls(request, answer, reply_context)

    def _calls(self, request: Request, answer: Completion, reply_context: ReplyContext) -> str:
        """Write a message's calls, after a comma."""
        if not answer.tool_calls:
            return ""
        if is_legacy(request.body):
            return f',"function_call":{function_of(answer.tool_calls[0])}'
        calls = (self._call(i, call, reply_context) for i, call in enumerate(answer.tool_calls))
        return f',"tool_calls":[{",".join(calls)}]'

    def _reasoned(self, request: Request, reasoning: Reasoning, reply_context: ReplyContext) -> str:  # noqa: ARG002
        """Write what was thought as a message's field, after a comma."""
        return f',"{self.reasoning_field}":{quote(reasoning.text)}'

    def _finish(self, request: Request, answer: Completion) -> str:
        if answer.filtered:
            return "content_filter"
        if answer.stop == "tool" and is_legacy(request.body):
            return "function_call"
        return self.finishes[answer.stop]

    def _logprobs(self, request: Request, answer: Completion) -> str:
        top = logprobs.wanted_top(request.body)
        if top is None or not answer.text:
            return "null"
        refuses = answer.stop == "refusal"
        return logprobs.choice_logprobs(split(answer.text), top, refuses=refuses)

    def _stream(self, request: Request, answer: Completion, reply_context: ReplyContext) -> Reply:
        request_id, headers = self._opened(request, reply_context)
        head, tail = self._frame(request, reply_context)
        usage_requested = asks_for_usage(request.body)
        end = tail + (',"usage":null' if usage_requested and self.null_usage else "")
        chunks = [Chunk(0.0, f": {self.comment}\n\n".encode())] if self.comment else []
        chunks += self._opening(head, end)
        frame = Frame(head, tail, end, request_id)
        chunks += interleaved(
            self._choice_chunks(index, request, each, reply_context, frame)
            for index, each in enumerate((answer, *answer.alternatives))
        )
        usage = self._billed(request, answer)
        chunks += self._last(request, answer, frame)
        if usage_requested and not self.tells_usage and answer.tells_usage:
            pad = self._padding(request, usage)
            chunks.append(nameless_event(f'{head}{tail},"usage":{usage}{pad}}}'))
        chunks.append(nameless_event("[DONE]"))
        if answer.broken_by:
            row = self._row(request, answer.broken_by.refusal, request_id)
            chunks = broken_at(chunks, answer.broken_by.after)
            chunks.append(self._failed(row, head))
        ping = f": {self.comment or 'keep-alive'}\n\n".encode()
        return sse_reply(headers, chunks, ping, self.media)

    def _choice_chunks(
        self,
        index: int,
        request: Request,
        answer: Completion,
        reply_context: ReplyContext,
        frame: Frame,
    ) -> list[Chunk]:
        """The chunks of one choice, up to its last piece; for all but the first also its finish."""
        top = logprobs.wanted_top(request.body)
        chunks = []
        refuses = answer.stop == "refusal"
        for delta, content, piece in self._deltas(request, answer, reply_context):
            beside = "null"
            if top is not None and piece:
                beside = logprobs.choice_logprobs([piece], top, refuses=refuses)
            choice = self._choice(delta, "null", index, beside)
            pad = self._padding(request, delta)
            data = f"{frame.head}{choice}{frame.end}{pad}}}"
            chunks.append(nameless_event(data, content=content))
        if index:
            choice = self._choice(self._delta(""), f'"{self._finish(request, answer)}"', index)
            chunks.append(nameless_event(f"{frame.head}{choice}{frame.end}}}"))
        return chunks

    def _last(self, request: Request, answer: Completion, frame: Frame) -> list[Chunk]:
        """The chunk with the finish reason, and the usage if it is sent unrequested."""
        choice = self._choice(self._delta(""), f'"{self._finish(request, answer)}"')
        end = frame.end
        if self.tells_usage:
            end = f'{frame.tail},"usage":{self._billed(request, answer)}'
        pad = self._padding(request, "")
        return [nameless_event(f"{frame.head}{choice}{end}{pad}}}")]

    def _padding(self, request: Request, text: str) -> str:  # noqa: ARG002 - two have it
        """Write the field that hides a chunk's length, after a comma."""
        return ""

    def _billed(self, request: Request, answer: Completion) -> str:
        return self._usage(request, answer.usage) if answer.tells_usage else "null"

    def _failed(self, row: OpenAIError, head: str) -> Chunk:  # noqa: ARG002 - some end with a chunk
        """Write the error that ends a stream: sashabaranov/go-openai#69; no [DONE]: assumed."""
        return nameless_event(self._event(row))

    def _id(self, reply_context: ReplyContext) -> str:
        return "chatcmpl-" + base58(reply_context.rng.number(256), 29)

    def _call_id(self, reply_context: ReplyContext) -> str:
        return "call_" + base58(reply_context.rng.number(256), 24)

    def _more(self, request_id: str, number: int) -> str:  # noqa: ARG002 - some repeat it
        """The further fields of a plain reply, each after a comma; `number` is a random draw."""
        return ""

    def _usage(self, request: Request, usage: Usage) -> str:  # noqa: ARG002 - some show the cost
        return "{" + counted(usage) + "}"

    def _frame(self, request: Request, reply_context: ReplyContext) -> tuple[str, str]:
        """Write a chunk around its choice; the last brace is the caller's."""
        head = (
            f'{{"id":"{self._id(reply_context)}","object":"chat.completion.chunk",'
            f'"created":{int(reply_context.now)},"model":{quote(request.model)},'
            f'{self._about(request)}"choices":['
        )
        return head, "]"

    def _opening(self, head: str, end: str) -> list[Chunk]:  # noqa: ARG002 - Azure's has one
        """Write the chunks before the first word."""
        return []

    def _choice(self, delta: str, finish: str, index: int = 0, logprobs: str = "null") -> str:
        logprobs_field = f'"logprobs":{logprobs},' if self.has_logprobs else ""
        return f'{{"index":{index},"delta":{delta},{logprobs_field}"finish_reason":{finish}}}'

    def _delta(self, fields: str) -> str:
        role = '"role":"assistant"' if self.roles else ""
        return "{" + ",".join(part for part in (role, fields) if part) + "}"

    def _first_delta(self, answer: Completion) -> str:
        content = '""' if answer.text or not answer.tool_calls else self.no_text or '""'
        return f'{{"role":"assistant","content":{content}}}'

    def _deltas(
        self, request: Request, answer: Completion, reply_context: ReplyContext
    ) -> list[Delta]:
        """All pieces of a stream, each with whether it belongs to the answer itself."""
        deltas = [Delta(self._first_delta(answer))]
        if answer.reasoning and self.reasoning_field:
            deltas += self._reasoning_deltas(request, answer.reasoning, reply_context)
        deltas += [Delta(self._content_delta(p, answer), True, p) for p in split(answer.text)]
        if is_legacy(request.body):
            return deltas + self._function_deltas(answer)
        for index, call in enumerate(answer.tool_calls):
            deltas += self._call_deltas(index, call, reply_context)
        return deltas

    def _reasoning_deltas(
        self,
        request: Request,  # noqa: ARG002 - for some vendors it depends on the model
        reasoning: Reasoning,
        reply_context: ReplyContext,  # noqa: ARG002 - one signs it
    ) -> list[Delta]:
        field = self.reasoning_field
        pieces = split(reasoning.text)
        return [Delta(self._delta(f'"{field}":{quote(piece)}'), True) for piece in pieces]

    def _content_delta(self, piece: str, answer: Completion) -> str:  # noqa: ARG002 - OpenAI's refuses
        return self._delta(f'"content":{quote(piece)}')

    def _function_deltas(self, answer: Completion) -> list[Delta]:
        """The chunks of a legacy function call."""
        deltas: list[Delta] = []
        for call in answer.tool_calls[:1]:
            opening = f'"function_call":{{"name":{quote(call.name)},"arguments":""}}'
            deltas.append(Delta(self._delta(opening)))
            pieces = (f'"function_call":{{"arguments":{quote(p)}}}' for p in split(call.arguments))
            deltas += [Delta(self._delta(piece), True) for piece in pieces]
        return deltas

    def _call_deltas(self, index: int, call: ToolCall, reply_context: ReplyContext) -> list[Delta]:
        head = f'"tool_calls":[{{"index":{index},'
        name, call_id = quote(call.name), self._call_id(reply_context)
        opening = f'{head}"id":"{call_id}","type":"function","function":{{"name":{name},'
        pieces = split(call.arguments)
        if self.whole_calls:
            whole = self._delta(f'{opening}"arguments":{quote(call.arguments)}}}}}]')
            return [Delta(whole, bool(pieces))]
        start = Delta(self._delta(f'{opening}"arguments":""}}}}]'))
        rest = (f'{head}"function":{{"arguments":{quote(piece)}}}}}]' for piece in pieces)
        return [start, *(Delta(self._delta(fields), True) for fields in rest)]

    def _call(self, index: int, call: ToolCall, reply_context: ReplyContext) -> str:
        number = f'"index":{index},' if self.numbers_calls else ""
        return (
            f'{{{number}"id":"{self._call_id(reply_context)}","type":"function",'
            f'"function":{function_of(call)}}}'
        )
