"""A profile's file as tomllib reads it, with the line numbers of its keys for error messages.

This module does not import pydantic, because tags are read while pytest collects.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from chaos_llm import errors
from chaos_llm.errors import ProfileError
from chaos_llm.profiles import toml_positions

_HINTS = {  # by tomllib's message
    "Invalid statement": "expected `key = value`, `[table]` or `[[window]]`",
    "Invalid value": 'expected "text", a number, true, 2026-03-02T11:37:00Z, [ ... ] or { ... }',
    "Invalid initial character for a key part": "expected a key; an inline table { ... } must "
    "stay on one line and has no comma at its end",
    "Cannot overwrite a value": "expected each key only once",
    "Expected newline or end of document after a statement": "expected one `key = value` a line",
}
LARGEST = 1024 * 1024  # bytes of a file; the largest shipped profile has 8,000
_TOO_LARGE = f"expected at most {LARGEST} bytes"
_DEEPEST = 50  # nested brackets; tomllib reads about 300, depending on its caller's stack
# tomllib's time for a dotted key grows with the square of the number of its parts.
_LONG_KEY = re.compile(
    r"""(?<![A-Za-z0-9_-])(?:(?:[A-Za-z0-9_-]+|"[^"\n]*"|'[^'\n]*')[ \t]*\.[ \t]*){"""
    + f"{_DEEPEST}}}"
)
_LONG_NUMBER = re.compile(r"[0-9_]{1000,}")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_SHOWN = 100  # characters of a malformed line that an error shows
_AT = re.compile(r"\s*\(at (?:line (\d+), column \d+|end of document)\)$")


@dataclass(frozen=True)
class TomlDocument:
    """One TOML file: its tables, and the line of each key."""

    path: Path
    text: str
    tables: dict[str, Any]

    @property
    def name(self) -> str:
        """The profile's name: the file's stem."""
        return self.path.stem

    @cached_property
    def _lines(self) -> Any:
        return toml_positions.positions(self.text)

    def where(self, *path: str | int) -> str:
        """File and line of a key, as "file:line", which editors and terminals make a link."""
        return f"{shown(self.path)}:{toml_positions.line_of(self._lines, path)}"

    def error(self, path: tuple[str | int, ...], problem: str) -> ProfileError:
        """An error that names file, line, window and key; the caller raises it."""
        label = self.label(path)
        return ProfileError(f"{self.where(*path)}: {label + ': ' if label else ''}{problem}")

    def label(self, path: tuple[str | int, ...]) -> str:
        """A path in words: "window 'wave 2': share"."""
        head, rest = self._head(path)
        parts = (f"[{part}]" if isinstance(part, int) else f".{_plain(part)}" for part in rest)
        key = "".join(parts)
        return ": ".join(part for part in (head, key.removeprefix(".")) if part)

    def _head(self, path: tuple[str | int, ...]) -> tuple[str, tuple[str | int, ...]]:
        match path:
            case ("window", int(index), *rest):
                table = self.tables["window"][index]
                name = table.get("name") if isinstance(table, dict) else None
                label = errors.shown(index + 1 if name is None else name)
                return f"window {label}", tuple(rest)
            case (
                "status_page" | "baseline" | "quota" | "sources" | "edge" as kind,
                str(name),
                *rest,
            ):
                return f"[{kind}.{_plain(name)}]", tuple(rest)
            case ("event", int(index), *rest):
                return f"event {index + 1}", tuple(rest)
        return "", path


def read(path: Path) -> TomlDocument:
    """Read a file, once for each version of it; raises ProfileError if it is not TOML."""
    try:
        stat = path.stat()
        if stat.st_size > LARGEST:
            raise ProfileError(f"{shown(path)}:1: {_TOO_LARGE}")
        return _read(path, stat.st_mtime_ns, stat.st_size)
    except OSError as error:
        raise ProfileError(f"{shown(path)}: cannot be read: {error.strerror}") from None


@lru_cache(maxsize=512)
def _read(path: Path, mtime: int, size: int) -> TomlDocument:  # noqa: ARG001 - keys of the cache
    return parsed(path, path.read_bytes())


def parsed(path: Path, content: bytes) -> TomlDocument:
    """Parse a file's content; raises ProfileError with file, line and a hint."""
    if len(content) > LARGEST:
        raise ProfileError(f"{shown(path)}:1: {_TOO_LARGE}")
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ProfileError(f"{shown(path)}:{line}: expected UTF-8 text") from None
    long_key = _LONG_KEY.search(text)
    if long_key is not None:
        line = text.count("\n", 0, long_key.start()) + 1
        raise ProfileError(f"{shown(path)}:{line}: expected keys of at most {_DEEPEST} parts")
    try:
        return TomlDocument(path, text, tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise ProfileError(_malformed(path, text, str(error))) from None
    except (RecursionError, ValueError, OverflowError) as error:
        line, problem = _beyond_tomllib(text, error)
        raise ProfileError(f"{shown(path)}:{line}: {problem}") from None


def _beyond_tomllib(text: str, error: Exception) -> tuple[int, str]:
    """Line and message for content that exceeds the limits of tomllib or Python."""
    if isinstance(error, RecursionError):
        line = toml_positions.deep_line(text, _DEEPEST)
        return line, f"expected at most {_DEEPEST} values inside values"
    found = _LONG_NUMBER.search(text) or _DATE.search(text)
    line = text.count("\n", 0, found.start()) + 1 if found else 1
    return line, "expected numbers and dates that can be read"


def _plain(name: str) -> str:
    """A key as it is written, but shortened if it is long and escaped if it is not printable."""
    return name if name.isprintable() and len(name) <= _SHOWN else errors.shown(name, _SHOWN)


def _malformed(path: Path, text: str, message: str) -> str:
    found = _AT.search(message)
    lines = text.split("\n")
    line = int(found[1]) if found and found[1] else max(1, len(lines) - text.endswith("\n"))
    problem = _AT.sub("", message)
    hint = _HINTS.get(problem)
    if found and not found[1]:
        problem, hint = "the file ends too early", "expected the end of its last value"
    return (
        f"{shown(path)}:{line}: not TOML: {problem[:1].lower() + problem[1:]}"
        f"{'; ' + hint if hint else ''}; "
        f"got {errors.shown(lines[min(line, len(lines)) - 1].strip(), _SHOWN)}"
    )


def shown(path: Path) -> str:
    """A path for messages; relative to the current folder if it is below that."""
    try:
        text = str(path.resolve().relative_to(Path.cwd()))
    except (ValueError, OSError, RuntimeError):  # RuntimeError: a cycle of links
        text = str(path)
    return text if text.isprintable() else repr(text)[1:-1]
