"""The file of a recording: JSON lines, the first one about the file, then one for each call.

A line is written in one piece, so that a process that is killed leaves at most one torn line.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from chaos_llm.errors import UsageError
from chaos_llm.protocol import strict_json
from chaos_llm.recording.recorded_call import CALL_ENDS, RecordedCall

KIND = "chaos_llm recording"
SCHEMA_VERSION = 1
_DEFAULTS = {field.name: field.default for field in fields(RecordedCall)}
_FIELDS = tuple(_DEFAULTS)
_LISTS = ("chunks",)


def head(keeps: str) -> dict[str, Any]:
    """The first line: what the file is, and whether it keeps texts."""
    started = datetime.now(UTC).isoformat(timespec="milliseconds")
    return {"kind": KIND, "schema_version": SCHEMA_VERSION, "started": started, "keeps": keeps}


def record(call: RecordedCall, **more: Any) -> dict[str, Any]:
    """The record of a call: all fields that are known, and `more`; `at` as a date."""
    known = {
        name: _rounded(value)
        for name in _FIELDS
        if (value := getattr(call, name)) != _DEFAULTS[name] and name != "at"
    }
    at = datetime.fromtimestamp(call.at, UTC).isoformat(timespec="milliseconds")
    return {"at": at.replace("+00:00", "Z"), "end": call.end, **known, **more}


def _rounded(value: Any) -> Any:
    return round(value, 6) if isinstance(value, float) else value


def call_of(record: Mapping[str, Any]) -> RecordedCall:
    """The call of a record; raises ValueError for one that is none."""
    values = {name: record[name] for name in _FIELDS if record.get(name) is not None}
    at = values.get("at")
    if not isinstance(at, str):
        raise ValueError("`at` is missing")  # noqa: TRY004 - of a file
    values["at"] = datetime.fromisoformat(at).timestamp()
    for name, value in values.items():
        default = _DEFAULTS[name]
        if isinstance(default, str) and not isinstance(value, str):
            raise ValueError(f"`{name}` is no text")  # noqa: TRY004 - the same
    if values.get("end", "complete") not in CALL_ENDS:
        raise ValueError(f"`end` is {values['end']!r:.40}")
    if not isinstance(values.get("status", 0), int):
        raise ValueError("`status` is no whole number")  # noqa: TRY004 - the same
    return RecordedCall(**values)


class RecordingWriter:
    """Appends calls to a file, a whole line at a time; a full disk loses lines, never a call.

    `tell` is given one sentence when lines begin to be lost. Raises UsageError if the file cannot
    be opened.
    """

    def __init__(
        self, path: Path, keeps: str = "shapes", tell: Callable[[str], None] = print
    ) -> None:
        self.path, self.keeps, self._tell = path, keeps, tell
        self.written = self.lost = 0
        try:
            flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
            self._file = os.open(path, flags, 0o600)
            size = os.fstat(self._file).st_size
        except OSError as error:
            raise UsageError(f"{path} cannot be written: {error.strerror or error}") from None
        self._torn = bool(size) and _is_torn(path)
        if not size:
            self._write(head(keeps))

    def add(self, record_: Mapping[str, Any]) -> None:
        """Append one record."""
        if self._write(record_):
            self.written += 1

    def _write(self, value: Mapping[str, Any]) -> bool:
        return self._append(strict_json.dumps(value).encode() + b"\n")

    def _append(self, line: bytes) -> bool:
        if self._file < 0:
            return False
        if self._torn:
            line = b"\n" + line  # so that the torn line is the only one that is lost
        try:
            done = os.write(self._file, line)
        except OSError as error:
            self._lose(error.strerror or str(error))
            return False
        self._torn = done < len(line)
        if self._torn:
            self._lose("the disk is full")
        return not self._torn

    def _lose(self, why: str) -> None:
        if not self.lost:
            self._tell(f"{self.path} cannot be written: {why}; calls are lost from here on")
        self.lost += 1

    def close(self) -> None:
        """Close the file; later records are dropped."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


def _is_torn(path: Path) -> bool:
    with path.open("rb") as opened:
        opened.seek(-1, os.SEEK_END)
        return opened.read(1) != b"\n"


def is_head(record_: Mapping[str, Any]) -> bool:
    """Whether a record is the first line of a recording."""
    return record_.get("kind") == KIND
