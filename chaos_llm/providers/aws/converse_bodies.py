"""What a conversation says in Bedrock's own words: whole, and as events with their kinds.

Converse frames the events; Nova's own dialect has them as they are. Fields are in the order of the
alphabet, as on the wire.
"""

from __future__ import annotations

from typing import Any

from chaos_llm.protocol.messages import Completion, Usage
from chaos_llm.providers.conversation import arguments_of
from chaos_llm.providers.framing import base58, split
from chaos_llm.providers.provider import ReplyContext

Event = tuple[str, dict[str, Any], bool]  # kind, fields, whether it is a piece of the answer

_STOPS = {
    "end": "end_turn",
    "tool": "tool_use",
    "length": "max_tokens",
    "refusal": "content_filtered",
}


def message(answer: Completion, reply_context: ReplyContext) -> dict[str, Any]:
    """Write an answer in one piece."""
    content: list[dict[str, Any]] = [{"text": answer.text}] if answer.text else []
    for call in answer.tool_calls:
        use = {"input": arguments_of(call, "converse"), "name": call.name}
        content.append({"toolUse": use | {"toolUseId": _tool_id(reply_context)}})
    return {
        "output": {"message": {"content": content, "role": "assistant"}},
        "stopReason": _STOPS[answer.stop],
    }


def events(answer: Completion, reply_context: ReplyContext) -> list[Event]:
    """Write an answer as events, up to the stop of the message."""
    said: list[Event] = [("messageStart", {"role": "assistant"}, False)]
    if answer.text:
        said += _block(0, [{"text": piece} for piece in split(answer.text)])
    for index, call in enumerate(answer.tool_calls, start=bool(answer.text)):
        use = {"name": call.name, "toolUseId": _tool_id(reply_context)}
        start = {"contentBlockIndex": index, "start": {"toolUse": use}}
        said.append(("contentBlockStart", start, False))
        said += _block(index, [{"toolUse": {"input": piece}} for piece in split(call.arguments)])
    said.append(("messageStop", {"stopReason": _STOPS[answer.stop]}, False))
    return said


def usage(tokens: Usage) -> dict[str, int]:
    """Count the tokens."""
    said, heard = tokens.output_tokens, tokens.input_tokens
    return {"inputTokens": heard, "outputTokens": said, "totalTokens": heard + said}


def _block(index: int, deltas: list[dict[str, Any]]) -> list[Event]:
    at = {"contentBlockIndex": index}
    pieces = [("contentBlockDelta", at | {"delta": delta}, True) for delta in deltas]
    return [*pieces, ("contentBlockStop", at, False)]


def _tool_id(reply_context: ReplyContext) -> str:
    return "tooluse_" + base58(reply_context.rng.number(256), 22)
