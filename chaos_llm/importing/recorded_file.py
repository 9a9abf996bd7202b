"""A file that is imported: its lines or JSON values in a stream, and what in it was broken."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import IO, Any

from chaos_llm.errors import UsageError
from chaos_llm.importing import csv_lines
from chaos_llm.importing.opened_file import BREAKS, opened, read_all
from chaos_llm.protocol.redaction import Secrets

_SAMPLE = 65_536  # bytes of a file's beginning by which its format is recognised
_SAMPLED_RECORDS = 5
_SHOWN_BROKEN = 20  # broken lines whose numbers are kept; all are counted
_PROGRESS_LINES = 4096  # lines between two reports of progress
_LONGEST_LINE = 64 * 1024 * 1024  # bytes; a longer line is no record, and is skipped
_LONGEST_SAMPLE = 8 * 1024 * 1024  # bytes of a line by which a format is recognised
# Where documents of one JSON value have their records, written as in ijson.
LISTS = (
    *("item", "data.item", "logs.item", "observations.item", "records.item"),
    *("data.records.item", "data.observations.item", "data.data.item"),
)
_LARGEST_OBJECT = 64 * 1024 * 1024  # bytes of a file of whole objects, one behind the other
_OF_A_TRACE = ("userId", "sessionId")  # what Langfuse says of a trace, and not of what is in it
_TOO_DEEP = re.compile(r"(?:\[\s*){100}")

Object = dict[str, Any]


@dataclass
class BrokenLines:
    """The lines that could not be read: how many, and the first of them with the reason."""

    count: int = 0
    first: list[tuple[int, str]] = field(default_factory=list)

    def add(self, number: int, why: str) -> None:
        self.count += 1
        if len(self.first) < _SHOWN_BROKEN:
            self.first.append((number, why))


@dataclass
class RecordedFile:
    """One file, read from its beginning to its end once; `progress` is told the share read.

    It may be compressed, and in UTF-8, UTF-16 or UTF-32.
    """

    path: Path
    progress: Callable[[float], None] | None = None
    columns: dict[str, str] = field(default_factory=dict)
    broken: BrokenLines = field(default_factory=BrokenLines)
    secrets: Secrets = field(default_factory=Secrets)
    notes: dict[str, None] = field(default_factory=dict)
    assumed: dict[str, None] = field(default_factory=dict)

    @cached_property
    def size(self) -> int:
        return max(1, self.path.stat().st_size)

    @cached_property
    def head(self) -> str:
        """The beginning of the file as text."""
        found = b""
        with opened(self.path) as (stream, _):
            try:
                while len(found) < _SAMPLE:
                    piece = stream.read1(_SAMPLE)  # type: ignore[attr-defined] # buffered readers
                    if not piece:
                        break
                    found += piece
            except BREAKS as error:
                if not found:
                    raise UsageError(f"{self.path}: {error}") from None
        return found[:_SAMPLE].decode("utf-8", "replace")

    @cached_property
    def sampled(self) -> Sequence[Object]:
        """The first records of JSON lines; empty for any other file."""
        found: list[Object] = []
        if self.head.lstrip()[:1] in ("[", "<") or _goes_on(self.head):
            return found
        with opened(self.path) as (stream, _):
            for _ in range(4 * _SAMPLED_RECORDS):
                try:
                    value = json.loads(stream.readline(_LONGEST_SAMPLE))
                except (ValueError, RecursionError):
                    continue
                except BREAKS:
                    break
                if isinstance(value, dict):
                    found.append(value)
        return found[:_SAMPLED_RECORDS]

    @cached_property
    def is_document(self) -> bool:
        """Whether the file is one JSON value with a list of records, and not a record a line."""
        start = self.head.lstrip()[:1]
        if start == "[":
            return True
        if start != "{" or len(self.sampled) > 1:
            return False
        roots = {place.partition(".")[0] for place in LISTS}
        return not self.sampled or any(
            isinstance(value, list | dict) and name in roots
            for name, value in self.sampled[0].items()
        )

    @cached_property
    def first_records(self) -> Sequence[Object]:
        """The first records, whether they are JSON lines, in a list of a document, or in a CSV."""
        if self.sampled and not self.is_document:
            return self.sampled
        unread = RecordedFile(self.path)  # so that nothing is counted as broken twice
        return [record for _, record in islice(unread.records(), _SAMPLED_RECORDS)]

    @cached_property
    def names(self) -> Sequence[str]:
        """The names of the fields of the first records; of a CSV those in its first line."""
        if self._is_table:
            return csv_lines.names(self.head)
        return list(dict.fromkeys(name for record in self.first_records for name in record))

    @property
    def _is_table(self) -> bool:
        return bool(not self.sampled and csv_lines.names(self.head))

    def note(self, text: str) -> None:
        """Say something about the file, once."""
        self.notes[text] = None

    def assume(self, text: str) -> None:
        """Say what the file does not, and is assumed; it is written into the profile, too."""
        self.assumed[text] = None

    def lines(self) -> Iterator[tuple[int, bytes]]:
        """The number and the bytes of every line that is not empty."""
        line_number = 0
        with opened(self.path) as (stream, file):
            try:
                for line_number, line in enumerate(_whole_lines(stream), 1):
                    if self.progress is not None and not line_number % _PROGRESS_LINES:
                        self.progress(file.tell() / self.size)
                    if len(line) >= _LONGEST_LINE:
                        self.broken.add(line_number, f"longer than {_LONGEST_LINE} bytes")
                    elif not line.isspace():
                        yield line_number, line
            except BREAKS as error:
                self.broken.add(line_number + 1, f"the file ends or breaks here: {error}")

    def json_lines(self) -> Iterator[tuple[int, Object]]:
        """The objects of JSON lines with their numbers; other lines are counted as broken."""
        loads = json.loads
        for line_number, line in self.lines():
            try:
                value = loads(line.decode())  # json would look for the encoding of every line
            except (ValueError, RecursionError) as error:
                torn = not line.endswith(b"\n")
                self.broken.add(line_number, "a torn end" if torn else f"no JSON: {error}")
                continue
            if isinstance(value, dict):
                yield line_number, value
            else:
                self.broken.add(line_number, f"expected an object, got {type(value).__name__}")

    def json_items(self, *prefixes: str) -> Iterator[tuple[int, Any]]:
        """The values at the first of these places of one JSON document, in a stream.

        A place is written as in ijson: "log.entries.item" are the items of a list. Numbers count
        from 1. A document that ends too early is counted as broken.
        """
        ijson = self._ijson()
        if _TOO_DEEP.search(self.head):  # ijson would take the square of the depth for it
            self.broken.add(1, "lists within lists, and no records")
            return
        for prefix in prefixes:
            item_number = 0
            try:
                with opened(self.path) as (stream, file):
                    items = ijson.items(stream, prefix, use_float=True, multiple_values=True)
                    for item_number, item in enumerate(items, 1):
                        if self.progress is not None and not item_number % 256:
                            self.progress(file.tell() / self.size)
                        yield item_number, item
            except (ijson.JSONError, *BREAKS) as error:
                reason = (str(error).splitlines() or [""])[0]
                self.broken.add(item_number + 1, f"the JSON ends or breaks here: {reason}")
                return
            if item_number:
                return

    def records(self) -> Iterator[tuple[int, Object]]:
        """The records of JSON lines, of the list in a JSON document, or of a CSV.

        A document without a list is a record itself, and so are several, one behind the other.
        """
        if self._is_table:
            yield from csv_lines.rows(self.lines(), self.broken.add)
            return
        for number, item in (
            self.json_items(*self._places()) if self.is_document else self.json_lines()
        ):
            if isinstance(item, dict):
                yield from ((number, each) for each in self._within(item))
            else:
                self.broken.add(number, f"expected an object, got {type(item).__name__}")

    def _within(self, record: Object) -> Iterator[Object]:
        """The observations in a trace of Langfuse, each with what its trace says; or the record."""
        inside = record.get("observations")
        if not isinstance(inside, list) or not all(isinstance(each, dict) for each in inside):
            yield record
            return
        trace = {name: value for name, value in record.items() if value is not inside}
        self.secrets.note_fields(trace)
        about = {name: trace[name] for name in _OF_A_TRACE if trace.get(name)}
        about |= {"traceId": trace.get("id"), "level": "DEFAULT"}
        yield from (about | each for each in inside)

    def _places(self) -> Sequence[str]:
        is_whole = self.head.lstrip()[:1] == "{" and self.size < _LARGEST_OBJECT
        return (*LISTS, "") if is_whole else LISTS

    def document(self) -> Any:
        """The whole of a small JSON document; raises UsageError."""
        try:
            return json.loads(read_all(self.path))
        except (ValueError, RecursionError) as error:
            raise UsageError(f"{self.path}: no JSON: {error}") from None

    @staticmethod
    def _ijson() -> Any:
        try:
            import ijson  # noqa: PLC0415 - an extra
        except ModuleNotFoundError:
            raise UsageError(NEEDS_EXTRA) from None
        return ijson


def _goes_on(head: str) -> bool:
    """Whether the first value of a text goes on in its second line, as written for people."""
    first, newline, _ = head.lstrip().partition("\n")
    return bool(newline) and first.startswith("{") and first.rstrip().endswith(("{", "[", ","))


def _whole_lines(stream: IO[bytes]) -> Iterator[bytes]:
    """The lines; of one that is too long the beginning alone, so that numbers stay right."""
    while line := stream.readline(_LONGEST_LINE):
        yield line
        rest = line
        while len(rest) == _LONGEST_LINE and not rest.endswith(b"\n"):
            rest = stream.readline(_LONGEST_LINE)


NEEDS_EXTRA = (
    'chaos-llm import needs more packages: pip install "chaos_llm[import]" (ruptures finds the '
    "change points, ijson reads large JSON in a stream, PyYAML reads cassettes)"
)
