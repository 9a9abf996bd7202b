"""Limits that a team sets: what is no limit is refused when the check is made."""

from __future__ import annotations

from chaos_llm.errors import UsageError


def share(name: str, value: float) -> None:
    """Raise UsageError for what is no share, 0 to 1."""
    if type(value) not in (int, float) or not 0 <= value <= 1:
        message = f"{name}= is a share, 0 to 1; got {value!r}"
        raise UsageError(message)


def above_zero(name: str, value: float) -> None:
    """Raise UsageError for what is no number above 0."""
    if type(value) not in (int, float) or value <= 0:
        message = f"{name}= is a number above 0; got {value!r}"
        raise UsageError(message)


def percent(value: float) -> str:
    """A share as people write it."""
    return f"{value * 100:.1f}".rstrip("0").rstrip(".") + " %"


def calls(count: int) -> str:
    """So many calls, at the beginning of a sentence."""
    return "one call" if count == 1 else f"{count} calls"
