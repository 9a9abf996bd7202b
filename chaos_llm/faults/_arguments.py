"""Validation of faults' arguments; each error names the argument and the values it may have."""

from __future__ import annotations

from collections.abc import Sequence

from chaos_llm import durations
from chaos_llm.errors import UsageError
from chaos_llm.faults.fault import Fault
from chaos_llm.protocol.messages import Refusal


def check_duration(fault: Fault, argument: str) -> None:
    """Require a duration, and store it in seconds."""
    object.__setattr__(fault, argument, as_seconds(fault, argument, getattr(fault, argument)))


def as_seconds(fault: Fault, argument: str, value: durations.Duration) -> float:
    """The duration in seconds; a number keeps its type, so that reprs show it as it was written."""
    try:
        length = durations.seconds(value)
    except UsageError as mistake:
        raise UsageError(f"{fault.name}({argument}=...): {mistake}") from None
    return value if isinstance(value, int | float) else length


def check_share(fault: Fault, argument: str) -> None:
    """Require a share of the answer, from 0 to 1."""
    value = getattr(fault, argument)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise mistaken(fault, argument, "a share of the answer, from 0 to 1")


def check_part(fault: Fault, argument: str, noun: str) -> None:
    """Require a share that is over 0 and at most 1."""
    value = getattr(fault, argument)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= 1:
        raise mistaken(fault, argument, f"a share of the {noun}, over 0 and up to 1")


def check_status(fault: Fault, allowed: range) -> None:
    """Require an HTTP status in a range."""
    status = getattr(fault, "status", None)
    if isinstance(status, bool) or not isinstance(status, int) or status not in allowed:
        raise mistaken(fault, "status", f"an HTTP status from {allowed[0]} to {allowed[-1]}")


def check_choice(fault: Fault, argument: str, allowed: Sequence[object]) -> None:
    """Require one of a few values."""
    if getattr(fault, argument) not in allowed:
        raise mistaken(fault, argument, " or ".join(map(repr, allowed)))


def check_kind(fault: Fault) -> None:
    """Require a kind of refusal that every provider can express."""
    check_choice(fault, "kind", Refusal.KINDS)


def check_text(fault: Fault, argument: str) -> None:
    """Require a text or None."""
    if not isinstance(getattr(fault, argument), str | None):
        raise mistaken(fault, argument, "a text or None")


def check_words(fault: Fault, argument: str, expected: str) -> None:
    """Require a text that is not blank; `expected` describes it in the error."""
    value = getattr(fault, argument)
    if not isinstance(value, str) or not value.strip():
        raise mistaken(fault, argument, expected)


def check_bytes(fault: Fault, argument: str) -> None:
    """Require a number of bytes or None."""
    value = getattr(fault, argument)
    if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 0):
        raise mistaken(fault, argument, "a number of bytes or None")


def mistaken(fault: Fault, argument: str, expected: str) -> UsageError:
    """The error for a wrong argument: its name, its value, and the values it may have."""
    value = getattr(fault, argument)
    return UsageError(f"{fault.name}({argument}={value!r}): {argument} must be {expected}")
