"""The Chat Completions API, as most vendors took it over: POST .../chat/completions.

What differs from vendor to vendor is a word here or a method to replace; the shapes that all share
are those of the SDKs' types.
"""

from __future__ import annotations

from typing import Any, ClassVar

from chaos_llm.protocol.messages import (
    Chunk,
    Completion,
    Refusal,
    Reply,
    Request,
    ToolCall,
    Usage,
    WireRequest,
)
from chaos_llm.providers.conversation import turns_of
from chaos_llm.providers.framing import (
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
from chaos_llm.providers.openai.common import OpenAIDialect
from chaos_llm.providers.openai.errors import OpenAIError
from chaos_llm.providers.openai.request_fields import (
    asks_for_usage,
    deployment,
    forced_tool_of,
    schema_of,
    tools_of,
)
from chaos_llm.providers.provider import ReplyContext

_Delta = tuple[str, bool]


class ChatCompletions(OpenAIDialect, ModelEndpoint):
    """Chat Completions in their plainest form.

    `comment` keeps a stream's connection alive before its first chunk; `role` is repeated in every
    delta where `roles` says so; a call is told in one chunk where `whole_calls` does; `tells_usage`
    is whether the last chunk has the usage without being asked.
    """

    api: ClassVar[str] = "chat"
    ending: ClassVar[str] = "/chat/completions"
    comment: ClassVar[str] = ""
    roles: ClassVar[bool] = False
    whole_calls: ClassVar[bool] = False
    tells_usage: ClassVar[bool] = False
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
            answers_tool=isinstance(last, dict) and last.get("role") == "tool",
            schema=schema_of(body.get("response_format")),
            credential=secret,
            size=len(wire.body),
            input_tokens=len(wire.body) // 4,  # roughly four bytes a token
            body=body,
        )

    def _pieces(self, answer: Completion) -> int:
        """Count the pieces that a stream would have."""
        if not self.whole_calls:
            return pieces_of(answer)
        return count_pieces(answer.text) + sum(bool(call.arguments) for call in answer.tool_calls)

    def _no_model(self) -> Refusal:
        return self._missing("model")

    def _whole(self, request: Request, answer: Completion, reply_context: ReplyContext) -> Reply:
        request_id, headers = self._ids(reply_context)
        message = f'{{"role":"assistant","content":{content_of(answer)}'
        if answer.tool_calls:
            calls = (self._call(call, reply_context) for call in answer.tool_calls)
            message += f',"tool_calls":[{",".join(calls)}]'
        choice = (
            f'{{"index":0,"message":{message}}},"logprobs":null,'
            f'"finish_reason":"{self.finishes[answer.stop]}"}}'
        )
        body = (
            f'{{"id":"{self._id(reply_context)}","object":"chat.completion","created":{int(reply_context.now)},'
            f'"model":{quote(request.model)},"choices":[{choice}],'
            f'"usage":{self._billed(answer)}{self._more(request_id)}}}'
        )
        return json_reply(200, headers, body, self._pieces(answer))

    def _stream(self, request: Request, answer: Completion, reply_context: ReplyContext) -> Reply:
        request_id, headers = self._ids(reply_context)
        head, tail = self._frame(request, reply_context)
        asked = asks_for_usage(request.body)
        end = tail + (',"usage":null}' if asked else "}")
        chunks = [Chunk(0.0, f": {self.comment}\n\n".encode())] if self.comment else []
        chunks += self._opening(head, end)
        chunks += [
            nameless_event(head + self._choice(delta, "null") + end, content=content)
            for delta, content in self._deltas(answer, reply_context)
        ]
        finish = head + self._choice(self._delta(""), f'"{self.finishes[answer.stop]}"')
        usage = self._billed(answer)
        last = self._last(usage, request_id)
        chunks.append(nameless_event(finish + (f"{tail}{last}}}" if last else end)))
        if asked and not self.tells_usage and answer.tells_usage:
            chunks.append(nameless_event(f'{head}{tail},"usage":{usage}}}'))
        chunks.append(nameless_event("[DONE]"))
        if answer.broken_by:
            row = self._row(request, answer.broken_by.refusal, request_id)
            chunks = broken_at(chunks, answer.broken_by.after)
            chunks.append(self._failed(row, head))
        return sse_reply(headers, chunks, f": {self.comment or 'keep-alive'}\n\n".encode())

    def _billed(self, answer: Completion) -> str:
        return self._usage(answer.usage) if answer.tells_usage else "null"

    def _failed(self, row: OpenAIError, head: str) -> Chunk:  # noqa: ARG002 - some end with a chunk
        """Write the error that ends a stream: sashabaranov/go-openai#69; no [DONE]: assumed."""
        return nameless_event(self._event(row))

    def _last(self, usage: str, request_id: str) -> str:  # noqa: ARG002 - some repeat it
        """Write the last chunk's further fields, each after a comma."""
        return f',"usage":{usage}' if self.tells_usage else ""

    def _id(self, reply_context: ReplyContext) -> str:
        return "chatcmpl-" + base58(reply_context.rng.number(256), 29)

    def _call_id(self, reply_context: ReplyContext) -> str:
        return "call_" + base58(reply_context.rng.number(256), 24)

    def _more(self, request_id: str) -> str:  # noqa: ARG002 - some repeat it
        """Write a whole reply's further fields, each after a comma."""
        return ""

    def _usage(self, usage: Usage) -> str:
        asked, said = usage.input_tokens, usage.output_tokens
        return (
            f'{{"prompt_tokens":{asked},"completion_tokens":{said},"total_tokens":{asked + said}}}'
        )

    def _frame(self, request: Request, reply_context: ReplyContext) -> tuple[str, str]:
        """Write a chunk around its choice; the last brace is the caller's."""
        head = (
            f'{{"id":"{self._id(reply_context)}","object":"chat.completion.chunk",'
            f'"created":{int(reply_context.now)},"model":{quote(request.model)},"choices":['
        )
        return head, "]"

    def _opening(self, head: str, end: str) -> list[Chunk]:  # noqa: ARG002 - Azure's has one
        """Write the chunks before the first word."""
        return []

    def _choice(self, delta: str, finish: str) -> str:
        return f'{{"index":0,"delta":{delta},"logprobs":null,"finish_reason":{finish}}}'

    def _delta(self, fields: str) -> str:
        role = '"role":"assistant"' if self.roles else ""
        return "{" + ",".join(part for part in (role, fields) if part) + "}"

    def _first_delta(self, answer: Completion) -> str:
        content = "null" if answer.tool_calls and not answer.text else '""'
        return f'{{"role":"assistant","content":{content}}}'

    def _deltas(self, answer: Completion, reply_context: ReplyContext) -> list[_Delta]:
        """Tell everything that is said, each piece with whether it is one of the answer's."""
        deltas: list[_Delta] = [(self._first_delta(answer), False)]
        deltas += [(self._said(piece, answer), True) for piece in split(answer.text)]
        for index, call in enumerate(answer.tool_calls):
            deltas += self._told_call(index, call, reply_context)
        return deltas

    def _said(self, piece: str, answer: Completion) -> str:  # noqa: ARG002 - OpenAI's refuses
        return self._delta(f'"content":{quote(piece)}')

    def _told_call(self, index: int, call: ToolCall, reply_context: ReplyContext) -> list[_Delta]:
        head = f'"tool_calls":[{{"index":{index},'
        name, call_id = quote(call.name), self._call_id(reply_context)
        opening = f'{head}"id":"{call_id}","type":"function","function":{{"name":{name},'
        pieces = split(call.arguments)
        if self.whole_calls:
            whole = self._delta(f'{opening}"arguments":{quote(call.arguments)}}}}}]')
            return [(whole, bool(pieces))]
        start = (self._delta(f'{opening}"arguments":""}}}}]'), False)
        rest = (f'{head}"function":{{"arguments":{quote(piece)}}}}}]' for piece in pieces)
        return [start, *((self._delta(fields), True) for fields in rest)]

    def _call(self, call: ToolCall, reply_context: ReplyContext) -> str:
        function = f'{{"name":{quote(call.name)},"arguments":{quote(call.arguments)}}}'
        return f'{{"id":"{self._call_id(reply_context)}","type":"function","function":{function}}}'


def content_of(answer: Completion) -> str:
    """Write a message's content; beside calls alone there is none."""
    return "null" if answer.tool_calls and not answer.text else quote(answer.text)
