"""What the arguments of faults are held to; each mistake names the argument and the way out."""

from __future__ import annotations

from collections.abc import Sequence

from chaos_llm import durations
from chaos_llm.errors import UsageError
from chaos_llm.faults.fault import Fault
from chaos_llm.protocol.messages import Refusal


def check_duration(fault: Fault, argument: str) -> None:
    """Hold an argument to a duration, and keep it as seconds."""
    object.__setattr__(fault, argument, as_seconds(fault, argument, getattr(fault, argument)))


def as_seconds(fault: Fault, argument: str, value: durations.Duration) -> float:
    """The duration in seconds; a number stays as it was written, so that it is shown so."""
    try:
        length = durations.seconds(value)
    except UsageError as mistake:
        raise UsageError(f"{fault.name}({argument}=...): {mistake}") from None
    return value if isinstance(value, int | float) else length


def check_share(fault: Fault, argument: str) -> None:
    """Hold an argument to a share of the answer, from 0 to 1."""
    value = getattr(fault, argument)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise mistaken(fault, argument, "a share of the answer, from 0 to 1")


def check_part(fault: Fault, argument: str, noun: str) -> None:
    """Hold an argument to a share that is neither nothing nor more than all."""
    value = getattr(fault, argument)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= 1:
        raise mistaken(fault, argument, f"a share of the {noun}, over 0 and up to 1")


def check_status(fault: Fault, allowed: range) -> None:
    """Hold the status to a range of HTTP statuses."""
    status = getattr(fault, "status", None)
    if isinstance(status, bool) or not isinstance(status, int) or status not in allowed:
        raise mistaken(fault, "status", f"an HTTP status from {allowed[0]} to {allowed[-1]}")


def check_choice(fault: Fault, argument: str, allowed: Sequence[object]) -> None:
    """Hold an argument to one of a few values."""
    if getattr(fault, argument) not in allowed:
        raise mistaken(fault, argument, " or ".join(map(repr, allowed)))


def check_kind(fault: Fault) -> None:
    """Hold the kind to the refusals that every provider knows."""
    check_choice(fault, "kind", Refusal.KINDS)


def check_text(fault: Fault, argument: str) -> None:
    """Hold an argument to a text or None."""
    if not isinstance(getattr(fault, argument), str | None):
        raise mistaken(fault, argument, "a text or None")


def check_words(fault: Fault, argument: str, what: str) -> None:
    """Hold an argument to a text with something in it."""
    value = getattr(fault, argument)
    if not isinstance(value, str) or not value.strip():
        raise mistaken(fault, argument, what)


def check_bytes(fault: Fault, argument: str) -> None:
    """Hold an argument to a number of bytes or None."""
    value = getattr(fault, argument)
    if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 0):
        raise mistaken(fault, argument, "a number of bytes or None")


def mistaken(fault: Fault, argument: str, expected: str) -> UsageError:
    """The error for a wrong argument: which one, what it was, and what it may be."""
    value = getattr(fault, argument)
    return UsageError(f"{fault.name}({argument}={value!r}): {argument} must be {expected}")
