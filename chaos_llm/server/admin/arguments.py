"""What the admin API was given, checked: names, numbers and sizes that one request may ask for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from chaos_llm.errors import UsageError, shown

RUN_NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_RUN_RULE = "a run's name is 1 to 64 letters, digits, '.', '_' and '-'"
LARGEST_SEED = (1 << 64) - 1


def run_name(given: object) -> str:
    """The name of a run, "" for none; raises UsageError for what could break a listing."""
    if given in ("", None):
        return ""
    if not isinstance(given, str) or not RUN_NAME.fullmatch(given):
        raise UsageError(f"{_RUN_RULE}; got {shown(given)}")
    return given


def whole(given: Mapping[str, Any], name: str, most: int, what: str) -> int | None:
    """A whole number from 0 to `most`, None where it was not given; raises UsageError."""
    number = given.get(name)
    if number is None:
        return None
    if isinstance(number, str) and number.isascii() and number.isdecimal() and len(number) < 21:
        number = int(number)
    if type(number) is not int or not 0 <= number <= most:
        raise UsageError(f"{what}, from 0 to {most}; got {shown(number)}")
    return number


def text(given: Mapping[str, Any], name: str, longest: int, default: str = "") -> str:
    """A text of at most so many letters; raises UsageError."""
    value = given.get(name, default)
    if not isinstance(value, str):
        raise UsageError(f"{name} is a text; got {shown(value)}")
    if len(value) > longest:
        raise UsageError(f"{name} has {len(value)} letters; {longest} are the most")
    return value
