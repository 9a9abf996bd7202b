"""Tables as CSV, with the names of the columns in the first line."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from typing import Any

_DELIMITERS = ",;\t|"
_LONGEST_FIELD = 16 * 1024 * 1024  # letters; exports have whole prompts in a field


def names(head: str) -> list[str]:
    """The names in the first line of a text; empty if it is none of a table."""
    first = next((line for line in head.splitlines() if line.strip()), "")
    delimiter = _delimiter(first)
    if first.lstrip()[:1] in ("{", "[", "<") or delimiter not in first:
        return []
    try:
        found = [name.strip() for name in next(csv.reader([first], delimiter=delimiter))]
    except csv.Error:
        return []
    return found if len(found) > 1 and all(found) else []


def rows(
    lines: Iterator[tuple[int, bytes]], broken: Callable[[int, str], None]
) -> Iterator[tuple[int, dict[str, Any]]]:
    """The rows after the first, with the number of their first line; an empty field is None.

    A field in quotation marks may have several lines.
    """
    first = next(lines, (0, b""))[1].decode("utf-8", "replace")
    columns, last = names(first), 1

    def texts() -> Iterator[str]:
        nonlocal last
        for last, line in lines:  # noqa: B007 - the number is read outside
            yield line.decode("utf-8", "replace")

    reader = csv.reader(texts(), delimiter=_delimiter(first))
    while True:
        number = last + 1
        try:
            values = _next(reader)
        except csv.Error as error:
            broken(number, f"no row of a CSV: {error}")
            continue
        if values is None:
            return
        if len(values) != len(columns):
            broken(number, f"expected {len(columns)} columns, got {len(values)}")
            continue
        yield number, dict(zip(columns, (value or None for value in values), strict=True))


def _next(reader: Iterator[list[str]]) -> list[str] | None:
    """The next row; the limit of a field's length is the whole process's, so it is given back."""
    before = csv.field_size_limit(_LONGEST_FIELD)
    try:
        return next(reader, None)
    finally:
        csv.field_size_limit(before)


def _delimiter(first: str) -> str:
    return max(_DELIMITERS, key=first.count)
