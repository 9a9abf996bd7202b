"""A file that is imported: its lines or JSON values in a stream, and what in it was broken."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from chaos_llm.errors import UsageError
from chaos_llm.protocol.redaction import Secrets

_SAMPLE = 65_536  # bytes of a file's beginning by which its format is recognised
_SAMPLED_RECORDS = 5
_SHOWN_BROKEN = 20  # broken lines whose numbers are kept; all are counted
_PROGRESS_LINES = 4096  # lines between two reports of progress
_LONGEST_LINE = 64 * 1024 * 1024  # bytes; a longer line is no record, and is skipped

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
    """One file, read from its beginning to its end once; `progress` is told the share read."""

    path: Path
    progress: Callable[[float], None] | None = None
    columns: dict[str, str] = field(default_factory=dict)
    broken: BrokenLines = field(default_factory=BrokenLines)
    secrets: Secrets = field(default_factory=Secrets)
    notes: dict[str, None] = field(default_factory=dict)

    @cached_property
    def size(self) -> int:
        return max(1, self.path.stat().st_size)

    @cached_property
    def head(self) -> str:
        """The beginning of the file as text."""
        try:
            with self.path.open("rb") as opened:
                return opened.read(_SAMPLE).decode("utf-8-sig", "replace")
        except OSError as error:
            raise UsageError(f"{self.path}: {error.strerror or error}") from None

    @cached_property
    def sampled(self) -> Sequence[Object]:
        """The first records of JSON lines; empty for any other file."""
        found: list[Object] = []
        for line in self.head.splitlines()[: 4 * _SAMPLED_RECORDS]:
            try:
                value = json.loads(line)
            except ValueError:
                continue
            if isinstance(value, dict):
                found.append(value)
        return found[:_SAMPLED_RECORDS]

    def note(self, text: str) -> None:
        """Say something about the file, once."""
        self.notes[text] = None

    def lines(self) -> Iterator[tuple[int, bytes]]:
        """The number and the bytes of every line that is not empty."""
        done = 0
        with self.path.open("rb") as opened:
            for line_number, line in enumerate(
                iter(lambda: opened.readline(_LONGEST_LINE), b""), 1
            ):
                done += len(line)
                if self.progress is not None and not line_number % _PROGRESS_LINES:
                    self.progress(done / self.size)
                if not line.isspace():
                    yield line_number, line

    def json_lines(self) -> Iterator[tuple[int, Object]]:
        """The objects of JSON lines with their numbers; other lines are counted as broken."""
        loads = json.loads
        for line_number, line in self.lines():
            try:
                value = loads(line)
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
        for prefix in prefixes:
            item_number = 0
            try:
                with self.path.open("rb") as opened:
                    for item_number, item in enumerate(
                        ijson.items(opened, prefix, use_float=True), 1
                    ):
                        if self.progress is not None and not item_number % 256:
                            self.progress(opened.tell() / self.size)
                        yield item_number, item
            except ijson.JSONError as error:
                reason = str(error).splitlines()[0]
                self.broken.add(item_number + 1, f"the JSON ends or breaks here: {reason}")
                return
            if item_number:
                return

    def objects(self, *prefixes: str) -> Iterator[tuple[int, Object]]:
        """The records of JSON lines, or of a document's list at one of these places."""
        first = self.head.lstrip()[:1]
        is_lines = len(self.sampled) > 1 or (first == "{" and bool(self.sampled))
        if is_lines and not any(prefix.split(".")[0] in self.sampled[0] for prefix in prefixes):
            yield from self.json_lines()
            return
        for item_number, item in self.json_items(*prefixes):
            if isinstance(item, dict):
                yield item_number, item
            else:
                self.broken.add(item_number, f"expected an object, got {type(item).__name__}")

    def document(self) -> Any:
        """The whole of a small JSON document; raises UsageError."""
        try:
            return json.loads(self.path.read_bytes())
        except (ValueError, RecursionError) as error:
            raise UsageError(f"{self.path}: no JSON: {error}") from None

    @staticmethod
    def _ijson() -> Any:
        try:
            import ijson  # noqa: PLC0415 - an extra
        except ModuleNotFoundError:
            raise UsageError(NEEDS_EXTRA) from None
        return ijson


NEEDS_EXTRA = (
    'chaos-llm import needs more packages: pip install "chaos_llm[import]" (ruptures finds the '
    "change points, ijson reads large JSON in a stream, PyYAML reads cassettes)"
)
