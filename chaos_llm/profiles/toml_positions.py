"""Find the lines of keys and values in a TOML file, for error messages; tomllib drops them.

The text has been read by tomllib before, so this scan needs no checks of its own.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from typing import NamedTuple

Path = tuple[str | int, ...]

_TOKEN = re.compile(
    r"""
    (?P<gap>[ \t\r]+|\#[^\n]*)
  | (?P<text>\"{3}(?:\\.|[^\\])*?\"{3,5}|'{3}.*?'{3,5}|"(?:\\.|[^"\\\n])*"|'[^'\n]*')
  | (?P<mark>[\n\[\]{}=,.])
  | (?P<bare>[^\s\[\]{}=,."'\#]+)
    """,
    re.VERBOSE | re.DOTALL,
)


_DEEPEST = 64  # parts of a dotted key that are kept; no profile has so many


class _Token(NamedTuple):
    text: str
    line: int


def positions(text: str) -> Mapping[Path, int]:
    """The line, from 1, of every table, key and array element, by its path."""
    return _Scan(text).lines


def line_of(lines: Mapping[Path, int], path: Path) -> int:
    """The line of a path, or of the innermost table around it that is in the file."""
    while path and path not in lines:
        path = path[:-1]
    return lines.get(path, 1)


def deep_line(text: str, deepest: int) -> int:
    """The first line with more than so many open brackets, else the last line."""
    depth, line = 0, 1
    for token in _tokens(text):
        line = token.line
        if token.text in ("[", "{"):
            depth += 1
        elif token.text in ("]", "}"):
            depth = max(0, depth - 1)
        if depth > deepest:
            break
    return line


class _Scan:
    """One pass over the tokens of a file."""

    def __init__(self, text: str) -> None:
        self.lines: dict[Path, int] = {}
        self._tokens = _tokens(text)
        self._next = 0
        self._tables: dict[Path, int] = {}  # number of [[tables]] of that name so far
        self._document()

    def _document(self) -> None:
        table: Path = ()
        while (token := self._peek()) is not None:
            if token.text == "\n":
                self._take()
            elif token.text == "[":
                table = self._header()
            else:
                self._pair(table)

    def _header(self) -> Path:
        line = self._take().line
        many = self._peek_text() == "["
        if many:
            self._take()
        path = self._resolve(self._key(), many=many)
        self._found(path, line)
        while self._peek_text() == "]":
            self._take()
        return path

    def _resolve(self, key: Path, *, many: bool) -> Path:
        path: Path = ()
        for part in key[:-1]:
            path = (*path, part)
            if path in self._tables:
                path = (*path, self._tables[path] - 1)
        path = (*path, *key[-1:])
        if not many:
            return path
        count = self._tables[path] = self._tables.get(path, 0) + 1
        return (*path, count - 1)

    def _pair(self, table: Path) -> None:
        token = self._peek()
        path = (*table, *self._key())
        self._found(path, token.line if token else 1)
        if self._peek_text() == "=":
            self._take()
        self._value(path)

    def _key(self) -> Path:
        parts: list[str] = []
        while (text := self._peek_text()) not in (None, "=", "]", "\n"):
            self._take()
            if text != "." and len(parts) < _DEEPEST:
                parts.append(_unquoted(text or ""))
        return tuple(parts)

    def _value(self, path: Path) -> None:
        token = self._peek()
        if token is None:
            return
        self._found(path, token.line)
        if token.text == "[":
            self._array(path)
        elif token.text == "{":
            self._inline(path)
        else:
            while self._peek_text() not in (None, "\n", ",", "]", "}"):
                self._take()

    def _array(self, path: Path) -> None:
        self._take()
        index = 0
        while (text := self._peek_text()) is not None:
            if text == "]":
                self._take()
                return
            if text in ("\n", ","):
                self._take()
                continue
            self._value((*path, index))
            index += 1

    def _inline(self, path: Path) -> None:
        self._take()
        while (text := self._peek_text()) is not None:
            if text == "}":
                self._take()
                return
            if text in ("\n", ","):
                self._take()
                continue
            self._pair(path)

    def _found(self, path: Path, line: int) -> None:
        for length in range(1, len(path) + 1):
            self.lines.setdefault(path[:length], line)

    def _peek(self) -> _Token | None:
        return self._tokens[self._next] if self._next < len(self._tokens) else None

    def _peek_text(self) -> str | None:
        token = self._peek()
        return token.text if token else None

    def _take(self) -> _Token:
        self._next += 1
        return self._tokens[self._next - 1]


def _tokens(text: str) -> list[_Token]:
    tokens, line = [], 1
    for match in _TOKEN.finditer(text):
        if match.lastgroup != "gap":
            tokens.append(_Token(match.group(), line))
        line += match.group().count("\n")
    return tokens


def _unquoted(text: str) -> str:
    return str(tomllib.loads(f"key = {text}")["key"]) if text[:1] in ("'", '"') else text
