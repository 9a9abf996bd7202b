"""Numbers of a profile for which no evidence is named, not even "assumed".

The format asks for evidence for each fact of a window, each post and each event. A fault's own
numbers, such as a status or seconds, may go without: `chaos-llm lint --strict` finds these.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from chaos_llm.durations import seconds
from chaos_llm.errors import UsageError
from chaos_llm.profiles.model import Profile
from chaos_llm.profiles.toml_document import TomlDocument

_NOT_NUMBERS = ("fault", "toxic", "weight")  # the weights are a fact of the window


def uncited_numbers(
    _profile: Profile, read: TomlDocument
) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """The path of each such number, and what to write."""
    for number, window in enumerate(read.tables.get("window", [])):
        evidence = window.get("evidence")
        if isinstance(evidence, Mapping):
            yield from _parameters(number, window, evidence)


def _parameters(
    number: int, window: Mapping[str, Any], evidence: Mapping[str, Any]
) -> Iterator[tuple[tuple[str | int, ...], str]]:
    for kind in ("faults", "network"):
        for index, table in enumerate(window.get(kind, [])):
            for name, value in table.items():
                if name not in (*_NOT_NUMBERS, *evidence) and _holds_number(value):
                    message = f"{name} has no evidence; write `{name} = ...` in the window's"
                    yield ("window", number, kind, index, name), f"{message} `evidence`"


def _holds_number(value: object) -> bool:
    """Whether it is a number, a duration or a moment, or has one in it, as headers and JSON may."""
    if isinstance(value, Mapping):
        return any(_holds_number(each) for each in value.values())
    if isinstance(value, list):
        return any(_holds_number(each) for each in value)
    if isinstance(value, str):
        return value.isdecimal() or _is_duration(value)
    return isinstance(value, int | float | date) and not isinstance(value, bool)


def _is_duration(text: str) -> bool:
    try:
        seconds(text)
    except UsageError:
        return False
    return True
