"""Validation of the strategies' arguments, when a strategy is made and not when it draws."""

from __future__ import annotations

from collections.abc import Iterable

from hypothesis.strategies import SearchStrategy

from chaos_llm.durations import Duration, seconds
from chaos_llm.errors import UnknownName, UsageError
from chaos_llm.faults.fault import Fault
from chaos_llm.profiles.model import SIMULATED_SURFACES
from chaos_llm.requests.hosts import provider_names

Faults = SearchStrategy[Fault] | Iterable[str | Fault] | None

SHORTEST = 1.0  # seconds; a shorter outage is over before a client has retried


def names(argument: str, given: Iterable[str], known: Iterable[str]) -> tuple[str, ...]:
    """The names in an argument, each once; raises UsageError if it is empty, or UnknownName."""
    if isinstance(given, str):
        raise UsageError(f"{argument}= is a list; write {argument}=[{given!r}]")
    unique = tuple(dict.fromkeys(given))
    if not unique:
        raise UsageError(f"{argument}= is empty: there is nothing to draw")
    for name in unique:
        if name not in known:
            raise UnknownName(argument.removesuffix("s"), str(name), known)
    return unique


def provider_list(given: Iterable[str]) -> tuple[str, ...]:
    """Validate the providers that may fail."""
    return names("providers", given, provider_names())


def surface_list(given: Iterable[str]) -> tuple[str, ...]:
    """Validate the surfaces that may fail."""
    return names("surfaces", given, SIMULATED_SURFACES)


def longest_length(given: Duration) -> float:
    """The maximum length of an outage, in seconds."""
    length = seconds(given)
    if length < SHORTEST:
        raise UsageError(f"longest={given!r}: the shortest outage that is drawn lasts 1 s")
    return length


def count(argument: str, given: int, least: int = 1) -> int:
    """Require an integer of at least `least`."""
    if type(given) is not int or given < least:
        raise UsageError(f"{argument}= is a whole number, {least} or more; got {given!r}")
    return given


def yes_or_no(argument: str, given: bool) -> bool:
    """Require True or False."""
    if not isinstance(given, bool):
        raise UsageError(f"{argument}= is True or False; got {given!r}")
    return given
