"""The headers of healthy replies, with gaps for the ids and the length of the body."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from chaos_llm.engine.byte_templates import (
    SHORTEST_ID,
    Filling,
    Template,
    escaped,
    gap_for,
    in_bytes,
    picker,
)
from chaos_llm.engine.plain_replies import RawHeader
from chaos_llm.providers.provider import NO_VALUES, Headers, NamedValues


@lru_cache(maxsize=256)
def _raw_names(names: tuple[str, ...]) -> tuple[list[bytes], list[bytes]]:
    """The names of headers in bytes, and the same in lower case."""
    raw = [name.encode("ascii") for name in names]
    return raw, [name.lower() for name in raw]


class _Added(NamedTuple):
    """What follows from the names of headers that are added to those of a reply.

    `raw_names` and `lower_names` are those of all, `values` and `lines` take the added values;
    `replaced` are the names of the reply's own that they replace.
    """

    names: tuple[str, ...]
    raw_names: list[bytes]
    lower_names: list[bytes]
    values: str
    lines: str
    replaced: frozenset[bytes]


class KeptHeaders:
    """The headers of the healthy replies to one form of request, found in those of one reply.

    `fillings` are those in the gaps of that reply.
    """

    def __init__(self, headers: Headers, fillings: list[Filling]) -> None:
        names, values = zip(*headers, strict=True)
        self._raw_names, self._lower_names = _raw_names(names)
        self._names = frozenset(self._raw_names)
        self._added = self._to_add(())  # those that were added last
        # The values that were added last, and their lines: under load a quota stays used up.
        self._last_lines: tuple[NamedValues, bytes] = NO_VALUES, b""
        gaps = [*_values_with_gaps([value.encode("ascii") for value in values], fillings)]
        lines = [b"%b: %b\r\n" % (n, v) for n, (v, _) in zip(self._raw_names, gaps, strict=True)]
        pick = picker([place for _, place in gaps if place is not None])
        self._values = Template(b"\n".join(value for value, _ in gaps), pick)
        self._lines = Template(b"".join(lines), pick)
        self.names_length = b"content-length" in self._names
        self.frames_body = self.names_length or b"transfer-encoding" in self._names

    def raw(self, fillings: list[Filling], more: NamedValues) -> list[RawHeader]:
        """The headers with these fillings, and more in place of their own of these names."""
        constant, pick = self._values
        added, own = self._added, constant % pick(fillings)
        if more[0] != added.names:
            added = self._to_add(more[0])
        # A line each, because no value has a line end.
        values = (own + (added.values % more[1]).encode("ascii")).split(b"\n")
        raw = list(zip(added.raw_names, added.lower_names, values, strict=True))
        return self._without_replaced(raw, added) if added.replaced else raw

    def lines(self, fillings: list[Filling], more: NamedValues) -> bytes:
        """The same as lines of HTTP/1.1."""
        added = self._added
        if more[0] != added.names:
            added = self._to_add(more[0])
        if added.replaced:
            raw = self.raw(fillings, more)
            return b"".join([b"%b: %b\r\n" % (name, value) for name, _, value in raw])
        last, lines = self._last_lines
        if more != last:
            lines = (added.lines % more[1]).encode("ascii")
            self._last_lines = more, lines
        constant, pick = self._lines
        return constant % pick(fillings) + lines

    def _to_add(self, names: tuple[str, ...]) -> _Added:
        """What follows from these names, which is kept for the next reply."""
        raw, lower = _raw_names(names)
        self._added = _Added(
            names,
            self._raw_names + raw,
            self._lower_names + lower,
            "\n%s" * len(names),
            "".join(f"{name.replace('%', '%%')}: %s\r\n" for name in names),
            self._names.intersection(raw),
        )
        return self._added

    def _without_replaced(self, raw: list[RawHeader], added: _Added) -> list[RawHeader]:
        """All headers but those of the reply's own that have been replaced."""
        own = len(self._raw_names)
        return [header for header in raw[:own] if header[0] not in added.replaced] + raw[own:]


def _values_with_gaps(
    values: list[bytes], fillings: list[Filling]
) -> Iterator[tuple[bytes, int | None]]:
    """The values of headers, each with a gap in it or without, and the place of its filling."""
    longest_first = sorted(enumerate(in_bytes(fillings)), key=lambda each: -len(each[1]))
    for value in values:
        for place, found in longest_first:
            if found and (found == value or (len(found) >= SHORTEST_ID and found in value)):
                before, _, after = value.partition(found)
                yield escaped(before) + gap_for(fillings[place]) + escaped(after), place
                break
        else:
            yield escaped(value), None
