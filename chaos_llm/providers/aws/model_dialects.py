"""What models say and hear in InvokeModel, each family in its own dialect.

Claude's is Anthropic's; Nova's and Llama's are those of AWS's page on inference parameters.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple

from chaos_llm.errors import Unsupported
from chaos_llm.protocol.messages import Completion, Refusal, Request, Usage
from chaos_llm.providers.anthropic import message_bodies
from chaos_llm.providers.aws import converse_bodies
from chaos_llm.providers.conversation import turns_of
from chaos_llm.providers.framing import last_prompt, quote, split
from chaos_llm.providers.provider import ReplyContext

Piece = tuple[str, bool]  # the JSON of an event, and whether it is a piece of the answer

_HOST = "bdrk_"  # in the ids of Claude's messages and tool calls
_CLAUDE = re.compile(r"(?:[a-z-]+\.)?anthropic\.(.+?)(?:-v\d+(?::\d+)?)?$")
_ENDS = {"end": "stop", "tool": "stop", "length": "length", "refusal": "stop"}


class Family(NamedTuple):
    """Models of one dialect: how a body is read, and how an answer is written."""

    hear: Callable[[dict[str, Any]], dict[str, Any] | Refusal]
    say: Callable[[Request, Completion, ReplyContext], str]
    stream: Callable[[Request, Completion, ReplyContext], list[Piece]]


def family_of(body: dict[str, Any]) -> Family | None:
    """Tell the family by the fields of a body."""
    if "anthropic_version" in body:
        return Family(_hear_claude, _say_claude, _stream_claude)
    if "messages" in body:
        return Family(_hear_nova, _say_nova, _stream_nova)
    if isinstance(body.get("prompt"), str):
        return Family(_hear_llama, _say_llama, _stream_llama)
    return None


def _hear_claude(body: dict[str, Any]) -> dict[str, Any] | Refusal:
    return message_bodies.refusal_of(body) or message_bodies.heard(body)


def _say_claude(request: Request, answer: Completion, reply_context: ReplyContext) -> str:
    return message_bodies.whole(_named(request), answer, reply_context, _HOST)


def _stream_claude(
    request: Request, answer: Completion, reply_context: ReplyContext
) -> list[Piece]:
    unbroken = replace(answer, broken_by=None)  # what is wrong, an exception says
    chunks = message_bodies.events(_named(request), unbroken, reply_context, _HOST)
    told = (
        (chunk.data.decode().partition("\ndata: ")[2].strip(), chunk.content) for chunk in chunks
    )
    return [(data, content) for data, content in told if '"type": "ping"' not in data]


def _named(request: Request) -> Request:
    """Name the model as Anthropic does: us.anthropic.claude-x-v1:0 is claude-x."""
    found = _CLAUDE.fullmatch(request.model)
    return replace(request, model=found[1]) if found else request


def _hear_nova(body: dict[str, Any]) -> dict[str, Any] | Refusal:
    messages = body["messages"]
    if not isinstance(messages, list) or not messages:
        return Refusal("invalid_request")
    return {"prompt": last_prompt(messages), "turns": turns_of(messages), "body": body}


def _say_nova(request: Request, answer: Completion, reply_context: ReplyContext) -> str:  # noqa: ARG001 - as others
    said = converse_bodies.message(answer, reply_context)
    if answer.tells_usage:
        said["usage"] = converse_bodies.usage(answer.usage)
    return _compact(said)


def _stream_nova(request: Request, answer: Completion, reply_context: ReplyContext) -> list[Piece]:  # noqa: ARG001
    said = [
        (_compact({kind: fields}), content)
        for kind, fields, content in converse_bodies.events(answer, reply_context)
    ]
    told = {"usage": converse_bodies.usage(answer.usage)} if answer.tells_usage else {}
    return [*said, (_compact({"metadata": told | {"metrics": {}, "trace": {}}}), False)]


def _hear_llama(body: dict[str, Any]) -> dict[str, Any] | Refusal:
    return {"prompt": body["prompt"], "turns": 1, "body": body}


def _say_llama(request: Request, answer: Completion, reply_context: ReplyContext) -> str:  # noqa: ARG001 - as others
    _only_text(answer)
    return _generated(answer.text, answer.usage, f'"{_ENDS[answer.stop]}"', answer)


def _stream_llama(request: Request, answer: Completion, reply_context: ReplyContext) -> list[Piece]:  # noqa: ARG001
    _only_text(answer)
    heard = answer.usage.input_tokens
    said = [
        (_generated(piece, Usage(heard, count), "null", answer), True)
        for count, piece in enumerate(split(answer.text), start=1)
    ]
    return [*said, (_generated("", answer.usage, f'"{_ENDS[answer.stop]}"', answer), False)]


def _generated(text: str, usage: Usage, stop: str, answer: Completion) -> str:
    counts = (
        f'"prompt_token_count":{usage.input_tokens},"generation_token_count":{usage.output_tokens},'
    )
    return (
        f'{{"generation":{quote(text)},{counts if answer.tells_usage else ""}"stop_reason":{stop}}}'
    )


def _only_text(answer: Completion) -> None:
    if answer.tool_calls:
        raise Unsupported("invoke: Llama's dialect has no tool calls, only text")


def _compact(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
