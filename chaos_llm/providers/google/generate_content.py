"""What Gemini says and hears at {model}:generateContent, whichever of Google's doors it is behind.

Fields and their order are those of replies that users pasted and of the types in google-genai 3.4.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from chaos_llm.protocol.messages import (
    Answer,
    Chunk,
    Completion,
    Refusal,
    Reply,
    Request,
    Tool,
    ToolCall,
    Usage,
    WireRequest,
)
from chaos_llm.providers.conversation import arguments_of, broken, insist_on_whole_calls
from chaos_llm.providers.framing import base58, count_pieces, split
from chaos_llm.providers.google.common import (
    HEADERS,
    GoogleEndpoint,
    alt_of,
    in_one_line,
    json_reply,
    printed,
    region_of,
)
from chaos_llm.providers.google.json_fields import field, json_schema, listed
from chaos_llm.providers.model_endpoint import ModelEndpoint
from chaos_llm.providers.provider import ReplyContext

_FINISHES = {"end": "STOP", "tool": "STOP", "length": "MAX_TOKENS", "refusal": "SAFETY"}
_NO_CONTENTS = "* GenerateContentRequest.contents: contents is not specified\n"


class GenerateContent(GoogleEndpoint, ModelEndpoint):
    """Gemini's own conversation, at either of Google's doors."""

    api: ClassVar[str] = "generate_content"
    verbs: ClassVar[tuple[str, ...]] = ("generateContent", "streamGenerateContent")

    def render(self, request: Request, answer: Answer, reply_context: ReplyContext) -> Reply:
        insist_on_whole_calls(answer, self.api)
        return super().render(request, answer, reply_context)

    def _read(self, wire: WireRequest, secret: str, body: dict[str, Any]) -> Request:
        contents = body.get("contents")
        if not isinstance(contents, list) or not contents:
            return self._invalid(wire, secret, Refusal("invalid_request", message=_NO_CONTENTS))
        model, verb = self._asked_for(wire.path)
        tools, forced = _tools(body)
        return Request(
            provider=self.name,
            api=self.api,
            surface=self.surface,
            host=wire.host,
            path=wire.path,
            model=model,
            stream=verb.startswith("stream"),
            prompt=_prompt(contents),
            tools=tools,
            forced_tool=forced,
            answers_tool=any(field(part, "functionResponse") for part in _parts(contents[-1])),
            schema=_schema(body),
            credential=secret,
            region=region_of(wire),
            size=len(wire.body),
            input_tokens=len(wire.body) // 4,  # roughly four bytes a token
            turns=sum(1 for content in contents if _asked(content)),
            body=body | {"$alt": alt_of(wire)},  # what Google calls it where it is in a body
        )

    def _whole(self, request: Request, answer: Completion, reply_context: ReplyContext) -> Reply:
        parts: list[dict[str, Any]] = [{"text": answer.text}] if answer.text else []
        parts += [{"functionCall": self._call(call)} for call in answer.tool_calls]
        said = self._said(parts, _FINISHES[answer.stop], answer)
        pieces = count_pieces(answer.text) + len(answer.tool_calls)
        return json_reply(200, printed(said | self._signed(request, reply_context)), pieces)

    def _stream(self, request: Request, answer: Completion, reply_context: ReplyContext) -> Reply:
        pieces: list[dict[str, Any]] = [{"text": piece} for piece in split(answer.text)]
        pieces += [{"functionCall": self._call(call)} for call in answer.tool_calls]
        signed = self._signed(request, reply_context)
        said = [self._said([piece], "", answer) | signed for piece in pieces[:-1]]
        said.append(self._said(pieces[-1:], _FINISHES[answer.stop], answer) | signed)
        as_events = request.body["$alt"] == "sse"
        write = _event if as_events else _element
        chunks = [write(each, content=bool(pieces)) for each in said]
        if answer.broken_by:
            error = write(self._error(request, answer.broken_by.refusal), content=False)
            chunks = [*broken(chunks, answer), error]
        return _as_events(chunks) if as_events else _as_array(chunks)

    def _call(self, call: ToolCall) -> dict[str, Any]:
        return {"name": call.name, "args": arguments_of(call, self.api)}

    def _said(self, parts: list[Any], finish: str, answer: Completion) -> dict[str, Any]:
        """One event, or the whole reply; without a reason to finish there is more to come."""
        content: dict[str, Any] = {"parts": parts} if parts else {}
        candidate: dict[str, Any] = {"content": content | {"role": "model"}}
        if finish:
            candidate["finishReason"] = finish
        said: dict[str, Any] = {"candidates": [candidate | {"index": 0}]}
        if answer.tells_usage:
            said["usageMetadata"] = self._usage(answer.usage, finish)
        return said

    def _usage(self, usage: Usage, finish: str) -> dict[str, Any]:
        """Count the tokens; those of the answer are known at its end."""
        said = usage.output_tokens if finish else 0
        counted: dict[str, Any] = {"promptTokenCount": usage.input_tokens}
        if said:
            counted["candidatesTokenCount"] = said
        counted["totalTokenCount"] = usage.input_tokens + said
        by_kind = [{"modality": "TEXT", "tokenCount": usage.input_tokens}]
        return counted | {"promptTokensDetails": by_kind}

    def _signed(self, request: Request, reply_context: ReplyContext) -> dict[str, Any]:
        """What closes every event: the model and the reply's id."""
        return {
            "modelVersion": request.model,
            "responseId": base58(reply_context.rng.number(256), 23),
        }


def _event(value: dict[str, Any], *, content: bool) -> Chunk:
    return Chunk(0.0, f"data: {in_one_line(value)}\r\n\r\n".encode("utf-8", "replace"), content)


def _element(value: dict[str, Any], *, content: bool) -> Chunk:
    return Chunk(0.0, printed(value).encode("utf-8", "replace"), content)


def _as_events(chunks: list[Chunk]) -> Reply:
    head = (("content-type", "text/event-stream"), *HEADERS)
    pieces = sum(chunk.content for chunk in chunks)
    return Reply(200, head, tuple(chunks), streamed=True, pieces=pieces)


def _as_array(chunks: list[Chunk]) -> Reply:
    """Put the elements between brackets; that a comma opens each chunk is assumed."""
    opened = [
        chunk._replace(data=(b",\r\n" if place else b"[") + chunk.data)
        for place, chunk in enumerate(chunks)
    ]
    head = (("content-type", "application/json; charset=UTF-8"), *HEADERS)
    pieces = sum(chunk.content for chunk in chunks)
    return Reply(200, head, (*opened, Chunk(0.0, b"]")), streamed=True, pieces=pieces)


def _parts(content: object) -> list[Any]:
    return listed(field(content, "parts"))


def _asked(content: object) -> str:
    """Join the texts of a content, if it is the user's."""
    if not isinstance(content, dict) or content.get("role", "user") != "user":
        return ""
    texts = (field(part, "text") for part in _parts(content))
    return "\n".join(text for text in texts if isinstance(text, str))


def _prompt(contents: list[Any]) -> str:
    """Find the text of the last content of the user's that has one."""
    return next(filter(None, map(_asked, reversed(contents))), "")


def _tools(body: dict[str, Any]) -> tuple[tuple[Tool, ...], str | None]:
    """Collect the app's functions, and which of them must be called: "" for any."""
    calling = field(field(body, "toolConfig"), "functionCallingConfig")
    mode = field(calling, "mode")
    if mode == "NONE":
        return (), None
    offered = (
        function
        for tool in listed(field(body, "tools"))
        for function in listed(field(tool, "functionDeclarations"))
        if isinstance(function, dict) and isinstance(function.get("name"), str)
    )
    tools = tuple(Tool(function["name"], _parameters(function)) for function in offered)
    if mode != "ANY" or not tools:
        return tools, None
    allowed = listed(field(calling, "allowedFunctionNames"))
    return tools, str(allowed[0]) if len(allowed) == 1 else ""


def _parameters(function: dict[str, Any]) -> Mapping[str, Any]:
    given = field(function, "parametersJsonSchema")
    return given if isinstance(given, dict) else json_schema(field(function, "parameters"))


def _schema(body: dict[str, Any]) -> Mapping[str, Any] | None:
    """Find the wanted JSON schema; JSON without one wants any object."""
    wanted = field(body, "generationConfig")
    if field(wanted, "responseMimeType") != "application/json":
        return None
    given = field(wanted, "responseJsonSchema")
    if isinstance(given, dict):
        return given
    own = field(wanted, "responseSchema")
    return json_schema(own) if isinstance(own, dict) else {"type": "object"}
