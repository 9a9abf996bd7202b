"""A profile's file as tomllib reads it, and how to point at a place in it.

Nothing here imports pydantic: tags are looked up while pytest collects.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from chaos_llm.errors import ProfileError
from chaos_llm.profiles import toml_positions

_WAYS_OUT = {
    "Invalid statement": "expected `key = value`, `[table]` or `[[window]]`",
    "Invalid value": 'expected "text", a number, true, 2026-03-02T11:37:00Z, [ ... ] or { ... }',
    "Invalid initial character for a key part": "expected a key; an inline table { ... } must "
    "stay on one line and has no comma at its end",
    "Cannot overwrite a value": "expected each key once",
    "Expected newline or end of document after a statement": "expected one `key = value` a line",
}
_AT = re.compile(r"\s*\(at (?:line (\d+), column \d+|end of document)\)$")


@dataclass(frozen=True)
class TomlDocument:
    """One TOML file: its tables, and where in the text each of them stands."""

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
        """File and line of a key, as editors and terminals link it."""
        return f"{shown(self.path)}:{toml_positions.line_of(self._lines, path)}"

    def error(self, path: tuple[str | int, ...], problem: str) -> ProfileError:
        """The error that names file, line, window and key, to be raised by the caller."""
        label = self.label(path)
        return ProfileError(f"{self.where(*path)}: {label + ': ' if label else ''}{problem}")

    def label(self, path: tuple[str | int, ...]) -> str:
        """The words for a path: "window 'wave 2': share"."""
        head, rest = self._head(path)
        key = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in rest)
        return ": ".join(part for part in (head, key.removeprefix(".")) if part)

    def _head(self, path: tuple[str | int, ...]) -> tuple[str, tuple[str | int, ...]]:
        match path:
            case ("window", int(index), *rest):
                table = self.tables["window"][index]
                name = table.get("name") if isinstance(table, dict) else None
                return f"window {name if name is not None else index + 1!r}", tuple(rest)
            case (
                "status_page" | "baseline" | "quota" | "sources" | "edge" as kind,
                str(name),
                *rest,
            ):
                return f"[{kind}.{name}]", tuple(rest)
            case ("event", int(index), *rest):
                return f"event {index + 1}", tuple(rest)
        return "", path


def read(path: Path) -> TomlDocument:
    """Read a file, once for each time it changes; raises ProfileError where it is no TOML."""
    try:
        stat = path.stat()
        return _read(path, stat.st_mtime_ns, stat.st_size)
    except OSError as error:
        raise ProfileError(f"{shown(path)}: cannot be read: {error.strerror}") from None


@lru_cache(maxsize=512)
def _read(path: Path, mtime: int, size: int) -> TomlDocument:  # noqa: ARG001 - they key the cache
    return parsed(path, path.read_bytes())


def parsed(path: Path, content: bytes) -> TomlDocument:
    """Parse a file's content; raises ProfileError with file, line and what was expected."""
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ProfileError(f"{shown(path)}:{line}: expected UTF-8 text") from None
    try:
        return TomlDocument(path, text, tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise ProfileError(_malformed(path, text, str(error))) from None


def _malformed(path: Path, text: str, message: str) -> str:
    found = _AT.search(message)
    lines = text.splitlines() or [""]
    line = int(found[1]) if found and found[1] else len(lines)
    problem = _AT.sub("", message)
    way_out = _WAYS_OUT.get(problem)
    if found and not found[1]:
        problem, way_out = "the file ends too early", "expected what closes its last value"
    return (
        f"{shown(path)}:{line}: not TOML: {problem[:1].lower() + problem[1:]}"
        f"{'; ' + way_out if way_out else ''}; got {lines[min(line, len(lines)) - 1].strip()!r}"
    )


def shown(path: Path) -> str:
    """A path as it is shortest to read: from the current folder, where it lies below."""
    try:
        return str(path.resolve().relative_to(Path.cwd()))
    except (ValueError, OSError):
        return str(path)
