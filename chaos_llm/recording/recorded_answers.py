"""What a model said in a recorded reply, in whichever of the vendors' formats it is."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from chaos_llm.protocol.messages import Completion, ToolCall, Usage
from chaos_llm.recording.cassette import Interaction

_STOPS = {
    "tool_use": "tool",
    "tool_calls": "tool",
    "TOOL_CALL": "tool",
    "max_tokens": "length",
    "length": "length",
    "MAX_TOKENS": "length",
    "refusal": "refusal",
}
Json = Mapping[str, Any]


def answer_of(interaction: Interaction) -> Completion | None:
    """The answer in a reply of status 200; None for a failure, or for a reply of no model."""
    if interaction.status != 200:
        return None
    body = interaction.body
    try:
        values = list(_events(body)) if _is_stream(body) else [json.loads(body)]
        found = _answer(values)
    except (AttributeError, IndexError, KeyError, StopIteration, TypeError, ValueError):
        return None
    return found


def _is_stream(body: bytes) -> bool:
    return body.lstrip()[:6] in (b"event:", b"data: ") or body.lstrip()[:5] == b"data:"


def _events(body: bytes) -> Iterator[Any]:
    for line in body.splitlines():
        data = line.removeprefix(b"data:").strip()
        if line.startswith(b"data:") and data[:1] == b"{":
            yield json.loads(data)


def _answer(values: list[Any]) -> Completion | None:
    """The answer in one JSON value, or in the events of a stream."""
    first = values[0]
    kind = str(first.get("type") or first.get("object") or "")
    readers: tuple[tuple[bool, Callable[[list[Any]], Completion]], ...] = (
        (kind == "message_start", _anthropic_stream),
        (kind == "message", lambda all_: _anthropic(all_[0])),
        (kind.startswith("response"), _responses_stream),
        ("candidates" in first, _gemini),
        (bool(first.get("choices")), _chat),
        ("message" in first, lambda all_: _parts(_listed(all_[0]["message"].get("content")))),
        ("output" in first, _converse),
    )
    read = next((read for fits, read in readers if fits), None)
    return read(values) if read else None


def _converse(values: list[Any]) -> Completion:
    return _parts(values[0]["output"]["message"]["content"], str(values[0].get("stopReason")))


def _responses_stream(values: list[Any]) -> Completion:
    """An answer of OpenAI's Responses: the object, or the last event of a stream, which has it."""
    if "output" in values[0]:
        return _responses(values[0])
    ends = ("response.completed", "response.incomplete")
    return _responses(next(v["response"] for v in reversed(values) if v.get("type") in ends))


def _listed(content: Any) -> list[Any]:
    return [{"text": content}] if isinstance(content, str) else list(content or ())


def _parts(parts: list[Any], stop: str = "", usage: Usage = Usage(0, 0)) -> Completion:  # noqa: B008 - frozen
    """An answer of parts with texts and tool calls, as Anthropic, Gemini and Bedrock have them."""
    text = "".join(str(part["text"]) for part in parts if isinstance(part.get("text"), str))
    calls = [part.get("toolUse") or part.get("functionCall") or part for part in parts]
    tools = tuple(
        ToolCall(call["name"], json.dumps(call.get("input") or call.get("args") or {}))
        for call in calls
        if "name" in call and ("input" in call or "args" in call)
    )
    return Completion(text, tools, "tool" if tools else _STOPS.get(stop, "end"), usage)


def _anthropic(message: Json) -> Completion:
    usage = message.get("usage") or {}
    counted = Usage(usage.get("input_tokens") or 0, usage.get("output_tokens") or 0)
    return _parts(message["content"], str(message.get("stop_reason")), counted)


def _anthropic_stream(events: list[Any]) -> Completion:
    blocks: dict[int, dict[str, Any]] = {}
    arguments: dict[int, str] = {}
    stop, tokens = "", 0
    for event in events:
        kind, index = event["type"], event.get("index", 0)
        if kind == "content_block_start":
            blocks[index] = dict(event["content_block"])
        elif kind == "content_block_delta":
            delta = event["delta"]
            if "text" in delta:
                blocks[index]["text"] = blocks[index].get("text", "") + delta["text"]
            arguments[index] = arguments.get(index, "") + delta.get("partial_json", "")
        elif kind == "message_delta":
            stop = str(event["delta"].get("stop_reason"))
            tokens = (event.get("usage") or {}).get("output_tokens") or 0
    for index, text in arguments.items():
        if text:
            blocks[index]["input"] = json.loads(text)
    asked = (events[0]["message"].get("usage") or {}).get("input_tokens") or 0
    return _parts([blocks[index] for index in sorted(blocks)], stop, Usage(asked, tokens))


def _responses(response: Json) -> Completion:
    text, tools = "", []
    for item in response.get("output") or ():
        if item["type"] == "message":
            text += "".join(part.get("text", "") for part in item["content"])
        elif item["type"] == "function_call":
            tools.append(ToolCall(item["name"], item["arguments"]))
    usage = response.get("usage") or {}
    counted = Usage(usage.get("input_tokens") or 0, usage.get("output_tokens") or 0)
    stop = "length" if response.get("status") == "incomplete" else "end"
    return Completion(text, tuple(tools), "tool" if tools else stop, counted)


def _gemini(values: list[Any]) -> Completion:
    parts: list[Any] = []
    stop = ""
    for value in values:
        for candidate in (value.get("candidates") or ())[:1]:
            parts += (candidate.get("content") or {}).get("parts") or ()
            stop = str(candidate.get("finishReason") or stop)
    usage = values[-1].get("usageMetadata") or {}
    counted = Usage(usage.get("promptTokenCount") or 0, usage.get("candidatesTokenCount") or 0)
    return _parts([part for part in parts if not part.get("thought")], stop, counted)


def _chat(values: list[Any]) -> Completion:
    """An answer of Chat Completions; in a stream, the deltas of its first choice."""
    text, stop, tools = "", "", dict[int, list[str]]()
    usage: Json = {}
    for value in values:
        usage = value.get("usage") or usage
        for choice in (value.get("choices") or ())[:1]:
            said = choice.get("message") or choice.get("delta") or {}
            text += said.get("content") or ""
            stop = choice.get("finish_reason") or stop
            for number, call in enumerate(said.get("tool_calls") or ()):
                kept = tools.setdefault(call.get("index", number), ["", ""])
                kept[0] += call["function"].get("name") or ""
                kept[1] += call["function"].get("arguments") or ""
    calls = tuple(ToolCall(name, arguments) for name, arguments in tools.values())
    counted = Usage(usage.get("prompt_tokens") or 0, usage.get("completion_tokens") or 0)
    return Completion(text, calls, "tool" if calls else _STOPS.get(stop, "end"), counted)
