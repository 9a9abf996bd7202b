"""The headers of healthy replies, with gaps for the ids and the length of the body."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import lru_cache
from typing import NamedTuple

from chaos_llm.engine.byte_templates import SHORTEST_ID, Template, escaped, picker
from chaos_llm.engine.plain_replies import RawHeader
from chaos_llm.providers.provider import Headers


@lru_cache(maxsize=256)
def _raw_names(names: tuple[str, ...]) -> tuple[list[bytes], list[bytes]]:
    """The names of headers in bytes, and the same in lower case."""
    raw = [name.encode("ascii") for name in names]
    return raw, [name.lower() for name in raw]


def _raw_values(values: tuple[str, ...]) -> list[bytes]:
    """The values of headers in bytes; no value has a line end."""
    return "\n".join(values).encode("ascii").split(b"\n")


def _raw(headers: Headers) -> list[RawHeader]:
    names, values = zip(*headers, strict=True)
    return list(zip(*_raw_names(names), _raw_values(values), strict=True))


class _Added(NamedTuple):
    """What follows from the names of headers: their raw names, and which others they replace."""

    names: tuple[str, ...]
    raw_names: list[bytes]
    lower_names: list[bytes]
    replaced: frozenset[bytes]


class KeptHeaders:
    """The headers of the healthy replies to one form of request, found in those of one reply.

    `texts` are those that fill the gaps in it.
    """

    def __init__(self, headers: Headers, texts: list[bytes]) -> None:
        self._raw = _raw(headers)
        self._names = frozenset(name for name, _, _ in self._raw)
        self._added = _Added((), [], [], frozenset())  # those that were added last
        self._gaps = tuple(_header_gaps(self._raw, texts))
        self._lines = _lines_of(self._raw, self._gaps)
        self.names_length = b"content-length" in self._names
        self.frames_body = self.names_length or b"transfer-encoding" in self._names

    def raw(self, texts: list[bytes], more: Headers) -> list[RawHeader]:
        """The headers with these texts, and more in place of their own of these names."""
        raw = self._raw.copy()
        for index, before, place, after in self._gaps:
            name, lower, _ = raw[index]
            raw[index] = name, lower, before + texts[place] + after
        if more:
            names, values = zip(*more, strict=True)
            _, raw_names, lower_names, replaced = self._to_add(names)
            if replaced:
                raw = [header for header in raw if header[0] not in replaced]
            raw += zip(raw_names, lower_names, _raw_values(values), strict=True)
        return raw

    def lines(self, texts: list[bytes], more: Headers) -> bytes:
        """The same as lines of HTTP/1.1."""
        lines = self._lines.filled(texts)
        if not more:
            return lines
        if self._to_add(next(zip(*more, strict=True))).replaced:
            return b"".join(
                [b"%b: %b\r\n" % (name, value) for name, _, value in self.raw(texts, more)]
            )
        added = "\r\n".join(map(": ".join, more))
        return b"%b%b\r\n" % (lines, added.encode("ascii"))

    def _to_add(self, names: tuple[str, ...]) -> _Added:
        """What is known of headers of these names."""
        added = self._added
        if names != added.names:
            raw, lower = _raw_names(names)
            added = self._added = _Added(names, raw, lower, self._names.intersection(raw))
        return added


def _header_gaps(
    headers: list[RawHeader], texts: list[bytes]
) -> Iterator[tuple[int, bytes, int, bytes]]:
    """The headers with a gap: their index, what is before it, the text's place, what is after."""
    longest_first = sorted(enumerate(texts), key=lambda each: -len(each[1]))
    for index, (_, _, value) in enumerate(headers):
        for place, found in longest_first:
            if found and (found == value or (len(found) >= SHORTEST_ID and found in value)):
                before, _, after = value.partition(found)
                yield index, before, place, after
                break


def _lines_of(
    headers: list[RawHeader], gaps: Collection[tuple[int, bytes, int, bytes]]
) -> Template:
    """The headers with these gaps as lines of HTTP/1.1."""
    lines = [b"%b: %b" % (name, escaped(value)) for name, _, value in headers]
    for index, before, _, after in gaps:
        parts = (headers[index][0], escaped(before), escaped(after))
        lines[index] = b"%b: %b%%b%b" % parts
    constant = b"".join([line + b"\r\n" for line in lines])
    return Template(constant, picker([place for _, _, place, _ in gaps]))
