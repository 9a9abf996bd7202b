"""What Ollama's chat refuses: a word for thinking that it does not know. It checks no roles."""

from __future__ import annotations

import json
from typing import Any

from chaos_llm.providers.refusals.asked import Asked
from chaos_llm.providers.refusals.rule import Found, Rule, Source, found
from chaos_llm.providers.refusals.table import RuleTable

_THINKS = ("high", "medium", "low", "max")


def _think(value: Any, _asked: Asked) -> Found | None:
    if value is None or isinstance(value, bool) or value in _THINKS:
        return None
    return found(told=json.dumps(value))


CHAT = RuleTable(
    "ollama api_chat",
    "Ollama",
    (
        Rule(
            "think",
            "think",
            _think,
            'invalid think value: {told} (must be "high", "medium", "low", "max", true, or false)',
            "does not support thinking {told}",
            Source("pasted", "ollama/ollama#17837"),
        ),
    ),
)
