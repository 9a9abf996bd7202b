"""Strict reading and writing of JSON, with bounds for input from outside.

Input with a NaN, a lone surrogate, a number out of range, more than 200 levels, or more values than
can be read in a short time is refused. Output can always be encoded, and read by every parser.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import cache, partial
from typing import Any

SLOWEST = 80_000.0  # microseconds that one text may take to read: other requests wait for it
_WORTH_COUNTING = 262_144  # bytes; shorter texts cannot take that long
# Microseconds for a string, for a list or object, and for any value; measured with pydantic_core 2.
_STRING, _NESTED, _VALUE = 0.9, 0.2, 0.05

_DEEP = "recursion limit exceeded"
_NUMBER = "number out of range"

# An escaped lone surrogate: half of a letter beyond U+FFFF without the other half.
_HALF = re.compile(
    r"(?<!\\)(?:\\\\)*(?:\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])"
    r"|(?<!\\u[dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F])"
)
_UNSAFE = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


class TooLarge(ValueError):
    """A text holds more values than can be read in a short time."""


def loads(data: bytes | str) -> Any:
    """Read JSON; raises ValueError, with the message of `json` where it has one, or TooLarge."""
    content = data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data
    if len(content) > _WORTH_COUNTING and _cost(content) > SLOWEST:
        raise TooLarge("there are too many values in it")
    try:
        return _reader()(content)
    except ValueError as error:
        raise _explained(content, str(error)) from None


def _cost(content: bytes) -> float:
    """Estimate the microseconds it takes to read; brackets and commas in strings count, too."""
    strings = max(0, content.count(b'"') - content.count(b'\\"')) / 2
    nested = content.count(b"[") + content.count(b"{")
    return strings * _STRING + nested * _NESTED + content.count(b",") * _VALUE


def _explained(content: bytes, message: str) -> ValueError:
    """The error of a text that the strict reader refused, with the message that `json` gives."""
    if "recursion" in message:
        return ValueError(_DEEP)
    try:
        text = content.decode()
        json.loads(text, parse_constant=_no_constant, parse_int=_whole)
    except RecursionError:
        return ValueError(_DEEP)
    except ValueError as error:
        return error
    half = _HALF.search(text)
    if half is not None:
        # Anthropic's message: anthropics/claude-code#2108 and some hundred reports like it.
        return json.JSONDecodeError("no low surrogate in string", text, half.start())
    return ValueError(message)


def _no_constant(name: str) -> None:
    raise ValueError(f"Expecting value: {name} is no JSON")


def _whole(digits: str) -> int:
    try:
        return int(digits)
    except ValueError:  # Python's own limit of digits; its message is about Python
        raise ValueError(_NUMBER) from None


@cache
def _reader() -> Callable[[bytes], Any]:
    """The parser of pydantic_core, many times faster on long prompts than `json`."""
    from pydantic_core import from_json  # noqa: PLC0415 - the first request pays for it

    return partial(from_json, allow_inf_nan=False)


def dumps(value: Any) -> str:
    """Write JSON in one line that can be encoded and shown anywhere.

    Lone surrogates, control characters, line ends and marks of text direction are escaped, so that
    no value breaks a file, a listing or a terminal. A number that JSON cannot express becomes null.
    """
    try:
        text = json.dumps(value, ensure_ascii=False, default=str, allow_nan=False)
    except ValueError:  # NaN, an infinity, or a whole number of thousands of digits
        text = json.dumps(_expressible(value), ensure_ascii=False, default=str)
    return encodable(text)


def encodable(text: str) -> str:
    """JSON with escapes for what breaks a file or a terminal, or cannot be encoded."""
    return text if text.isascii() and "\x7f" not in text else _UNSAFE.sub(_escaped, text)


def _escaped(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04x}"


def _expressible(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _expressible(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_expressible(item) for item in value]
    if isinstance(value, float | int) and not abs(value) < float("inf"):
        return None
    if isinstance(value, int) and value.bit_length() > _BITS:
        return None
    return value


_BITS = 1024  # of a whole number; a longer one is out of the range of other parsers
