"""Request and reply bodies of Claude's Messages API, which are the same at every host of Claude.

The shapes are those of the types in anthropic 2.11; key order and the ping's space are the wire's.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from chaos_llm.errors import Unsupported
from chaos_llm.protocol.messages import Chunk, Completion, Reasoning, Refusal, Request, Tool, Usage
from chaos_llm.providers.anthropic.common import error_event
from chaos_llm.providers.anthropic.server_tools import ServerTool, searches, server_tools
from chaos_llm.providers.conversation import continues_thread, turns_of
from chaos_llm.providers.framing import (
    base58,
    broken_at,
    event,
    last_prompt,
    quote,
    split,
    text_of,
)
from chaos_llm.providers.provider import ReplyContext
from chaos_llm.providers.request_limits import most_tokens, stop_sequences
from chaos_llm.providers.signatures import sign

_STOPS = {"end": "end_turn", "tool": "tool_use", "length": "max_tokens", "refusal": "refusal"}
_REFUSED = '{"type":"refusal","category":null,"explanation":null}'
_NO_CACHE = '"cache_creation_input_tokens":0,"cache_read_input_tokens":0,'
_NOT_CACHED = '"cache_creation":{"ephemeral_5m_input_tokens":0,"ephemeral_1h_input_tokens":0},'
# Documented for tests: a prompt with this text has its thinking redacted.
_REDACTING = "ANTHROPIC_MAGIC_STRING_TRIGGER_REDACTED_THINKING"
_VENDOR = "anthropic"  # signs what Claude thinks, wherever it is hosted
_TIER = '"service_tier":"standard","inference_geo":"not_available"'
_REQUIRED = (("messages", list, "list"), ("max_tokens", int, "integer"))
MODEL_TOO = (("model", str, "string"), *_REQUIRED)
COUNTED = MODEL_TOO[:2]  # what a count of tokens wants
PING = event("ping", '{"type": "ping"}')


def refusal_of(
    body: dict[str, Any], required: tuple[tuple[str, type, str], ...] = _REQUIRED
) -> Refusal | None:
    """Refuse what the API's validation refuses, in its words; some hosts know the model already."""
    for field, kind, noun in required:
        if not isinstance(body.get(field), kind):
            fault = f"Input should be a valid {noun}" if field in body else "Field required"
            return Refusal("invalid_request", message=f"{field}: {fault}")
    if not body["messages"]:
        return Refusal("invalid_request", message="messages: at least one message is required")
    return None


def request_fields(body: dict[str, Any]) -> dict[str, Any]:
    """Read the fields of a Request that a sound body has, by their names there."""
    choice = body.get("tool_choice")
    barred = isinstance(choice, dict) and choice.get("type") == "none"
    return {
        "prompt": last_prompt(body["messages"]),
        "turns": turns_of(body["messages"]) + continues_thread(body),
        "tools": _tools(body) if "tools" in body and not barred else (),
        "forced_tool": _forced(choice),
        "answers_tool": _has_tool_result(body["messages"][-1]),
        "schema": _schema(body),
        "reasons": thinks(body),
        "max_tokens": most_tokens(body, "max_tokens"),
        "stop_sequences": stop_sequences(body.get("stop_sequences")),
        "body": body,
    }


def thinks(body: dict[str, Any]) -> bool:
    """Whether Claude is asked to think: it never does of itself."""
    thinking = body.get("thinking")
    return isinstance(thinking, dict) and thinking.get("type") in ("enabled", "adaptive")


def whole(request: Request, answer: Completion, reply_context: ReplyContext, host: str = "") -> str:
    """Write an answer in one piece; `host` is the mark of ids, as "bdrk_" on Bedrock."""
    message_id = _message_id(reply_context, host)
    blocks = [_thinking(request, answer.reasoning, reply_context)] if answer.reasoning else []
    ran = server_tools(request, answer, reply_context, host)
    blocks += [block for tool in ran for block in tool.blocks()]
    if answer.text:
        blocks.append(f'{{"type":"text","text":{quote(answer.text)}}}')
    for call in answer.tool_calls:
        arguments = "{}" if call.cut else object_only(call.arguments)
        blocks.append(_tool_use(call.name, arguments, reply_context, host))
    return (
        f'{{"model":{quote(request.model)},"id":"{message_id}","type":"message",'
        f'"role":"assistant","content":[{",".join(blocks)}],{_stop(answer)}'
        f"{_usage(answer, answer.usage, ran)}}}"
    )


def events(
    request: Request, answer: Completion, reply_context: ReplyContext, host: str = ""
) -> list[Chunk]:
    """Write an answer as server-sent events, the last one an error where it breaks."""
    chunks, index = [_start(request, answer, reply_context, host)], 0
    if answer.reasoning:
        chunks += _thinking_events(request, answer.reasoning, reply_context)
        index = 1
    ran = server_tools(request, answer, reply_context, host)
    for tool in ran:
        chunks += _tool_events(index, tool)
        index += 2
    if answer.text:
        opening = '{"type":"text","text":""}'
        chunks += _block(index, opening, "text_delta", "text", split(answer.text))
        index += 1
    for place, call in enumerate(answer.tool_calls, start=index):
        opening = _tool_use(call.name, "{}", reply_context, host)
        # the wire's first delta of a tool call is an empty one
        pieces = ["", *split(call.arguments)]
        chunks += _block(place, opening, "input_json_delta", "partial_json", pieces)
    chunks.insert(min(2, len(chunks)), PING)
    chunks += _end(answer, ran)
    if answer.broken_by:
        chunks = broken_at(chunks, answer.broken_by.after)
        chunks.append(event("error", error_event(request, answer.broken_by.refusal)))
    return chunks


def _thinking(request: Request, reasoning: Reasoning, reply_context: ReplyContext) -> str:
    """Write a block of thinking, or of what stands for it where it is redacted."""
    nonce = reply_context.rng.number(128)
    if reasoning.redacted or _REDACTING in request.prompt:
        return f'{{"type":"redacted_thinking","data":"{sign(_VENDOR, "", nonce)}"}}'
    signature = sign(_VENDOR, reasoning.text, nonce) if reasoning.signed else ""
    return f'{{"type":"thinking","thinking":{quote(reasoning.text)},"signature":"{signature}"}}'


def _thinking_events(
    request: Request, reasoning: Reasoning, reply_context: ReplyContext
) -> list[Chunk]:
    """The events of a thinking block; its signature comes last; redacted thinking is one piece."""
    block = _thinking(request, reasoning, reply_context)
    if block.startswith('{"type":"redacted'):
        return _block(0, block, "", "", [])
    opening = '{"type":"thinking","thinking":"","signature":""}'
    *events, stop = _block(0, opening, "thinking_delta", "thinking", split(reasoning.text))
    signature = block.rpartition('"signature":')[2]
    if reasoning.signed:
        delta = f'{{"type":"signature_delta","signature":{signature}'
        signed = f'{{"type":"content_block_delta","index":0,"delta":{delta}}}'
        events.append(event("content_block_delta", signed))
    return [*events, stop]


def _tool_events(index: int, tool: ServerTool) -> list[Chunk]:
    """The events of a tool that ran at the provider: its call in pieces, its result at once."""
    pieces = ["", *split(tool.input())]
    call = _block(index, tool.opening(), "input_json_delta", "partial_json", pieces)
    return [*call, *_block(index + 1, tool.blocks()[1], "", "", [])]


def _stop(answer: Completion) -> str:
    """Write why an answer ended, in three fields."""
    stop = "refusal" if answer.filtered else _STOPS[answer.stop]
    if answer.stop_sequence is not None:
        sequence = quote(answer.stop_sequence)
        return f'"stop_reason":"stop_sequence","stop_sequence":{sequence},"stop_details":null'
    details = _REFUSED if stop == "refusal" else "null"
    return f'"stop_reason":"{stop}","stop_sequence":null,"stop_details":{details}'


def object_only(arguments: str) -> str:
    """Insist on a JSON object: in a whole reply, `input` is one and not a text."""
    try:
        sound = isinstance(json.loads(arguments), dict)
    except ValueError:
        sound = False
    if not sound:
        raise Unsupported("messages: tool arguments that are no JSON object can only be streamed")
    return arguments


def _tools(body: dict[str, Any]) -> tuple[Tool, ...]:
    """Collect the app's own tools; those that Anthropic runs itself have no schema."""
    offered = body["tools"]
    if not isinstance(offered, list):
        return ()
    return tuple(
        Tool(tool["name"], tool["input_schema"], text_of(tool.get("description")))
        for tool in offered
        if isinstance(tool, dict) and "name" in tool and "input_schema" in tool
    )


def _forced(choice: object) -> str | None:
    if not isinstance(choice, dict) or choice.get("type") not in ("any", "tool"):
        return None
    return str(choice.get("name", ""))


def _has_tool_result(message: object) -> bool:
    content = message.get("content") if isinstance(message, dict) else None
    return isinstance(content, list) and any(
        isinstance(part, dict) and part.get("type") == "tool_result" for part in content
    )


def _schema(body: dict[str, Any]) -> Mapping[str, Any] | None:
    """Find the wanted JSON schema; `output_format` is the older beta's name for it."""
    output = body.get("output_config")
    form = output.get("format") if isinstance(output, dict) else body.get("output_format")
    return form.get("schema") if isinstance(form, dict) else None


def _message_id(reply_context: ReplyContext, host: str) -> str:
    return f"msg_{host}01" + base58(reply_context.rng.number(256), 22)


def _usage(answer: Completion, usage: Usage, ran: list[ServerTool] | None = None) -> str:
    if not answer.tells_usage:
        return ""
    fresh, cache, lifetimes = _cached(usage)
    return (
        f',"usage":{{"input_tokens":{fresh},{cache}{lifetimes}'
        f'"output_tokens":{usage.output_tokens},{_thought(usage)}{_searched(ran or [])}{_TIER}}}'
    )


def _searched(ran: list[ServerTool]) -> str:
    """Count the searches of the web, before a comma."""
    count = searches(ran)
    return f'"server_tool_use":{{"web_search_requests":{count}}},' if count else ""


def _cached(usage: Usage) -> tuple[int, str, str]:
    """What of a prompt was neither read from the cache nor written to it, and what was."""
    read, short, long = (
        usage.cache_read_tokens,
        usage.cache_write_tokens,
        usage.long_cache_write_tokens,
    )
    if not (read or short or long):
        return usage.input_tokens, _NO_CACHE, _NOT_CACHED
    cache = f'"cache_creation_input_tokens":{short + long},"cache_read_input_tokens":{read},'
    lifetimes = (
        f'"cache_creation":{{"ephemeral_5m_input_tokens":{short},'
        f'"ephemeral_1h_input_tokens":{long}}},'
    )
    return usage.input_tokens - read - short - long, cache, lifetimes


def _thought(usage: Usage) -> str:
    """Count what was thought, before a comma; newer replies do where there is some."""
    thought = usage.reasoning_tokens
    return f'"output_tokens_details":{{"thinking_tokens":{thought}}},' if thought else ""


def _tool_use(name: str, arguments: str, reply_context: ReplyContext, host: str) -> str:
    tool_id = f"toolu_{host}01" + base58(reply_context.rng.number(256), 22)
    return f'{{"type":"tool_use","id":"{tool_id}","name":{quote(name)},"input":{arguments}}}'


def _start(request: Request, answer: Completion, reply_context: ReplyContext, host: str) -> Chunk:
    so_far = replace(answer.usage, output_tokens=1, reasoning_tokens=0)
    message = (
        f'{{"model":{quote(request.model)},"id":"{_message_id(reply_context, host)}",'
        f'"type":"message",'
        f'"role":"assistant","content":[],"stop_reason":null,"stop_sequence":null,'
        f'"stop_details":null{_usage(answer, so_far)}}}'
    )
    return event("message_start", f'{{"type":"message_start","message":{message}}}')


def _block(index: int, opening: str, kind: str, field: str, pieces: list[str]) -> list[Chunk]:
    start = f'{{"type":"content_block_start","index":{index},"content_block":{opening}}}'
    head = f'{{"type":"content_block_delta","index":{index},"delta":{{"type":"{kind}","{field}":'
    stop = f'{{"type":"content_block_stop","index":{index}}}'
    return [
        event("content_block_start", start),
        *(
            event("content_block_delta", f"{head}{quote(piece)}}}}}", content=bool(piece))
            for piece in pieces
        ),
        event("content_block_stop", stop),
    ]


def _end(answer: Completion, ran: list[ServerTool]) -> list[Chunk]:
    fresh, cache, _ = _cached(answer.usage)
    output_tokens, thought = answer.usage.output_tokens, _thought(answer.usage)
    counted = thought + _searched(ran)
    more = f",{counted[:-1]}" if counted else ""
    usage = f',"usage":{{"input_tokens":{fresh},{cache}"output_tokens":{output_tokens}{more}}}'
    shown_usage = usage if answer.tells_usage else ""
    delta = f'{{"type":"message_delta","delta":{{{_stop(answer)}}}{shown_usage}}}'
    return [event("message_delta", delta), event("message_stop", '{"type":"message_stop"}')]
