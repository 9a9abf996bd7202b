"""Chat Completions by OpenAI's SDK, whole and streamed."""

from __future__ import annotations

from typing import Any

from support.sound_requests import CLOSED, LOOSE, PNG

SDK = "openai"
HI: dict[str, Any] = {"role": "user", "content": "Hi"}
TOOLS = [{"type": "function", "function": {"name": "get_weather", "parameters": LOOSE}}]
STRICT = [
    {"type": "function", "function": {"name": "w", "parameters": CLOSED, "strict": True}},
]
CALL = {"type": "function", "function": {"name": "get_weather", "arguments": "{}"}}
TREE = {
    "type": "object",
    "$defs": {
        "node": {
            "type": "object",
            "properties": {"next": {"anyOf": [{"$ref": "#/$defs/node"}, {"type": "null"}]}},
            "required": ["next"],
            "additionalProperties": False,
        }
    },
    "properties": {"node": {"$ref": "#/$defs/node"}},
    "required": ["node"],
    "additionalProperties": False,
}


def said(*parts: dict[str, Any]) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": [{"type": "text", "text": "What?"}, *parts]}]}


def schema(form: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": "a", "schema": form, **more},
        }
    }


REQUESTS: dict[str, dict[str, Any]] = {
    "plain": {},
    "developer": {"messages": [{"role": "developer", "content": "Be brief."}, HI]},
    "every parameter of an older model": {
        "model": "gpt-4o",
        "messages": [{"role": "system", "content": "Be brief."}, HI],
        "temperature": 0.7,
        "max_tokens": 100,
        "top_p": 0.9,
        "stop": ["\n"],
        "presence_penalty": 0.1,
        "frequency_penalty": 0.2,
        "seed": 1,
        "user": "u",
        "logit_bias": {"50256": -100},
        "logprobs": True,
        "top_logprobs": 3,
    },
    "tools": {"tools": TOOLS},
    "strict tools": {"tools": STRICT, "tool_choice": "required", "parallel_tool_calls": False},
    "forced tool": {
        "tools": TOOLS,
        "tool_choice": {"type": "function", "function": {"name": "get_weather"}},
    },
    "allowed tools": {
        "tools": TOOLS,
        "tool_choice": {
            "type": "allowed_tools",
            "allowed_tools": {
                "mode": "auto",
                "tools": [{"type": "function", "function": {"name": "get_weather"}}],
            },
        },
    },
    "tool without parameters": {"tools": [{"type": "function", "function": {"name": "now"}}]},
    "custom tool": {"tools": [{"type": "custom", "custom": {"name": "sql"}}]},
    "image": said({"type": "image_url", "image_url": {"url": "https://example.com/a.jpg"}}),
    "image in the body": said(
        {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}", "detail": "low"}}
    ),
    "file": said({"type": "file", "file": {"file_id": "file-abc"}}),
    "file in the body": said(
        {
            "type": "file",
            "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,AA"},
        }
    ),
    "json": {
        "messages": [{"role": "user", "content": "Answer in JSON"}],
        "response_format": {"type": "json_object"},
    },
    "schema": schema(CLOSED, strict=True),
    "loose schema": schema(LOOSE),
    "schema that refers to itself": schema(TREE, strict=True),
    "reasoning": {"reasoning_effort": "low", "max_completion_tokens": 5000, "verbosity": "low"},
    "least reasoning": {"model": "gpt-5", "reasoning_effort": "minimal"},
    "no reasoning": {
        "model": "gpt-5.1",
        "reasoning_effort": "none",
        "temperature": 0.3,
        "top_p": 0.5,
        "logprobs": True,
    },
    "defaults of a reasoning model": {"model": "gpt-5", "temperature": 1, "top_p": 1},
    "search": {"model": "gpt-5-search-api", "web_search_options": {}},
    "prediction": {"model": "gpt-4o", "prediction": {"type": "content", "content": "x = 1"}},
    "stored": {"store": True, "metadata": {"a": "b"}, "service_tier": "flex"},
    "cached": {"prompt_cache_key": "k", "safety_identifier": "u"},
    "functions of 2023": {
        "model": "gpt-4o",
        "functions": [{"name": "f", "parameters": LOOSE}],
        "function_call": "auto",
    },
    "a function's result of 2023": {
        "model": "gpt-4o",
        "messages": [
            HI,
            {
                "role": "assistant",
                "content": None,
                "function_call": {"name": "f", "arguments": "{}"},
            },
            {"role": "function", "name": "f", "content": "1"},
        ],
    },
    "a loop of tools": {
        "tools": TOOLS,
        "messages": [
            HI,
            {
                "role": "assistant",
                "content": None,
                "refusal": None,
                "annotations": [],
                "tool_calls": [{"id": "call_1", **CALL}, {"id": "call_2", **CALL}],
            },
            {"role": "tool", "tool_call_id": "call_2", "content": "1"},
            {"role": "tool", "tool_call_id": "call_1", "content": [{"type": "text", "text": "2"}]},
        ],
    },
    "named user": {"messages": [{"role": "user", "name": "bob", "content": "Hi"}]},
    "system later": {"messages": [HI, {"role": "system", "content": "Be brief."}]},
    "assistant last": {"messages": [HI, {"role": "assistant", "content": "Well"}]},
    "empty texts": {"messages": [{"role": "user", "content": ""}, HI]},
    "fine-tuned": {"model": "ft:gpt-4o-mini-2024-07-18:acme::id", "temperature": 0.2},
    "newer model": {"model": "gpt-6.2"},
    "unknown model": {"model": "our-model"},
    "the model's limit": {"model": "gpt-4o-mini", "max_tokens": 16384},
}


def ask(**more: Any) -> Any:
    import openai  # noqa: PLC0415

    client = openai.OpenAI(api_key="sk-test", max_retries=0)
    return client.chat.completions.create(**{"model": "gpt-5.4", "messages": [HI], **more})


def stream(**more: Any) -> Any:
    return list(ask(stream=True, stream_options={"include_usage": True}, **more))


def loop(model: str, **more: Any) -> None:
    """A loop of tools with the replies' own messages, whole and as dicts, and a further turn."""
    turns: list[Any] = [HI]
    for dumps in (True, False):
        (choice,) = ask(model=model, messages=turns, tools=TOOLS, **more).choices
        turns.append(choice.message.model_dump() if dumps else choice.message)
        calls = choice.message.tool_calls or []
        assert calls or not dumps
        turns += [{"role": "tool", "tool_call_id": call.id, "content": "15"} for call in calls]
    ask(model=model, messages=[*turns, HI], tools=TOOLS, **more)


CASES = {
    **{f"{name}, whole": (ask, request) for name, request in REQUESTS.items()},
    **{f"{name}, streamed": (stream, request) for name, request in REQUESTS.items()},
    "loop": (loop, {"model": "gpt-5.4"}),
    "loop of a reasoning model": (loop, {"model": "o3", "reasoning_effort": "low"}),
}
