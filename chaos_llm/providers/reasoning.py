"""Which models think before they answer, and whether a request lets them.

A model thinks where its family does and the request does not forbid it. Families are named by the
vendors' documentation and by recorded replies (October 2024 to August 2026); a newer model of a
family is taken to do as its family does.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

# gpt-5 and the o-models: of 354 recorded Responses 262 have a reasoning item. The chat models of
# gpt-5 (gpt-5-chat-latest) do not think.
OPENAI = re.compile(r"(?:^|[/.])(?:o[1-9](?:$|-)|gpt-5(?!.*chat)|gpt-oss|codex)")
DEEPSEEK = re.compile(r"reasoner|-r1|thinking")
GROQ = re.compile(r"gpt-oss|qwen3|qwq|deepseek-r1")
XAI = re.compile(r"grok-(?:3-mini|4|code|[5-9])(?!.*non-reasoning)")
MISTRAL = re.compile(r"magistral")
OPEN_WEIGHTS = re.compile(r"deepseek-r1|qwen3|qwq|gpt-oss|magistral")
GEMINI = re.compile(
    r"gemini-(?:2\.5|[3-9])(?!.*(?:image|embedding|tts|flash-lite))|gemini-flash-latest"
)
COHERE = re.compile(r"reasoning")
NONE = re.compile(r"(?!)")


@lru_cache(512)
def is_thinker(family: re.Pattern[str], model: str) -> bool:
    """Whether a model is of a family that thinks."""
    return family.search(model) is not None


def effort_of(body: dict[str, Any]) -> object:
    """The effort that a request asks for, in either of OpenAI's two places; None where in none."""
    effort = body.get("reasoning_effort")
    reasoning = body.get("reasoning")
    return reasoning.get("effort", effort) if isinstance(reasoning, dict) else effort


def thinks(family: re.Pattern[str], model: str, body: dict[str, Any]) -> bool:
    """Whether a model thinks, unless the request asks for no effort."""
    return is_thinker(family, model) and effort_of(body) != "none"


def thinks_if_asked(family: re.Pattern[str], model: str, body: dict[str, Any]) -> bool:
    """The same for vendors at which other models think where a request asks for it."""
    requested = _thinking_requested(body)
    return is_thinker(family, model) if requested is None else requested


def _thinking_requested(body: dict[str, Any]) -> bool | None:
    """What a request says of thinking, in any of the vendors' fields; None where in none."""
    thinking, reasoning = body.get("thinking"), body.get("reasoning")
    if isinstance(thinking, dict):
        return thinking.get("type") not in ("disabled", None)
    if isinstance(reasoning, dict) and isinstance(reasoning.get("enabled"), bool):
        return bool(reasoning["enabled"])
    effort = effort_of(body)
    return None if effort is None else effort != "none"
