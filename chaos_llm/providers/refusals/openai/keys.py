"""Keys that OpenAI's APIs do not know, and what they may have meant."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from chaos_llm.providers.refusals.checked_request import BODY, CheckedRequest
from chaos_llm.providers.refusals.openai.forms import LIVE
from chaos_llm.providers.refusals.rule import Found, Rule, Wrong, found, shown

CHAT_KEYS = (  # of openai 3.57, whose models know them, if not each one
    *("audio", "frequency_penalty", "function_call", "functions", "logit_bias", "logprobs"),
    *("max_completion_tokens", "max_tokens", "messages", "metadata", "modalities", "model"),
    *("moderation", "n", "parallel_tool_calls", "prediction", "presence_penalty"),
    *("prompt_cache_key", "prompt_cache_options", "prompt_cache_retention", "reasoning_effort"),
    *("response_format", "safety_identifier", "seed", "service_tier", "stop", "store", "stream"),
    *("stream_options", "temperature", "tool_choice", "tools", "top_logprobs", "top_p", "user"),
    *("verbosity", "web_search_options"),
)
RESPONSES_KEYS = (
    *("access_programs", "background", "background_options", "client_metadata"),  # Codex 0.171
    *("context_management", "conversation"),
    *("frequency_penalty", "image", "include", "input", "instructions", "max_output_tokens"),
    *("max_tool_calls", "presence_penalty"),
    *("metadata", "model", "moderation", "parallel_tool_calls", "previous_response_id", "prompt"),
    *("prompt_cache_key", "prompt_cache_options", "prompt_cache_retention", "reasoning"),
    *("safety_identifier", "service_tier", "store", "stream", "stream_options", "temperature"),
    *("text", "tool_choice", "tools", "top_logprobs", "top_p", "truncation", "user"),
)
_NEAR = 2  # letters to change; a key that is farther off is not suggested


def unknown_key(known: Iterable[str]) -> Rule:
    """A key that is none of these, with those that it may have meant."""
    return Rule(
        "unknown key",
        BODY,
        _other_key(tuple(known)),
        "Unknown parameter: '{at}'.{hint}",
        "knows no key '{key}'",
        LIVE,
        code="unknown_parameter",
        param="{at}",
    )


def _other_key(known: tuple[str, ...]) -> Wrong:
    keys = frozenset(known)

    def wrong(body: Any, _request: CheckedRequest) -> Found | None:
        if keys.issuperset(body):
            return None
        key = next(key for key in body if key not in keys)
        return found(key, key=shown(key), hint=_hint(str(key), keys.difference(body)))

    return wrong


def _hint(key: str, candidates: Iterable[str]) -> str:
    """Name the known keys that are near, the nearest first; those in the body are meant already."""
    near = sorted((_distance(key, each), each) for each in candidates)
    suggestions = [f"'{each}'" for distance, each in near if distance <= _NEAR]
    return f" Did you mean {' or '.join(suggestions)}?" if suggestions else ""


def _distance(one: str, other: str) -> int:
    """How many letters to change, add or leave out; more than `_NEAR` is not counted out."""
    if abs(len(one) - len(other)) > _NEAR:
        return _NEAR + 1
    row = list(range(len(other) + 1))
    for index, letter in enumerate(one, 1):
        before, row[0] = row[0], index
        for place, twin in enumerate(other, 1):
            change = before + (letter != twin)
            before = row[place]
            row[place] = min(change, row[place] + 1, row[place - 1] + 1)
    return row[-1]


def wrong_content_type(headers: Any, _request: CheckedRequest) -> Found | None:
    """A body whose content type is not JSON."""
    kind = headers.get("content-type", "")
    return found("content-type", kind=shown(kind)) if kind and "json" not in kind.lower() else None
