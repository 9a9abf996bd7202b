"""What Ollama's chat refuses: a word for thinking that it does not know. It checks no roles."""

from __future__ import annotations

import json
from typing import Any

from chaos_llm.providers.refusals.checked_request import CheckedRequest
from chaos_llm.providers.refusals.rule import Found, Rule, Source, found
from chaos_llm.providers.refusals.table import RuleTable

_THINKS = ("high", "medium", "low", "max")


def _think(value: Any, _request: CheckedRequest) -> Found | None:
    if value is None or isinstance(value, bool) or value in _THINKS:
        return None
    return found(think=json.dumps(value))


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
    ),
)
