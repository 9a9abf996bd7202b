"""What is wrong with one value: the small words that rules are made of."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from chaos_llm.protocol import strict_json
from chaos_llm.providers.endpoint import UNREADABLE
from chaos_llm.providers.refusals.checked_request import CheckedRequest
from chaos_llm.providers.refusals.rule import Found, Wrong, found

WRONG = Found()


def always(_value: Any, _request: CheckedRequest) -> Found | None:
    """Whatever it is: the place alone is wrong."""
    return WRONG


def unreadable(_body: Any, request: CheckedRequest) -> Found | None:
    """A body that is no JSON object; `{error}` is what a parser says of it."""
    invalid = request.request.invalid
    if invalid is None or invalid.broken_rule is not UNREADABLE:
        return None
    try:
        strict_json.loads(request.wire.body)
    except ValueError as error:
        return found(error=error)
    return found(error="expected an object")


def not_a(*kinds: type) -> Wrong:
    """A value of none of these types; a boolean is no number."""
    takes_booleans = bool in kinds

    def wrong(value: Any, _request: CheckedRequest) -> Found | None:
        if isinstance(value, kinds) and (takes_booleans or not isinstance(value, bool)):
            return None
        return WRONG

    return wrong


def without(*keys: str) -> Wrong:
    """An object without one of these keys."""

    def wrong(value: Any, _request: CheckedRequest) -> Found | None:
        if not isinstance(value, dict):
            return None
        return next((found(key) for key in keys if key not in value), None)

    return wrong


def no_header(name: str) -> Wrong:
    """A request without this header; names are in lower case."""

    def wrong(headers: Any, _request: CheckedRequest) -> Found | None:
        return None if name in headers else found(name)

    return wrong


def empty(value: Any, _request: CheckedRequest) -> Found | None:
    """An empty text or list."""
    return None if value or not isinstance(value, str | list) else WRONG


def other_than(*known: str | None) -> Wrong:
    """A value that is none of these texts."""
    known_texts = frozenset(known)

    def wrong(value: Any, _request: CheckedRequest) -> Found | None:
        return None if isinstance(value, str | None) and value in known_texts else WRONG

    return wrong


def unlike(pattern: str) -> Wrong:
    """A text that does not match a pattern as a whole."""
    matches = re.compile(pattern).fullmatch

    def wrong(value: Any, _request: CheckedRequest) -> Found | None:
        return WRONG if isinstance(value, str) and not matches(value) else None

    return wrong


def keys_other_than(known: Iterable[str]) -> Wrong:
    """An object with a key that is none of these; the first one is `{key}` in the message."""
    known_keys = frozenset(known)

    def wrong(value: Any, _request: CheckedRequest) -> Found | None:
        if not isinstance(value, dict) or known_keys.issuperset(value):
            return None
        key = next(key for key in value if key not in known_keys)
        return found(key, key=key)

    return wrong


def below(least: float) -> Wrong:
    """A number that is too small."""

    def wrong(value: Any, _request: CheckedRequest) -> Found | None:
        return WRONG if _is_number(value) and value < least else None

    return wrong


def above(most: float) -> Wrong:
    """A number that is too large."""

    def wrong(value: Any, _request: CheckedRequest) -> Found | None:
        return WRONG if _is_number(value) and value > most else None

    return wrong


def outside(least: float, most: float) -> Wrong:
    """A number that is smaller or larger than these."""

    def wrong(value: Any, _request: CheckedRequest) -> Found | None:
        return WRONG if _is_number(value) and not least <= value <= most else None

    return wrong


def any_of(*predicates: Wrong) -> Wrong:
    """What one of these finds, the first one first."""

    def wrong(value: Any, request: CheckedRequest) -> Found | None:
        findings = (predicate(value, request) for predicate in predicates)
        return next((each for each in findings if each is not None), None)

    return wrong


def retired(_model: Any, request: CheckedRequest) -> Found | None:
    """A model that its vendor no longer serves on the day of the request."""
    day = request.facts.retired
    return found(day=day, model=request.model) if day and request.day >= day else None


def more_than_it_gives(value: Any, request: CheckedRequest) -> Found | None:
    """A limit of output tokens over the model's own, `{most}` in the message."""
    most = request.facts.output
    if most is None or not _is_number(value) or value <= most:
        return None
    return found(most=most, model=request.model)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
