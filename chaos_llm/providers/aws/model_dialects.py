"""Bodies of InvokeModel, for each family of models in its own form.

Claude's is Anthropic's; Nova's is that of AWS's page on inference parameters and of recordings; the
families with plain text, and those in OpenAI's form, are in bedrock_texts.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple

from chaos_llm.protocol.messages import Completion, Refusal, Request
from chaos_llm.providers.anthropic import message_bodies
from chaos_llm.providers.aws import bedrock_texts, converse_bodies
from chaos_llm.providers.aws.bedrock_texts import Piece, TextFamily
from chaos_llm.providers.aws.converse_bodies import has_tool_result, tools_of
from chaos_llm.providers.conversation import turns_of
from chaos_llm.providers.framing import last_prompt
from chaos_llm.providers.provider import ReplyContext
from chaos_llm.providers.request_limits import most_tokens, stop_sequences

_HOST = "bdrk_"  # in the ids of Claude's messages and tool calls
_CLAUDE = re.compile(r"(?:[a-z-]+\.)?anthropic\.(.+?)(?:-v\d+(?::\d+)?)?$")


class Family(NamedTuple):
    """Models of one dialect: how a body is read, and how an answer is written."""

    read: Callable[[dict[str, Any]], dict[str, Any] | Refusal]
    write: Callable[[Request, Completion, ReplyContext], str]
    stream: Callable[[Request, Completion, ReplyContext], list[Piece]]
    streams: bool = True


def family_of(model: str, body: dict[str, Any]) -> Family | None:
    """The family of a model by its name; for an unknown model by the body's fields.

    None for an embedding model, and for a body that matches no family.
    """
    if "embed" in model:
        return None
    for name, family, field in _FAMILIES:
        if name in model and (not field or field in body):
            return family
    return _by_fields(body)


def _by_fields(body: dict[str, Any]) -> Family | None:
    if "anthropic_version" in body:
        return _CLAUDE_FAMILY
    if "messages" in body:
        return _NOVA
    return _LLAMA if isinstance(body.get("prompt"), str) else None


def _read_claude(body: dict[str, Any]) -> dict[str, Any] | Refusal:
    return message_bodies.refusal_of(body) or message_bodies.request_fields(body)


def _write_claude(request: Request, answer: Completion, reply_context: ReplyContext) -> str:
    return message_bodies.whole(_named(request), answer, reply_context, _HOST)


def _stream_claude(
    request: Request, answer: Completion, reply_context: ReplyContext
) -> list[Piece]:
    unbroken = replace(answer, broken_by=None)  # what is wrong, an exception says
    chunks = message_bodies.events(_named(request), unbroken, reply_context, _HOST)
    payloads = (
        (chunk.data.decode().partition("\ndata: ")[2].strip(), chunk.content) for chunk in chunks
    )
    return [(data, content) for data, content in payloads if '"type": "ping"' not in data]


def _named(request: Request) -> Request:
    """Name the model as Anthropic does: us.anthropic.claude-x-v1:0 is claude-x."""
    found = _CLAUDE.fullmatch(request.model)
    return replace(request, model=found[1]) if found else request


def _read_nova(body: dict[str, Any]) -> dict[str, Any] | Refusal:
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages:
        return Refusal("invalid_request")
    config = body.get("inferenceConfig")
    config = config if isinstance(config, dict) else {}
    tools, forced = tools_of(body.get("toolConfig"))
    return {
        "prompt": last_prompt(messages),
        "turns": turns_of(messages),
        "tools": tools,
        "forced_tool": forced,
        "answers_tool": has_tool_result(messages[-1]),
        "max_tokens": most_tokens(config, "maxTokens", "max_new_tokens"),
        "stop_sequences": stop_sequences(config.get("stopSequences")),
        "body": body,
    }


def _write_nova(request: Request, answer: Completion, reply_context: ReplyContext) -> str:  # noqa: ARG001 - as others
    body = converse_bodies.message(answer, reply_context)
    if answer.tells_usage:
        body["usage"] = _nova_usage(answer)
    return _compact(body)


def _stream_nova(request: Request, answer: Completion, reply_context: ReplyContext) -> list[Piece]:  # noqa: ARG001
    payloads = [
        (_compact({kind: fields}), content)
        for kind, fields, content in converse_bodies.events(answer, reply_context)
    ]
    usage_fields = {"usage": _nova_usage(answer)} if answer.tells_usage else {}
    return [*payloads, (_compact({"metadata": usage_fields | {"metrics": {}, "trace": {}}}), False)]


def _compact(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _nova_usage(answer: Completion) -> dict[str, int]:
    counts = converse_bodies.usage(answer.usage)
    return {name: counts[name] for name in _NOVA_COUNTS}


_NOVA_COUNTS = (
    "inputTokens",
    "outputTokens",
    "totalTokens",
    "cacheReadInputTokenCount",
    "cacheWriteInputTokenCount",
)


def _of_texts(family: TextFamily) -> Family:
    return Family(family.read, family.write, family.stream, family.piece is not None)


_CLAUDE_FAMILY = Family(_read_claude, _write_claude, _stream_claude)
_NOVA = Family(_read_nova, _write_nova, _stream_nova)
_LLAMA = _of_texts(bedrock_texts.LLAMA)
_CHAT = Family(bedrock_texts.read_chat, bedrock_texts.write_chat, bedrock_texts.stream_chat)
# By a part of the model's id, and a field that a body must have for it: the first that fits.
_FAMILIES: tuple[tuple[str, Family, str], ...] = (
    ("anthropic.", _of_texts(bedrock_texts.LEGACY_CLAUDE), "prompt"),
    ("anthropic.", _CLAUDE_FAMILY, ""),
    ("amazon.nova", _NOVA, ""),
    ("amazon.titan-text", _of_texts(bedrock_texts.TITAN), ""),
    ("meta.llama", _LLAMA, ""),
    ("mistral.", _CHAT, "messages"),
    ("mistral.", _of_texts(bedrock_texts.MISTRAL), ""),
    ("cohere.command-r", _of_texts(bedrock_texts.COMMAND_R), ""),
    ("cohere.command", _of_texts(bedrock_texts.COHERE), ""),
    ("ai21.jamba", _CHAT, ""),
    ("ai21.", _of_texts(bedrock_texts.JURASSIC), ""),
    ("deepseek.", _CHAT, "messages"),
    ("deepseek.", _of_texts(bedrock_texts.DEEPSEEK), ""),
    ("openai.", _CHAT, ""),
    ("qwen.", _CHAT, ""),
)
