"""The limits that a request sets to its answer: its most tokens and its stop sequences."""

from __future__ import annotations

from typing import Any


def most_tokens(body: dict[str, Any], *names: str) -> int | None:
    """The most tokens that may be generated, by the first of these fields that says so."""
    for name in names:
        value = body.get(name)
        if isinstance(value, int) and not isinstance(value, bool):
            return value
    return None


def stop_sequences(value: object) -> tuple[str, ...]:
    """Read one stop sequence or several."""
    if isinstance(value, str):
        return (value,)
    return tuple(each for each in value if isinstance(each, str)) if isinstance(value, list) else ()
