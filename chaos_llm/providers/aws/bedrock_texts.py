"""Bodies of InvokeModel for models that take plain text, or OpenAI's form.

Titan's and legacy Claude's and Cohere's shapes are those of recorded replies; Mistral's, Cohere's,
AI21's, DeepSeek's and OpenAI's are those of AWS's pages on inference parameters.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, NamedTuple

from chaos_llm.errors import Unsupported
from chaos_llm.protocol.messages import Completion, Refusal, Request, Usage
from chaos_llm.providers.conversation import turns_of, uuid
from chaos_llm.providers.framing import last_prompt, split
from chaos_llm.providers.openai.request_fields import forced_tool_of, tools_of
from chaos_llm.providers.provider import ReplyContext
from chaos_llm.providers.request_limits import most_tokens, stop_sequences

Piece = tuple[str, bool]  # the JSON of an event, and whether it is a piece of the answer

_ENDS = {"end": "stop", "tool": "tool_calls", "length": "length", "refusal": "stop"}
_MISSING = (
    "Malformed input request: #: required key [{}] not found, please reformat your input and try "
    "again."
)  # as for Claude's max_tokens: refusals are worded for every key alike


class TextFamily(NamedTuple):
    """Models that answer a text with a text.

    `field` has the prompt and `limit` the most tokens, `stops` the stop sequences; `settings` is
    the object that has both, if they are not beside the prompt. `body_of` writes a whole answer,
    `piece` one event of it: a text, with its number, or the end where that is None; without it the
    models cannot be streamed.
    """

    field: str
    limit: str
    stops: str
    body_of: Callable[[Request, Completion, ReplyContext], dict[str, Any]]
    piece: Callable[[Completion, str | None, int], dict[str, Any]] | None
    settings: str = ""

    def read(self, body: dict[str, Any]) -> dict[str, Any] | Refusal:
        """Read a body's fields, by their names in a Request."""
        prompt = body.get(self.field)
        if not isinstance(prompt, str):
            return Refusal("invalid_request", message=_MISSING.replace("{}", self.field))
        limits = body.get(self.settings, {}) if self.settings else body
        limits = limits if isinstance(limits, dict) else {}
        return {
            "prompt": prompt,
            "turns": 1,
            "max_tokens": most_tokens(limits, self.limit),
            "stop_sequences": stop_sequences(limits.get(self.stops)),
            "body": body,
        }

    def write(self, request: Request, answer: Completion, reply_context: ReplyContext) -> str:
        """Write a whole answer."""
        only_text(answer)
        return _compact(self.body_of(request, answer, reply_context))

    def stream(
        self, request: Request, answer: Completion, reply_context: ReplyContext
    ) -> list[Piece]:
        """Write the events of an answer."""
        only_text(answer)
        write = self.piece
        assert write is not None  # else the request was refused
        payloads = [
            (_compact(write(answer, piece, number)), True)
            for number, piece in enumerate(split(answer.text), start=1)
        ]
        return [*payloads, (_compact(write(answer, None, len(payloads))), False)]


def only_text(answer: Completion) -> None:
    """Insist on a text: these models call no tools."""
    if answer.tool_calls:
        raise Unsupported("invoke: this model's dialect has no tool calls, only text")


def _counted(answer: Completion, fields: dict[str, Any]) -> dict[str, Any]:
    return fields if answer.tells_usage else {}


def _llama(request: Request, answer: Completion, reply_context: ReplyContext) -> dict[str, Any]:
    return _generated(answer, answer.text, answer.usage, _ENDS[answer.stop])


def _llama_piece(answer: Completion, piece: str | None, number: int) -> dict[str, Any]:
    if piece is None:
        return _generated(answer, "", answer.usage, _ENDS[answer.stop])
    return _generated(answer, piece, Usage(answer.usage.input_tokens, number), None)


def _generated(answer: Completion, text: str, usage: Usage, stop: str | None) -> dict[str, Any]:
    counts = {
        "prompt_token_count": usage.input_tokens,
        "generation_token_count": usage.output_tokens,
    }
    return {"generation": text, **_counted(answer, counts), "stop_reason": stop}


_TITAN = {"end": "FINISH", "tool": "FINISH", "length": "LENGTH", "refusal": "CONTENT_FILTERED"}


def _titan_stop(answer: Completion) -> str:
    return _TITAN["refusal" if answer.filtered else answer.stop]


def _titan(request: Request, answer: Completion, reply_context: ReplyContext) -> dict[str, Any]:
    counts = {"inputTextTokenCount": answer.usage.input_tokens}
    result = {
        **_counted(answer, {"tokenCount": answer.usage.output_tokens}),
        "outputText": answer.text,
        "completionReason": _titan_stop(answer),
    }
    return {**_counted(answer, counts), "results": [result]}


def _titan_piece(answer: Completion, piece: str | None, number: int) -> dict[str, Any]:
    ended = piece is None
    counts: dict[str, Any] = {
        "totalOutputTextTokenCount": answer.usage.output_tokens if ended else None,
        "completionReason": _titan_stop(answer) if ended else None,
        "inputTextTokenCount": answer.usage.input_tokens if ended else None,
    }
    return {"outputText": piece or "", "index": 0, **counts}


def _mistral(request: Request, answer: Completion, reply_context: ReplyContext) -> dict[str, Any]:
    return {"outputs": [{"text": answer.text, "stop_reason": _ENDS[answer.stop]}]}


def _mistral_piece(answer: Completion, piece: str | None, number: int) -> dict[str, Any]:
    stop = _ENDS[answer.stop] if piece is None else None
    return {"outputs": [{"text": piece or "", "stop_reason": stop}]}


_COHERE = {"end": "COMPLETE", "tool": "COMPLETE", "length": "MAX_TOKENS", "refusal": "COMPLETE"}


def _cohere(request: Request, answer: Completion, reply_context: ReplyContext) -> dict[str, Any]:
    made = {"finish_reason": _COHERE[answer.stop], "id": uuid(reply_context), "text": answer.text}
    return {"generations": [made], "id": uuid(reply_context), "prompt": request.prompt}


def _cohere_piece(answer: Completion, piece: str | None, number: int) -> dict[str, Any]:
    if piece is None:
        return {"finish_reason": _COHERE[answer.stop], "is_finished": True}
    return {"index": number - 1, "is_finished": False, "text": piece}


def _command_r(request: Request, answer: Completion, reply_context: ReplyContext) -> dict[str, Any]:
    turns = [
        {"role": "USER", "message": request.prompt},
        {"role": "CHATBOT", "message": answer.text},
    ]
    return {
        "response_id": uuid(reply_context),
        "text": answer.text,
        "generation_id": uuid(reply_context),
        "chat_history": turns,
        "finish_reason": _COHERE[answer.stop],
    }


def _command_r_piece(answer: Completion, piece: str | None, number: int) -> dict[str, Any]:
    if piece is not None:
        return {"is_finished": False, "event_type": "text-generation", "text": piece}
    finish = _COHERE[answer.stop]
    response = {"text": answer.text, "finish_reason": finish}
    return {
        "is_finished": True,
        "event_type": "stream-end",
        "finish_reason": finish,
        "response": response,
    }


def _jurassic(request: Request, answer: Completion, reply_context: ReplyContext) -> dict[str, Any]:
    reason = {"reason": "length" if answer.stop == "length" else "endoftext"}
    completion = {"data": {"text": answer.text, "tokens": []}, "finishReason": reason}
    prompt = {"text": request.prompt, "tokens": []}
    return {"id": reply_context.rng.number(31), "prompt": prompt, "completions": [completion]}


def _deepseek(request: Request, answer: Completion, reply_context: ReplyContext) -> dict[str, Any]:
    return {"choices": [{"text": answer.text, "stop_reason": _ENDS[answer.stop]}]}


def _deepseek_piece(answer: Completion, piece: str | None, number: int) -> dict[str, Any]:
    stop = _ENDS[answer.stop] if piece is None else None
    return {"choices": [{"text": piece or "", "stop_reason": stop}]}


_HUMAN = "\n\nHuman:"
_LEGACY = {"end": "stop_sequence", "tool": "stop_sequence", "length": "max_tokens"}


def _legacy(request: Request, answer: Completion, reply_context: ReplyContext) -> dict[str, Any]:
    return {
        "type": "completion",
        "completion": " " + answer.text,
        "stop_reason": _LEGACY.get(answer.stop, "stop_sequence"),
        "stop": None if answer.stop == "length" else _HUMAN,
    }


def _legacy_piece(answer: Completion, piece: str | None, number: int) -> dict[str, Any]:
    if piece is not None:
        return {"completion": piece, "stop_reason": None, "stop": None}
    stop = _LEGACY.get(answer.stop, "stop_sequence")
    return {"completion": "", "stop_reason": stop, "stop": _HUMAN}


LLAMA = TextFamily("prompt", "max_gen_len", "stop", _llama, _llama_piece)
TITAN = TextFamily(
    "inputText",
    "maxTokenCount",
    "stopSequences",
    _titan,
    _titan_piece,
    settings="textGenerationConfig",
)
MISTRAL = TextFamily("prompt", "max_tokens", "stop", _mistral, _mistral_piece)
COHERE = TextFamily("prompt", "max_tokens", "stop_sequences", _cohere, _cohere_piece)
COMMAND_R = TextFamily("message", "max_tokens", "stop_sequences", _command_r, _command_r_piece)
JURASSIC = TextFamily("prompt", "maxTokens", "stopSequences", _jurassic, None)
DEEPSEEK = TextFamily("prompt", "max_tokens", "stop", _deepseek, _deepseek_piece)
LEGACY_CLAUDE = TextFamily(
    "prompt", "max_tokens_to_sample", "stop_sequences", _legacy, _legacy_piece
)


def read_chat(body: dict[str, Any]) -> dict[str, Any] | Refusal:
    """Read a conversation in OpenAI's manner: Jamba's, Mistral's newer models', OpenAI's own."""
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages:
        return Refusal("invalid_request", message=_MISSING.replace("{}", "messages"))
    last = messages[-1]
    return {
        "prompt": last_prompt(messages),
        "turns": turns_of(messages),
        "tools": tools_of(body),
        "forced_tool": forced_tool_of(body),
        "answers_tool": isinstance(last, dict) and last.get("role") == "tool",
        "max_tokens": most_tokens(body, "max_completion_tokens", "max_tokens"),
        "stop_sequences": stop_sequences(body.get("stop")),
        "body": body,
    }


def write_chat(request: Request, answer: Completion, reply_context: ReplyContext) -> str:
    """Write an answer as Chat Completions have it."""
    message: dict[str, Any] = {"role": "assistant", "content": answer.text or None}
    calls = [_call(call.name, call.arguments, reply_context) for call in answer.tool_calls]
    if calls:
        message["tool_calls"] = calls
    finish = _ENDS[answer.stop]
    choice = {"index": 0, "message": message, "finish_reason": finish, "stop_reason": finish}
    return _compact(_opening(request, reply_context, "chat.completion") | _ended([choice], answer))


def stream_chat(request: Request, answer: Completion, reply_context: ReplyContext) -> list[Piece]:
    """Write the events of an answer as Chat Completions have them."""
    head = _opening(request, reply_context, "chat.completion.chunk")
    deltas: list[tuple[dict[str, Any], bool]] = [({"role": "assistant", "content": ""}, False)]
    deltas += [({"content": piece}, True) for piece in split(answer.text)]
    for index, call in enumerate(answer.tool_calls):
        tool_call = {"index": index, **_call(call.name, call.arguments, reply_context)}
        deltas.append(({"tool_calls": [tool_call]}, True))
    payloads = [
        (
            _compact(head | {"choices": [{"index": 0, "delta": delta, "finish_reason": None}]}),
            content,
        )
        for delta, content in deltas
    ]
    end = {"index": 0, "delta": {}, "finish_reason": _ENDS[answer.stop]}
    return [*payloads, (_compact(head | _ended([end], answer)), False)]


def _opening(request: Request, reply_context: ReplyContext, kind: str) -> dict[str, Any]:
    made = {
        "id": f"chatcmpl-{uuid(reply_context)}",
        "object": kind,
        "created": int(reply_context.now),
    }
    return made | {"model": request.model}


def _ended(choices: list[dict[str, Any]], answer: Completion) -> dict[str, Any]:
    prompt, completion = answer.usage.input_tokens, answer.usage.output_tokens
    usage = {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
    }
    return {"choices": choices, **_counted(answer, {"usage": usage})}


def _call(name: str, arguments: str, reply_context: ReplyContext) -> dict[str, Any]:
    function = {"name": name, "arguments": arguments}
    return {"id": f"call_{uuid(reply_context)}", "type": "function", "function": function}


def _compact(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
