"""The Messages API by Anthropic's SDK: whole, streamed, counted, and by its helpers."""

from __future__ import annotations

from typing import Any

from support.sound_requests import CLOSED, LOOSE, PNG

SDK = "anthropic"
HI: dict[str, Any] = {"role": "user", "content": "Hi"}
TEXT: dict[str, Any] = {"type": "text", "text": "Hi"}
CACHED: dict[str, Any] = {"cache_control": {"type": "ephemeral"}}
TOOLS: list[Any] = [{"name": "get_weather", "input_schema": LOOSE}]
IMAGE = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}}
BUDGET = {"max_tokens": 4000, "thinking": {"type": "enabled", "budget_tokens": 1024}}
CALL = {"type": "tool_use", "id": "toolu_1", "name": "get_weather", "input": {"location": "a"}}
RESULT: dict[str, Any] = {"type": "tool_result", "tool_use_id": "toolu_1"}


def said(*parts: dict[str, Any]) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": [*parts, TEXT]}]}


def document(source: dict[str, Any], **more: Any) -> dict[str, Any]:
    return said({"type": "document", "source": source, **more})


def answered(*parts: dict[str, Any]) -> dict[str, Any]:
    return {
        "tools": TOOLS,
        "messages": [
            HI,
            {"role": "assistant", "content": [TEXT, CALL]},
            {"role": "user", "content": [*parts]},
        ],
    }


REQUESTS: dict[str, dict[str, Any]] = {
    "plain": {},
    "system": {"system": "Be brief."},
    "cached system": {"system": [TEXT | {"cache_control": {"type": "ephemeral", "ttl": "1h"}}]},
    "cached by itself": CACHED,
    "cached text": said(TEXT | CACHED),
    "cached tool": {"tools": [TOOLS[0] | CACHED]},
    "tools": {"tools": TOOLS, "tool_choice": {"type": "auto"}},
    "strict tool": {
        "tools": [{"name": "w", "input_schema": CLOSED, "strict": True}],
        "tool_choice": {"type": "any", "disable_parallel_tool_use": True},
    },
    "forced tool": {"tools": TOOLS, "tool_choice": {"type": "tool", "name": "get_weather"}},
    "no tool": {"tools": TOOLS, "tool_choice": {"type": "none"}},
    "tool without parameters": {"tools": [{"name": "now", "input_schema": {"type": "object"}}]},
    "custom tool": {"tools": [TOOLS[0] | {"type": "custom"}]},
    "Anthropic's own tools": {
        "tools": [
            {"type": "web_search_20250305", "name": "web_search", "max_uses": 3},
            {"type": "bash_20250124", "name": "bash"},
            {"type": "text_editor_20250728", "name": "str_replace_based_edit_tool"},
            {"type": "memory_20250818", "name": "memory"},
        ]
    },
    "image": said(IMAGE),
    "image by address": said(
        {"type": "image", "source": {"type": "url", "url": "https://example.com/a.png"}}
    ),
    "pdf": document(
        {"type": "base64", "media_type": "application/pdf", "data": "AAAA"},
        title="A",
        citations={"enabled": True},
    ),
    "document": document({"type": "text", "media_type": "text/plain", "data": "a"}),
    "search result": said(
        {"type": "search_result", "source": "https://example.com", "title": "A", "content": [TEXT]}
    ),
    "users in a row": {"messages": [HI, HI]},
    "prefill of an older model": {
        "model": "claude-haiku-4-5",
        "messages": [HI, {"role": "assistant", "content": "{"}],
    },
    "empty assistant": {"messages": [HI, {"role": "assistant", "content": []}, HI]},
    "system turn": {"messages": [HI, {"role": "system", "content": "Be brief."}]},
    "result": answered(RESULT | {"content": "15"}),
    "result without content": answered(RESULT),
    "result with an image": answered(RESULT | CACHED | {"content": [TEXT, IMAGE]}, TEXT),
    "failed result": answered(RESULT | {"content": "Error", "is_error": True}),
    "budget of thinking": {"model": "claude-sonnet-4-5", **BUDGET},
    "budget of thinking with tools": {"model": "claude-sonnet-4-5", "tools": TOOLS, **BUDGET},
    "adaptive thinking": {
        "max_tokens": 4000,
        "thinking": {"type": "adaptive"},
        "output_config": {"effort": "medium"},
    },
    "no thinking": {"thinking": {"type": "disabled"}},
    "both ways of thinking": {"model": "claude-opus-4-6", **BUDGET},
    "schema": {"output_config": {"format": {"type": "json_schema", "schema": CLOSED}}},
    "newer model": {"model": "claude-sonnet-6-2"},
    "one token": {"max_tokens": 1},
}
_COUNTED = ("model", "messages", "system", "tools", "tool_choice", "thinking", "output_config")


def client() -> Any:
    import anthropic  # noqa: PLC0415

    return anthropic.Anthropic(api_key="sk-ant-test", max_retries=0)


def asked(more: dict[str, Any]) -> dict[str, Any]:
    return {"model": "claude-sonnet-5", "max_tokens": 1024, "messages": [HI], **more}


def ask(**more: Any) -> Any:
    return client().messages.create(**asked(more))


def stream(**more: Any) -> Any:
    with client().messages.stream(**asked(more)) as events:
        return events.get_final_message()


def count(**more: Any) -> Any:
    request = asked(more)
    return client().messages.count_tokens(**{k: v for k, v in request.items() if k in _COUNTED})


def loop(*, streams: bool, **more: Any) -> None:
    """A loop of tools that sends the replies' own blocks back, and a further turn."""
    turns: list[Any] = [HI]
    for _ in range(2):
        message = (stream if streams else ask)(messages=turns, tools=TOOLS, **more)
        turns.append({"role": "assistant", "content": message.content})
        calls = [block for block in message.content if block.type == "tool_use"]
        results = [RESULT | {"tool_use_id": call.id, "content": "15"} for call in calls]
        turns.append({"role": "user", "content": results or "Thanks."})
    ask(messages=turns, tools=TOOLS, **more)


def run_tools(*, streams: bool) -> None:
    """The SDK's own loop, whose requests continue a thread that the server holds."""
    import anthropic  # noqa: PLC0415

    @anthropic.beta_tool
    def get_weather(location: str) -> str:
        """Look the weather up.

        Args:
            location: a city
        """
        return f"15 in {location}"

    beta = client().beta.messages
    for turn in beta.tool_runner(tools=[get_weather], stream=streams, **asked({})):
        if streams:
            list(turn)


CASES = {
    **{f"{name}, whole": (ask, request) for name, request in REQUESTS.items()},
    **{f"{name}, streamed": (stream, request) for name, request in REQUESTS.items()},
    **{f"{name}, counted": (count, request) for name, request in REQUESTS.items()},
    "loop": (loop, {"streams": False}),
    "loop that thinks": (loop, {"streams": False, "model": "claude-sonnet-4-5", **BUDGET}),
    "streamed loop that thinks": (
        loop,
        {"streams": True, "max_tokens": 4000, "thinking": {"type": "adaptive"}},
    ),
    "tool runner": (run_tools, {"streams": False}),
    "streamed tool runner": (run_tools, {"streams": True}),
}
