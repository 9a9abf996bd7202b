"""What Ollama's chat refuses: a word for thinking that it does not know. It checks no roles."""

from __future__ import annotations

import json
from typing import Any

from chaos_llm.providers.refusals.checked_request import CheckedRequest
from chaos_llm.providers.refusals.predicates import WRONG
from chaos_llm.providers.refusals.rule import Found, Rule, Source, found
from chaos_llm.providers.refusals.table import RuleTable

_THINKS = ("high", "medium", "low", "max")


def _think(value: Any, _request: CheckedRequest) -> Found | None:
    if value is None or isinstance(value, bool) or value in _THINKS:
        return None
    return found(think=json.dumps(value))


def _content(value: Any, _request: CheckedRequest) -> Found | None:
    """Content in parts, as others have it."""
    if not isinstance(value, list | dict):
        return None
    return found(kind="array" if isinstance(value, list) else "object")


def _arguments(value: Any, _request: CheckedRequest) -> Found | None:
    """A call's arguments as a text, as OpenAI has them."""
    return WRONG if isinstance(value, str) else None


CHAT = RuleTable(
    "ollama api_chat",
    "Ollama",
    (
        Rule(
            "think",
            "think",
            _think,
            'invalid think value: {think} (must be "high", "medium", "low", "max", true, or false)',
            "does not support thinking {think}",
            Source("pasted", "ollama/ollama#17837"),
        ),
        Rule(
            "content: type",
            "messages[].content",
            _content,
            "json: cannot unmarshal {kind} into Go struct field ChatRequest.messages.content of "
            "type string",
            "wants a text as content",
            Source("pasted", "users' issues and notes"),
        ),
        Rule(
            "arguments: type",
            "messages[].tool_calls[].function.arguments",
            _arguments,
            "json: cannot unmarshal string into Go struct field ChatRequest.messages.tool_calls."
            "function.arguments of type api.ToolCallFunctionArguments",
            "wants an object as a call's arguments",
            Source("pasted", "users' notes"),
        ),
    ),
)
