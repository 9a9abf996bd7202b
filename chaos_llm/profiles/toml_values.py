"""Write values as TOML; the standard library only reads it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, time
from typing import Any

from chaos_llm.errors import UsageError

_BARE = re.compile(r"[A-Za-z0-9_-]+")


def key(text: str) -> str:
    """A key, quoted if necessary."""
    return text if _BARE.fullmatch(text) else _text(text)


def value(thing: object) -> str:
    """A value on one line; raises UsageError for a value that TOML cannot express."""
    for kinds, written in _KINDS:
        if isinstance(thing, kinds):
            return written(thing)
    raise UsageError(f"TOML cannot express {thing!r}")


def _table(table: Mapping[object, object]) -> str:
    pairs = (f"{key(str(name))} = {value(item)}" for name, item in table.items())
    return f"{{ {', '.join(pairs)} }}" if table else "{}"


def _array(items: Iterable[object]) -> str:
    return f"[{', '.join(map(value, items))}]"


def _moment(moment: datetime) -> str:
    if moment.tzinfo is None:
        return moment.isoformat()
    try:
        return moment.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"
    except OverflowError:  # in the first or last hours of the years 1 to 9999
        return moment.isoformat()


def _text(text: str) -> str:
    # JSON's escapes are valid TOML; only DEL must also be escaped in TOML.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


_KINDS: tuple[tuple[type | tuple[type, ...], Callable[[Any], str]], ...] = (
    (bool, lambda truth: str(truth).lower()),
    ((int, float), repr),
    (str, _text),
    (datetime, _moment),
    ((date, time), lambda moment: str(moment.isoformat())),
    (Mapping, _table),
    ((list, tuple), _array),
)
