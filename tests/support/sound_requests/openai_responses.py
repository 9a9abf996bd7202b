"""The Responses API by OpenAI's SDK, whole and streamed."""

from __future__ import annotations

from typing import Any

from support.sound_requests import CLOSED, PNG

SDK = "openai"
HI: dict[str, Any] = {"role": "user", "content": "Hi"}
TOOLS: list[Any] = [
    {"type": "function", "name": "get_weather", "parameters": CLOSED, "strict": True}
]
CALL = {"type": "function_call", "call_id": "call_1", "name": "get_weather", "arguments": "{}"}
OUTPUT = {"type": "function_call_output", "call_id": "call_1", "output": "15"}


def said(*parts: dict[str, Any]) -> dict[str, Any]:
    return {"input": [{"role": "user", "content": [{"type": "input_text", "text": "Hi"}, *parts]}]}


REQUESTS: dict[str, dict[str, Any]] = {
    "plain": {},
    "instructions": {"instructions": "Be brief."},
    "developer": {"input": [{"role": "developer", "content": "Be brief."}, HI]},
    "images": said(
        {"type": "input_image", "image_url": "https://example.com/a.jpg"},
        {"type": "input_image", "detail": "auto", "image_url": f"data:image/png;base64,{PNG}"},
    ),
    "files": said(
        {"type": "input_file", "file_url": "https://example.com/a.pdf"},
        {"type": "input_file", "file_id": "file-1"},
        {"type": "input_file", "filename": "a.pdf", "file_data": "data:application/pdf;base64,AA"},
    ),
    "tools": {"tools": TOOLS, "tool_choice": "required"},
    "forced tool": {"tools": TOOLS, "tool_choice": {"type": "function", "name": "get_weather"}},
    "OpenAI's own tools": {
        "tools": [
            {"type": "web_search"},
            {"type": "file_search", "vector_store_ids": ["vs_1"]},
            {"type": "code_interpreter", "container": {"type": "auto"}},
            {"type": "image_generation"},
            {"type": "local_shell"},
            {
                "type": "mcp",
                "server_label": "d",
                "server_url": "https://mcp.example.com/sse",
                "require_approval": "never",
            },
        ],
        "include": ["file_search_call.results", "code_interpreter_call.outputs"],
    },
    "custom tools": {
        "tools": [
            {"type": "custom", "name": "sql"},
            {
                "type": "custom",
                "name": "g",
                "format": {"type": "grammar", "syntax": "lark", "definition": "start: /a/"},
            },
        ]
    },
    "reasoning": {
        "reasoning": {"effort": "low", "summary": "auto"},
        "include": ["reasoning.encrypted_content"],
        "store": False,
    },
    "most reasoning": {"reasoning": {"effort": "xhigh"}},
    "schema": {
        "text": {
            "format": {"type": "json_schema", "name": "a", "schema": CLOSED, "strict": True},
            "verbosity": "low",
        }
    },
    "json": {"input": "Give JSON", "text": {"format": {"type": "json_object"}}},
    "sampling of an older model": {
        "model": "gpt-4o",
        "temperature": 0.3,
        "top_p": 0.9,
        "max_output_tokens": 200,
        "top_logprobs": 2,
        "include": ["message.output_text.logprobs"],
    },
    "no reasoning": {"model": "gpt-5.2", "reasoning": {"effort": "none"}, "temperature": 0.4},
    "housekeeping": {
        "metadata": {"a": "b"},
        "user": "u",
        "safety_identifier": "s",
        "prompt_cache_key": "k",
        "service_tier": "auto",
        "max_tool_calls": 3,
        "truncation": "auto",
    },
    "stored prompt": {"prompt": {"id": "pmpt_1", "version": "2", "variables": {"a": "b"}}},
    "a loop of tools": {"tools": TOOLS, "input": [HI, CALL, OUTPUT]},
    "an output with an image": {
        "tools": TOOLS,
        "input": [
            HI,
            CALL,
            OUTPUT
            | {"output": [{"type": "input_image", "image_url": "https://example.com/a.png"}]},
        ],
    },
    "assistant's turn": {"input": [HI, {"role": "assistant", "content": "Well"}, HI]},
    "custom tool's loop": {
        "input": [
            HI,
            {"type": "custom_tool_call", "call_id": "c1", "name": "sql", "input": "select"},
            {"type": "custom_tool_call_output", "call_id": "c1", "output": "1"},
        ]
    },
}


def ask(**more: Any) -> Any:
    import openai  # noqa: PLC0415

    client = openai.OpenAI(api_key="sk-test", max_retries=0)
    return client.responses.create(**{"model": "gpt-5.4", "input": "Hi", **more})


def stream(**more: Any) -> Any:
    return list(ask(stream=True, **more))


def loop(*, stores: bool, **more: Any) -> None:
    """A loop of tools that sends back all items, or the id of the response before."""
    more |= {"tools": TOOLS, "tool_choice": "required"}
    first = ask(input=[HI], store=stores, **more)
    outputs = [
        OUTPUT | {"call_id": item.call_id} for item in first.output if item.type == "function_call"
    ]
    assert outputs
    if stores:
        ask(input=outputs, previous_response_id=first.id, **more)
    else:
        ask(input=[HI, *first.output, *outputs], store=False, **more)
        ask(input=[HI, *(item.model_dump() for item in first.output), *outputs], **more)


CASES = {
    **{f"{name}, whole": (ask, request) for name, request in REQUESTS.items()},
    **{f"{name}, streamed": (stream, request) for name, request in REQUESTS.items()},
    "background": (ask, {"background": True}),
    "loop that is stored": (loop, {"stores": True}),
    "loop that is sent back": (
        loop,
        {
            "stores": False,
            "reasoning": {"effort": "low", "summary": "auto"},
            "include": ["reasoning.encrypted_content"],
        },
    ),
}
