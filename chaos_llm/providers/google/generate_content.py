"""Bodies of {model}:generateContent, for the Gemini API and for Vertex AI.

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
from chaos_llm.providers import reasoning
from chaos_llm.providers.conversation import arguments_of, broken, insist_on_whole_calls
from chaos_llm.providers.framing import base58, count_pieces, split, text_of
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
from chaos_llm.providers.openai.logprobs import logprob
from chaos_llm.providers.openai.request_fields import MOST_CHOICES
from chaos_llm.providers.provider import ReplyContext
from chaos_llm.providers.request_limits import stop_sequences
from chaos_llm.providers.signatures import sign

_ATTACHED = ("content-disposition", "attachment")
VENDOR = "gemini"  # signs Gemini's thoughts, at both APIs
_CALLED = "Model generated function call(s)."
_FINISHES = {"end": "STOP", "tool": "STOP", "length": "MAX_TOKENS", "refusal": "SAFETY"}
_NO_CONTENTS = "* GenerateContentRequest.contents: contents is not specified\n"


class GenerateContent(GoogleEndpoint, ModelEndpoint):
    """Gemini's own conversation format, for both of Google's APIs."""

    filters: ClassVar[bool] = True
    api: ClassVar[str] = "generate_content"
    verbs: ClassVar[tuple[str, ...]] = ("generateContent", "streamGenerateContent")

    def render(self, request: Request, answer: Answer, reply_context: ReplyContext) -> Reply:
        insist_on_whole_calls(answer, self.api)
        return super().render(request, answer, reply_context)

    def _read(self, wire: WireRequest, secret: str, body: dict[str, Any]) -> Request:
        contents = body.get("contents")
        if not isinstance(contents, list) or not contents:
            return self._invalid(wire, secret, Refusal("invalid_request", message=_NO_CONTENTS))
        model, verb = self._model_and_verb(wire.path)
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
            turns=sum(1 for content in contents if _user_text(content)),
            **_limits(model, body),
            body=body | {"$alt": alt_of(wire)},  # what Google calls it where it is in a body
        )

    def _whole(self, request: Request, answer: Completion, reply_context: ReplyContext) -> Reply:
        signed = self._signed(request, reply_context)
        candidates = [
            self._candidate(
                request, self._parts(request, each, reply_context), each, _finish_of(each)
            )
            for each in (answer, *answer.alternatives)
        ]
        body = self._reply_body(candidates, answer, ended=True)
        thought = answer.reasoning.text if _shown(request, answer) and answer.reasoning else ""
        pieces = count_pieces(thought) + count_pieces(answer.text) + len(answer.tool_calls)
        return json_reply(200, printed(body | signed), pieces, self._more_headers())

    def _stream(self, request: Request, answer: Completion, reply_context: ReplyContext) -> Reply:
        signed = self._signed(request, reply_context)
        pieces = [
            piece
            for part in self._parts(request, answer, reply_context)
            for piece in _pieces_of_part(part)
        ]
        bodies = [
            self._reply_body([self._candidate(request, [piece], answer, "")], answer, ended=False)
            | signed
            for piece in pieces[:-1]
        ]
        last = self._candidate(request, pieces[-1:], answer, _finish_of(answer))
        bodies.append(self._reply_body([last], answer, ended=True) | signed)
        as_events = request.body["$alt"] == "sse"
        write = _event if as_events else _element
        chunks = [write(each, content=bool(pieces)) for each in bodies]
        if answer.broken_by:
            error = write(self.error(request, answer.broken_by.refusal), content=False)
            chunks = [*broken(chunks, answer), error]
        return _as_events(chunks) if as_events else _as_array(chunks)

    def _parts(
        self, request: Request, answer: Completion, reply_context: ReplyContext
    ) -> list[dict[str, Any]]:
        """The parts of a reply: thoughts if they were requested, text, and function calls.

        The first call is signed, or the last text; without a signature Gemini 3 refuses the turn.
        """
        parts: list[dict[str, Any]] = []
        reasoning = answer.reasoning
        nonce = reply_context.rng.number(128) if reasoning else 0
        seal = sign(VENDOR, "", nonce) if reasoning and reasoning.signed else ""
        if reasoning and _shown(request, answer):
            parts.append({"text": reasoning.text, "thought": True})
        if answer.text:
            parts.append({"text": answer.text})
        for number, call in enumerate(answer.tool_calls):
            part: dict[str, Any] = {"functionCall": self._call(request, call, reply_context)}
            if seal and not number:
                part["thoughtSignature"] = seal
            parts.append(part)
        signs_text = _shown(request, answer) or "gemini-3" in request.model
        if seal and signs_text and answer.text and not answer.tool_calls:
            parts[-1]["thoughtSignature"] = seal
        return parts

    def _call(
        self, request: Request, call: ToolCall, reply_context: ReplyContext
    ) -> dict[str, Any]:
        name = {"name": call.name, "args": arguments_of(call, self.api)}
        if "gemini-3" not in request.model:
            return name
        return {"id": base58(reply_context.rng.number(128), 8).lower(), **name}

    def _candidate(
        self, request: Request, parts: list[Any], answer: Completion, finish: str
    ) -> dict[str, Any]:
        """Write one candidate; without a reason to finish there is more to come."""
        content: dict[str, Any] = {"parts": parts} if parts else {}
        candidate: dict[str, Any] = {"content": content | {"role": "model"}}
        if finish:
            candidate["finishReason"] = finish
            if answer.tool_calls:
                candidate["finishMessage"] = _CALLED
            if request.body.get("generationConfig"):
                candidate |= _logprobs_of(request, answer)
        return candidate | {"index": 0}

    def _reply_body(
        self, candidates: list[dict[str, Any]], answer: Completion, *, ended: bool
    ) -> dict[str, Any]:
        """Write one event, or the whole reply."""
        for index, candidate in enumerate(candidates[1:], start=1):
            candidate["index"] = index
        body: dict[str, Any] = {"candidates": candidates}
        if answer.tells_usage:
            body["usageMetadata"] = self._usage(answer.usage, ended=ended)
        return body

    def _usage(self, usage: Usage, *, ended: bool) -> dict[str, Any]:
        """Count the tokens; those of the answer are known at its end, what was thought before."""
        thought = usage.reasoning_tokens
        output_tokens = usage.output_tokens - thought if ended else 0
        counted: dict[str, Any] = {"promptTokenCount": usage.input_tokens}
        if output_tokens:
            counted["candidatesTokenCount"] = output_tokens
        counted["totalTokenCount"] = usage.input_tokens + output_tokens + thought
        if usage.cache_read_tokens:
            counted["cachedContentTokenCount"] = usage.cache_read_tokens
        counted["promptTokensDetails"] = [{"modality": "TEXT", "tokenCount": usage.input_tokens}]
        if usage.cache_read_tokens:
            cached = {"modality": "TEXT", "tokenCount": usage.cache_read_tokens}
            counted["cacheTokensDetails"] = [cached]
        if thought:
            counted["thoughtsTokenCount"] = thought
        return counted

    def _block(self, request: Request, refusal: Refusal, reply_context: ReplyContext) -> Reply:  # noqa: ARG002
        """Write a reply without candidates: a blocked prompt gets HTTP 200."""
        body: dict[str, Any] = {"promptFeedback": self._blocked()}
        usage = Usage(request.input_tokens, 0)
        body |= {"usageMetadata": self._usage(usage, ended=True)}
        body |= self._signed(request, reply_context)
        if not request.stream:
            return json_reply(200, printed(body), 0, self._more_headers())
        if request.body["$alt"] == "sse":
            return _as_events([_event(body, content=False)])
        return _as_array([_element(body, content=False)])

    def _blocked(self) -> dict[str, Any]:
        """Why the prompt was blocked."""
        return {"blockReason": "SAFETY"}

    def _more_headers(self) -> tuple[tuple[str, str], ...]:
        """The further headers of a whole reply."""
        return ()

    def _signed(self, request: Request, reply_context: ReplyContext) -> dict[str, Any]:
        """What closes every event: the model and the reply's id."""
        return {
            "modelVersion": request.model,
            "responseId": base58(reply_context.rng.number(256), 23),
        }


def _finish_of(answer: Completion) -> str:
    return "SAFETY" if answer.filtered else _FINISHES[answer.stop]


def _shown(request: Request, answer: Completion) -> bool:
    """Whether what was thought is a part of the reply: only where it was asked for."""
    config = field(field(request.body, "generationConfig"), "thinkingConfig")
    return answer.reasoning is not None and field(config, "includeThoughts") is True


def _pieces_of_part(part: dict[str, Any]) -> list[dict[str, Any]]:
    """Cut a part into what its events have; a signature comes with the last piece."""
    if "text" not in part:
        return [part]
    thought = {"thought": True} if "thought" in part else {}
    pieces: list[dict[str, Any]] = [{"text": piece, **thought} for piece in split(part["text"])]
    if pieces and "thoughtSignature" in part:
        pieces.append({"text": "", "thoughtSignature": part["thoughtSignature"]})
    return pieces


def _limits(model: str, body: dict[str, Any]) -> dict[str, Any]:
    """Read the output limits, the number of candidates, and whether the model thinks."""
    config = field(body, "generationConfig")
    if not isinstance(config, dict):
        return {"reasons": reasoning.is_thinker(reasoning.GEMINI, model)}
    thinking = field(config, "thinkingConfig")
    off = field(thinking, "thinkingBudget") == 0
    requested = field(thinking, "includeThoughts") is True or bool(
        field(thinking, "thinkingBudget")
    )
    most, count = field(config, "maxOutputTokens"), field(config, "candidateCount")
    return {
        "reasons": not off and (requested or reasoning.is_thinker(reasoning.GEMINI, model)),
        "max_tokens": most if isinstance(most, int) and not isinstance(most, bool) else None,
        "stop_sequences": stop_sequences(field(config, "stopSequences")),
        "choices": min(count, MOST_CHOICES) if isinstance(count, int) and count > 1 else 1,
    }


def _logprobs_of(request: Request, answer: Completion) -> dict[str, Any]:
    """Write the log probabilities of an answer's tokens, where they were asked for."""
    config = field(request.body, "generationConfig")
    if field(config, "responseLogprobs") is not True or not answer.text:
        return {}
    tokens = [
        {"token": piece, "tokenId": len(piece) * 17, "logProbability": logprob(piece)}
        for piece in split(answer.text)
    ]
    mean = sum(logprob(piece) for piece in split(answer.text)) / len(tokens)
    return {"avgLogprobs": mean, "logprobsResult": {"chosenCandidates": tokens}}


def _event(value: dict[str, Any], *, content: bool) -> Chunk:
    return Chunk(0.0, f"data: {in_one_line(value)}\r\n\r\n".encode("utf-8", "replace"), content)


def _element(value: dict[str, Any], *, content: bool) -> Chunk:
    return Chunk(0.0, printed(value).encode("utf-8", "replace"), content)


def _as_events(chunks: list[Chunk]) -> Reply:
    head = (("content-type", "text/event-stream"), _ATTACHED, *HEADERS)
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


def _user_text(content: object) -> str:
    """Join the texts of a content, if it is the user's."""
    if not isinstance(content, dict) or content.get("role", "user") != "user":
        return ""
    texts = (field(part, "text") for part in _parts(content))
    return "\n".join(text for text in texts if isinstance(text, str))


def _prompt(contents: list[Any]) -> str:
    """Find the text of the last content of the user's that has one."""
    return next(filter(None, map(_user_text, reversed(contents))), "")


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
    tools = tuple(
        Tool(function["name"], _parameters(function), text_of(function.get("description")))
        for function in offered
    )
    if mode != "ANY" or not tools:
        return tools, None
    allowed = listed(field(calling, "allowedFunctionNames"))
    return tools, str(allowed[0]) if len(allowed) == 1 else ""


def _parameters(function: dict[str, Any]) -> Mapping[str, Any]:
    schema = field(function, "parametersJsonSchema")
    return schema if isinstance(schema, dict) else json_schema(field(function, "parameters"))


def _schema(body: dict[str, Any]) -> Mapping[str, Any] | None:
    """Find the wanted JSON schema; JSON without one wants any object."""
    config = field(body, "generationConfig")
    if field(config, "responseMimeType") != "application/json":
        return None
    schema = field(config, "responseJsonSchema")
    if isinstance(schema, dict):
        return schema
    own = field(config, "responseSchema")
    return json_schema(own) if isinstance(own, dict) else {"type": "object"}
