"""What a conversation says in Bedrock's own words: whole, and as events with their kinds.

Converse frames the events; Nova's own dialect has them as they are. Fields are in the order of the
alphabet, as on the wire.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from typing import Any

from chaos_llm.protocol.messages import Completion, Reasoning, Tool, Usage
from chaos_llm.providers.conversation import arguments_of
from chaos_llm.providers.framing import base58, split, text_of
from chaos_llm.providers.provider import ReplyContext
from chaos_llm.providers.signatures import sign

Event = tuple[str, dict[str, Any], bool]  # kind, fields, whether it is a piece of the answer

_VENDOR = "anthropic"
_STOPS = {
    "end": "end_turn",
    "tool": "tool_use",
    "length": "max_tokens",
    "refusal": "content_filtered",
}


def message(answer: Completion, reply_context: ReplyContext) -> dict[str, Any]:
    """Write an answer in one piece."""
    content: list[dict[str, Any]] = []
    if answer.reasoning:
        content.append({"reasoningContent": _reasoned(answer.reasoning, reply_context)})
    if answer.text:
        content.append({"text": answer.text})
    for call in answer.tool_calls:
        use = {"input": arguments_of(call, "converse"), "name": call.name}
        content.append(
            {"toolUse": use | {"toolUseId": _tool_id(reply_context), "type": "tool_use"}}
        )
    return {
        "output": {"message": {"content": content, "role": "assistant"}},
        "stopReason": stop_of(answer),
    }


def events(answer: Completion, reply_context: ReplyContext) -> list[Event]:
    """Write an answer as events, up to the stop of the message."""
    written: list[Event] = [("messageStart", {"role": "assistant"}, False)]
    index = 0
    if answer.reasoning:
        written += _reasoning_events(answer.reasoning, reply_context)
        index = 1
    if answer.text:
        written += _block(index, [{"text": piece} for piece in split(answer.text)])
        index += 1
    for place, call in enumerate(answer.tool_calls, start=index):
        use = {"name": call.name, "toolUseId": _tool_id(reply_context)}
        start = {"contentBlockIndex": place, "start": {"toolUse": use}}
        written.append(("contentBlockStart", start, False))
        written += _block(place, [{"toolUse": {"input": piece}} for piece in split(call.arguments)])
    written.append(("messageStop", {"stopReason": stop_of(answer)}, False))
    return written


def stop_of(answer: Completion) -> str:
    """Say why an answer ended."""
    if answer.filtered:
        return "content_filtered"
    return _STOPS[answer.stop] if answer.stop_sequence is None else "stop_sequence"


def _reasoned(reasoning: Reasoning, reply_context: ReplyContext) -> dict[str, Any]:
    """The thinking of a reply; it is Claude's, so its signature is valid at Anthropic, too."""
    nonce = reply_context.rng.number(128)
    if reasoning.redacted:
        return {"redactedContent": b64encode(sign(_VENDOR, "", nonce).encode()).decode()}
    text_block = {"text": reasoning.text}
    if reasoning.signed:
        text_block["signature"] = sign(_VENDOR, reasoning.text, nonce)
    return {"reasoningText": text_block}


def _reasoning_events(reasoning: Reasoning, reply_context: ReplyContext) -> list[Event]:
    """The events of a thinking block; the signature is its last delta."""
    whole = _reasoned(reasoning, reply_context)
    if "redactedContent" in whole:
        return _block(0, [{"reasoningContent": whole}])
    deltas: list[dict[str, Any]] = [
        {"reasoningContent": {"text": piece}} for piece in split(reasoning.text)
    ]
    *written, stop = _block(0, deltas)
    if "signature" in whole["reasoningText"]:
        signed = {"reasoningContent": {"signature": whole["reasoningText"]["signature"]}}
        delta = {"contentBlockIndex": 0, "delta": signed}
        written.append(("contentBlockDelta", delta, False))
    return [*written, stop]


def usage(tokens: Usage) -> dict[str, Any]:
    """Count the tokens; those of the cache are named twice, as recorded."""
    read, written = tokens.cache_read_tokens, tokens.cache_write_tokens
    output, fresh = tokens.output_tokens, tokens.input_tokens - read - written
    counts = {"inputTokens": fresh, "outputTokens": output}
    for name, count in (("cacheReadInputToken", read), ("cacheWriteInputToken", written)):
        counts |= {f"{name}Count": count, f"{name}s": count}
    return counts | {
        "serverToolUsage": {},
        "totalTokens": fresh + output + read + written,
    }


def _block(index: int, deltas: list[dict[str, Any]]) -> list[Event]:
    at = {"contentBlockIndex": index}
    pieces = [("contentBlockDelta", at | {"delta": delta}, True) for delta in deltas]
    return [*pieces, ("contentBlockStop", at, False)]


def _tool_id(reply_context: ReplyContext) -> str:
    return "tooluse_" + base58(reply_context.rng.number(256), 22)


def tools_of(offered: object) -> tuple[tuple[Tool, ...], str | None]:
    """Collect the app's tools, and which of them must be called: "" for any."""
    if not isinstance(offered, dict) or not isinstance(offered.get("tools"), list):
        return (), None
    specs = (tool.get("toolSpec") for tool in offered["tools"] if isinstance(tool, dict))
    tools = tuple(
        Tool(spec["name"], _parameters(spec), text_of(spec.get("description")))
        for spec in specs
        if isinstance(spec, dict) and isinstance(spec.get("name"), str)
    )
    choice = offered.get("toolChoice")
    if not tools or not isinstance(choice, dict) or not {"any", "tool"} & choice.keys():
        return tools, None
    named = choice.get("tool")
    return tools, str(named.get("name", "")) if isinstance(named, dict) else ""


def _parameters(spec: dict[str, Any]) -> Mapping[str, Any]:
    schema = spec.get("inputSchema")
    parameters = schema.get("json") if isinstance(schema, dict) else None
    return parameters if isinstance(parameters, dict) else {}


def has_tool_result(message: object) -> bool:
    """Whether a turn answers a tool call."""
    content = message.get("content") if isinstance(message, dict) else None
    return isinstance(content, list) and any(
        isinstance(part, dict) and "toolResult" in part for part in content
    )
