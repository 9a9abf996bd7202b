"""Replies that are kept as bytes with gaps: for the ids, the time, the text and its tokens.

A healthy reply to a form of request differs from the last one in these gaps alone. They are not
written down for each wire format but found out: the wire format's own `render` is called with
values that occur nowhere else, and the places where they appear are the gaps. The result is
compared with `render` for more values, chosen to be awkward: leading zeros, quotes, letters of
several bytes, fractions of a second. Where one byte differs, nothing is kept and `render` goes on
answering.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any, NamedTuple, cast

from chaos_llm.engine.known_requests import NOT_TRIED, Form
from chaos_llm.protocol.keyed_random import KeyedRandom, hashes
from chaos_llm.protocol.messages import Chunk, Completion, Reply, Usage
from chaos_llm.providers.framing import TO_BASE58, count_pieces, quote
from chaos_llm.providers.provider import Headers, Provider, ReplyContext

HASH = 64  # bytes of one hash, from which the ids of a reply are drawn
_MOST_HASHES = 3  # of one reply
_SHORTEST_ID, _SHORTEST_GAP = 8, 7  # letters; fewer could be in a body by chance
_TEXT, _HEARD, _SAID, _TOTAL, _SECONDS, _LENGTH = range(6)


Id = Callable[[bytes], bytes]
RawHeader = tuple[bytes, bytes, bytes]


class Values(NamedTuple):
    """What fills the gaps: the text, tokens of prompt and text, drawn bytes, and Unix seconds."""

    text: str
    heard: int
    said: int
    drawn: bytes
    now: float


def _drawn(name: str) -> bytes:
    """Bytes as they are drawn, without any pattern."""
    return hashes(name.encode(), _MOST_HASHES)


_ALL = HASH * _MOST_HASHES
_MARKERS = Values("Zq markers 4 gaps", 7340417, 51930283, _drawn("markers"), 1.7e9)
# Zeros in front show where digits are not filled up, fractions where a time is rounded.
_AWKWARD = (
    Values("Ja", 1, 1, bytes(_ALL), 1.6e9 + 0.75),
    Values('A "quote", a \\ and an ä, and 😀.\nYes', 12, 99, b"\xff" * _ALL, 1.9e9 + 0.25),
    Values("100 % of {it}", 100, 7, bytes(n % 16 for n in range(_ALL)), 1_750_000_001.0),
    *(Values("word " * n + "end", 9 * n, n, _drawn(str(n)), 1.8e9 + n) for n in (3, 16, 40)),
)


class _Drawn(KeyedRandom):
    """Draws from given bytes, as from those of hashes; `taken` has the slices that were drawn."""

    __slots__ = ("_at", "_bytes", "taken")

    def __init__(self, drawn: bytes) -> None:
        self._bytes, self._at = drawn, 0
        self.taken: list[slice] = []

    def again(self) -> KeyedRandom:
        copy = _Drawn(self._bytes)
        copy.taken = self.taken
        return copy

    def rewind(self) -> None:
        self._at = 0

    def _take(self, length: int) -> bytes:
        left = -self._at % HASH
        if left < length:  # what is left of a hash is dropped
            self._at += left
        piece = slice(self._at, self._at + length)
        if piece.stop > len(self._bytes):
            raise LookupError("the ids of this reply need more hashes")
        self.taken.append(piece)
        self._at = piece.stop
        return self._bytes[piece]


class PlainReply:
    """A healthy reply that comes whole and at once: its headers in bytes, its body, its text.

    A header is its name, its name in lower case, and its value.
    """

    __slots__ = ("body", "raw_headers", "text")

    def __init__(self, raw_headers: list[RawHeader], body: bytes, text: str) -> None:
        self.raw_headers, self.body, self.text = raw_headers, body, text

    def in_full(self) -> Reply:
        """The same reply in the form that faults can change."""
        headers = tuple((name.decode(), value.decode()) for name, _, value in self.raw_headers)
        chunks = (Chunk(0.0, self.body, True),)
        return Reply(200, headers, chunks, pieces=count_pieces(self.text))


@lru_cache(maxsize=256)
def _raw_names(names: tuple[str, ...]) -> list[tuple[bytes, bytes]]:
    return [(name.encode("ascii"), name.lower().encode("ascii")) for name in names]


def _raw(headers: Headers) -> list[RawHeader]:
    names, values = zip(*headers, strict=True)
    return [
        (name, lower, value.encode("ascii"))
        for (name, lower), value in zip(_raw_names(names), values, strict=True)
    ]


class KeptReply:
    """The bytes of the healthy replies to one form of request."""

    __slots__ = ("_body", "_body_places", "_header_gaps", "_ids", "_names", "_raw", "hashes")

    def __init__(self, form: Form) -> None:
        reply, taken = _rendered(form, _MARKERS)
        self._ids = tuple(_ids_in(reply, taken, form.provider))
        self.hashes = -(-max((piece.stop for piece in taken), default=0) // HASH)
        texts = _texts(_MARKERS, self._ids)
        texts[_LENGTH] = b"%d" % len(reply.body)
        self._body, self._body_places = _with_gaps(reply.body, texts, without={_LENGTH})
        self._raw = _raw(reply.headers)
        self._names = frozenset(name for name, _, _ in self._raw)
        self._header_gaps = tuple(_header_gaps(self._raw, texts))

    def filled(self, values: Values, more: Headers = ()) -> PlainReply:
        """The reply with these values, and more headers in place of its own of these names."""
        texts = _texts(values, self._ids)
        body = self._body % tuple([texts[place] for place in self._body_places])
        texts[_LENGTH] = b"%d" % len(body)
        raw = self._raw.copy()
        for index, before, place, after in self._header_gaps:
            name, lower, _ = raw[index]
            raw[index] = name, lower, before + texts[place] + after
        if more:
            added = _raw(more)
            names = {name for name, _, _ in added}
            if not self._names.isdisjoint(names):
                raw = [header for header in raw if header[0] not in names]
            raw += added
        return PlainReply(raw, body, values.text)


def kept_reply(form: Form) -> KeptReply | None:
    """What is kept of the replies to a form of request; None if they have to be rendered."""
    if form.reply is NOT_TRIED:
        form.reply = _kept(form)
    return cast("KeptReply | None", form.reply)


def _kept(form: Form) -> KeptReply | None:
    """Find the gaps in the replies, and see that filling them gives what rendering gives."""
    try:
        kept = KeptReply(form)
        for values in _AWKWARD:
            if kept.filled(values).in_full() != _rendered(form, values)[0]:
                return None
    except (LookupError, TypeError, AttributeError, ValueError):
        return None
    return kept


def _rendered(form: Form, values: Values) -> tuple[Reply, list[slice]]:
    """What the wire format itself answers to a request of this form, and which bytes it drew."""
    prompt = quote(values.text[::-1].strip())
    body = form.before[:-1] + prompt.encode() + form.after[1:]
    request = form.filled(json.loads(prompt), body)
    rng, no_state = _Drawn(values.drawn), cast("dict[str, Any]", None)
    # Without a state, a wire format that looks at its state raises.
    context = ReplyContext(values.now, rng, no_state, None)
    usage = Usage(values.heard, values.said)
    reply = form.provider.render(request, Completion(text=values.text, usage=usage), context)
    if reply.streamed or len(reply.chunks) != 1:
        raise ValueError("only a reply that comes at once is kept")
    return reply, rng.taken


def _texts(values: Values, ids: tuple[Id, ...]) -> list[bytes]:
    """The texts in the gaps, by their places; the length of the body comes later."""
    text, heard, said, drawn, now = values
    return [
        quote(text)[1:-1].encode("utf-8", "replace"),
        b"%d" % heard,
        b"%d" % said,
        b"%d" % (heard + said),
        b"%d" % now,
        b"",
        *[made(drawn) for made in ids],
    ]


def _ids_in(reply: Reply, taken: list[slice], provider: Provider) -> Iterator[Id]:
    """How the ids in a reply are made of drawn bytes."""
    drawn = _MARKERS.drawn
    found: dict[tuple[object, int, int], Id] = {}
    for text in (reply.body, *(value.encode() for _, value in reply.headers)):
        for start, end in _runs(_base58(drawn), text):
            found[_base58, start, end] = _base58_part(start, end)
        for start, end in _runs(_hexadecimal(drawn), text):
            found[_hexadecimal, start, end] = _hexadecimal_part(start, end)
        for piece in taken:  # one that was drawn again, after a rewind, makes the same ids
            for made in (_uuid, *provider.made_of_draws):
                if _of_piece(made, piece)(drawn) in text:
                    found[made, piece.start, piece.stop] = _of_piece(made, piece)
    yield from found.values()


def _runs(letters: bytes, text: bytes) -> Iterator[tuple[int, int]]:
    """The longest parts of some letters that occur in a text, each from and until where."""
    start = 0
    while start + _SHORTEST_ID <= len(letters):
        end = start + _SHORTEST_ID
        if letters[start:end] not in text:
            start += 1
            continue
        while end < len(letters) and letters[start : end + 1] in text:
            end += 1
        yield start, end
        start = end


def _base58(drawn: bytes) -> bytes:
    return drawn.translate(TO_BASE58)


def _hexadecimal(drawn: bytes) -> bytes:
    """Numbers that were drawn in hexadecimal: of each one, the last byte comes first."""
    return drawn[::-1].hex().encode()


def _uuid(drawn: bytes) -> str:
    digits = drawn[::-1].hex()
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:32]))


def _base58_part(start: int, end: int) -> Id:
    return lambda drawn: _base58(drawn[start:end])


def _hexadecimal_part(start: int, end: int) -> Id:
    """These digits of all drawn bytes; they depend on few bytes, counted from the first one."""
    first, last, odd = _ALL - (end + 1) // 2, _ALL - start // 2, start % 2
    return lambda drawn: _hexadecimal(drawn[first:last])[odd : odd + end - start]


def _of_piece(made: Callable[[bytes], str], piece: slice) -> Id:
    return lambda drawn: made(drawn[piece]).encode()


def _with_gaps(text: bytes, texts: list[bytes], without: set[int]) -> tuple[bytes, tuple[int, ...]]:
    """A template of a text, and which of the texts each of its gaps takes."""
    places = {
        found: place
        for place, found in enumerate(texts)
        if place not in without and len(found) >= _SHORTEST_GAP
    }
    longest_first = sorted(places, key=len, reverse=True)
    pattern = re.compile(b"|".join(re.escape(found) for found in longest_first))
    order = tuple(places[found] for found in pattern.findall(text))
    constants = [part.replace(b"%", b"%%") for part in pattern.split(text)]
    return b"%b".join(constants), order


def _header_gaps(
    headers: list[RawHeader], texts: list[bytes]
) -> Iterator[tuple[int, bytes, int, bytes]]:
    """The headers with a gap: their index, what is before it, the text's place, what is after."""
    longest_first = sorted(enumerate(texts), key=lambda each: -len(each[1]))
    for index, (_, _, value) in enumerate(headers):
        for place, found in longest_first:
            if found and (found == value or (len(found) >= _SHORTEST_ID and found in value)):
                before, _, after = value.partition(found)
                yield index, before, place, after
                break
