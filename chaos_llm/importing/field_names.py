"""Names of fields, told apart by their words alone: startTime, "Start Time" and start_time."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from chaos_llm.importing.recorded_file import RecordedFile

_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_BETWEEN = re.compile(r"[^a-z0-9]+")


@lru_cache(4096)
def folded(name: str) -> str:
    """The words of a name in lower case, with "_" between them."""
    return _BETWEEN.sub("_", _HUMP.sub("_", name).lower()).strip("_")


def records(file: RecordedFile, fields: Sequence[str]) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """The records of a file, with the fields of a format under the names that are given here."""
    named = {folded(field): field for field in fields}
    renamed = {name: named[folded(name)] for name in file.names if folded(name) in named}
    if all(name == field for name, field in renamed.items()):
        yield from file.records()
        return
    for number, record in file.records():
        yield number, {renamed.get(name, name): value for name, value in record.items()}
