"""The chat APIs of other vendors, by their own SDKs and by OpenAI's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

from support.sound_requests import CLOSED, LOOSE, PNG

HI: dict[str, Any] = {"role": "user", "content": "Hi"}
FUNCTION = {"name": "get_weather", "description": "w", "parameters": LOOSE}
TOOLS = [{"type": "function", "function": FUNCTION}]
CALL = {
    "id": "abcdefghi",
    "type": "function",
    "function": {"name": "get_weather", "arguments": "{}"},
}
IMAGE = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}"}}
REQUESTS: dict[str, dict[str, Any]] = {
    "plain": {},
    "parameters": {
        "messages": [{"role": "system", "content": "Be brief."}, HI],
        "temperature": 0.5,
        "max_tokens": 100,
    },
    "tools": {"tools": TOOLS},
    "turns": {"messages": [HI, {"role": "assistant", "content": "Well"}, HI]},
    "result": {
        "tools": TOOLS,
        "messages": [
            HI,
            {"role": "assistant", "content": "", "tool_calls": [CALL]},
            {"role": "tool", "tool_call_id": "abcdefghi", "content": "15"},
        ],
    },
}
OF_OPENAI: dict[str, dict[str, Any]] = {
    "forced tool": {
        "tools": TOOLS,
        "tool_choice": {"type": "function", "function": {"name": "get_weather"}},
    },
    "image": {"messages": [{"role": "user", "content": [{"type": "text", "text": "?"}, IMAGE]}]},
    "json": {
        "messages": [{"role": "user", "content": "Answer in JSON"}],
        "response_format": {"type": "json_object"},
    },
    "schema": {
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": "a", "schema": CLOSED, "strict": True},
        }
    },
}


@dataclass
class Vendor:
    """One vendor's chat: how its client is made and called."""

    name: str
    SDK: str
    model: str
    create: Callable[..., Any]
    more: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def CASES(self) -> dict[str, Any]:  # noqa: N802 - as the modules beside it have it
        requests = REQUESTS | self.more
        cases = {f"{self.name}: {key}": (self.ask, value) for key, value in requests.items()}
        return cases | {f"{self.name}: loop": (self.loop, {})}

    def ask(self, **more: Any) -> Any:
        return self.create(**{"model": self.model, "messages": [HI], **more})

    def loop(self) -> None:
        """A loop of tools that sends the model's messages back."""
        turns: list[Any] = [HI]
        for _ in range(2):
            reply = self.ask(messages=turns, tools=TOOLS)
            message = reply.choices[0].message if hasattr(reply, "choices") else reply.message
            turns.append(message.model_dump(exclude_none=True))
            calls = message.tool_calls or []
            turns += [{"role": "tool", "tool_call_id": c.id, "content": "15"} for c in calls]
        self.ask(messages=[*turns, HI], tools=TOOLS)


def _by_openai(base: str, **options: Any) -> Callable[..., Any]:
    def create(**request: Any) -> Any:
        client = import_module("openai").OpenAI(api_key="k", base_url=base, max_retries=0)
        return client.chat.completions.create(**options, **request)

    return create


def _azure(**request: Any) -> Any:
    client = import_module("openai").AzureOpenAI(
        api_key="k",
        api_version="2025-01-01-preview",
        azure_endpoint="https://acme.openai.azure.com",
        max_retries=0,
    )
    return client.chat.completions.create(**request)


def _groq(**request: Any) -> Any:
    return import_module("groq").Groq(api_key="k", max_retries=0).chat.completions.create(**request)


def _together(**request: Any) -> Any:
    client = import_module("together").Together(
        api_key="k", base_url="https://api.together.ai/v1", max_retries=0
    )
    return client.chat.completions.create(**request)


def _mistral(**request: Any) -> Any:
    return import_module("mistralai.client").Mistral(api_key="k").chat.complete(**request)


def _cohere(**request: Any) -> Any:
    return import_module("cohere").ClientV2("k").chat(**request)


SOURCES = {"data_sources": [{"type": "azure_search", "parameters": {}}]}
PREFIX = [HI, {"role": "assistant", "content": "Well", "prefix": True}]
VENDORS = (
    Vendor(
        "azure",
        "openai",
        "our-deployment",
        _azure,
        OF_OPENAI | {"your data": {"extra_body": SOURCES}},
    ),
    Vendor("xai", "openai", "grok-4", _by_openai("https://api.x.ai/v1"), OF_OPENAI),
    Vendor(
        "deepseek", "openai", "deepseek-chat", _by_openai("https://api.deepseek.com"), OF_OPENAI
    ),
    Vendor(
        "openrouter",
        "openai",
        "anthropic/claude-sonnet-4.5",
        _by_openai("https://openrouter.ai/api/v1"),
        OF_OPENAI | {"reasoning": {"extra_body": {"reasoning": {"effort": "high"}}}},
    ),
    Vendor(
        "gemini",
        "openai",
        "gemini-2.5-flash",
        _by_openai("https://generativelanguage.googleapis.com/v1beta/openai/"),
        OF_OPENAI,
    ),
    Vendor(
        "anthropic",
        "openai",
        "claude-sonnet-5",
        _by_openai("https://api.anthropic.com/v1/"),
        {"image": OF_OPENAI["image"]},
    ),
    Vendor("groq", "groq", "llama-3.3-70b-versatile", _groq, OF_OPENAI),
    Vendor(
        "groq's reasoning",
        "groq",
        "openai/gpt-oss-120b",
        _groq,
        {"reasoning": {"reasoning_effort": "high", "include_reasoning": True}},
    ),
    Vendor("together", "together", "meta-llama/Llama-3.3-70B-Instruct-Turbo", _together, OF_OPENAI),
    Vendor(
        "mistral",
        "mistralai.client",
        "mistral-large-latest",
        _mistral,
        OF_OPENAI | {"prefix": {"messages": PREFIX}, "safe": {"safe_prompt": True}},
    ),
    Vendor(
        "cohere",
        "cohere",
        "command-a-03-2025",
        _cohere,
        {
            "strict": {"tools": TOOLS, "strict_tools": True, "tool_choice": "REQUIRED"},
            "json": {"response_format": {"type": "json_object", "schema": LOOSE}},
            "documents": {"documents": [{"id": "1", "data": {"text": "a"}}]},
        },
    ),
)
