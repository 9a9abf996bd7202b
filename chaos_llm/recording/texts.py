"""Masks what a recording must not keep: credentials, prompts, and answers."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from chaos_llm.protocol.redaction import printable, without_shapes

TEXT = "[a text]"
# Fields of errors whose texts say what failed. All other texts of a body are masked.
_KEPT = frozenset(
    (
        "type",
        "code",
        "status",
        "message",
        "error",
        "errors",
        "param",
        "object",
        "kind",
        "reason",
        "domain",
        "detail",
        "title",
    )
)
_SHORT = 40  # letters of a value without spaces that may be a name, such as a model's
_LONGEST_MESSAGE = 300


def masked_message(text: str) -> str:
    """An error message of a provider, without secrets, in one line of bounded length."""
    if not text:
        return ""
    return printable(without_shapes(" ".join(text.split())))[:_LONGEST_MESSAGE]


def masked_body(text: str, prompts: Iterable[str] = (), longest: int = 16_384) -> str:
    """The body of a failure without secrets, and without the texts of prompts.

    In JSON only the fields of errors keep their texts; a page of HTML keeps all that is no secret.
    """
    for prompt in prompts:
        if len(prompt) >= 8:  # a shorter one may be any word
            text = text.replace(prompt, TEXT).replace(json.dumps(prompt)[1:-1], TEXT)
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return printable(without_shapes(text[:longest]))
    return json.dumps(_masked(value, kept=False), ensure_ascii=False)[:longest]


def _masked(value: Any, *, kept: bool) -> Any:
    if isinstance(value, dict):
        return {
            key: _masked(item, kept=key in _KEPT or (kept and isinstance(item, dict | list)))
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [_masked(item, kept=kept) for item in value]
    if isinstance(value, str):
        if kept:
            return masked_message(value)
        return without_shapes(value) if _is_name(value) else TEXT
    return value


def _is_name(value: str) -> bool:
    return len(value) <= _SHORT and " " not in value and value.isascii()


def as_object(value: Any) -> dict[str, Any]:
    """An object, or the JSON text of one, as tables have it; empty for anything else."""
    if isinstance(value, str) and value.lstrip()[:1] == "{":
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return {}
    return value if isinstance(value, dict) else {}


def prompts_of(body: bytes) -> list[str]:
    """All longer texts in the body of a request, which an error may quote."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return []
    found: list[str] = []
    _collect(value, found)
    return found


def _collect(value: Any, found: list[str]) -> None:
    if isinstance(value, str):
        if len(value) > 12:
            found.append(value)
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            _collect(item, found)
