"""Validation of the arguments of checks, and how findings write numbers."""

from __future__ import annotations

from chaos_llm.errors import UsageError


def require_share(name: str, value: float) -> None:
    """Raise UsageError for a value that is not a share from 0 to 1."""
    if type(value) not in (int, float) or not 0 <= value <= 1:
        message = f"{name}= is a share from 0 to 1; got {value!r}"
        raise UsageError(message)


def require_positive(name: str, value: float) -> None:
    """Raise UsageError for a value that is not a number above 0."""
    if type(value) not in (int, float) or value <= 0:
        message = f"{name}= is a number above 0; got {value!r}"
        raise UsageError(message)


def percent(share: float) -> str:
    """A share from 0 to 1 in per cent, with one decimal where it is not 0: "12.5 %"."""
    return f"{share * 100:.1f}".rstrip("0").rstrip(".") + " %"


def calls(count: int) -> str:
    """A number of calls in words: "one call", "12 calls"."""
    return counted(count, "call")


def counted(count: int, noun: str) -> str:
    """A number of things in words: "one request", "12 requests"."""
    return f"one {noun}" if count == 1 else f"{count} {noun}s"


def times(count: int) -> str:
    """How often something happened: "once", "3 times"."""
    return "once" if count == 1 else f"{count} times"
