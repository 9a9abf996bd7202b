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
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, cast

from chaos_llm.engine.byte_templates import SHORTEST_ID, Filling, picker, with_gaps
from chaos_llm.engine.kept_headers import KeptHeaders
from chaos_llm.engine.known_requests import NOT_TRIED, Form
from chaos_llm.engine.plain_replies import PlainReply, PlainStream, quoted_pieces
from chaos_llm.protocol.keyed_random import KeyedRandom, hashes
from chaos_llm.protocol.messages import Completion, Reasoning, Reply, Usage
from chaos_llm.providers.framing import PLAIN, TO_BASE58, count_pieces, quote
from chaos_llm.providers.provider import NO_VALUES, NamedValues, Provider, ReplyContext

HASH = 64  # bytes of one hash, from which the ids of a reply are drawn
_MOST_HASHES = 3  # of one reply
_LENGTH = 0  # the place of the length of a body among the fillings of the gaps


class Values(NamedTuple):
    """What fills the gaps.

    `heard` are the tokens of the prompt, `said` those of the answer, `thought` those of them that
    were spent on reasoning; `drawn` are the bytes of which ids are made, `now` are Unix seconds.
    """

    text: str
    heard: int
    said: int
    drawn: bytes
    now: float
    thinking: str = ""
    thought: int = 0


def _drawn(name: str) -> bytes:
    """Bytes as they are drawn, without any pattern."""
    return hashes(name.encode(), _MOST_HASHES)


_ALL = HASH * _MOST_HASHES
_MARKERS = Values(
    "Zqax Zqbx Zqcx Zqdx", 7340417, 51930283, _drawn("markers"), 1.7e9, "Zqth inking", 10240193
)
# Zeros in front show where digits are not filled up, fractions where a time is rounded.
_AWKWARD = (
    Values("Ja", 1, 65, bytes(_ALL), 1.6e9 + 0.75, "So.", 64),
    Values('A "quote", a \\, an ä and 😀.\nYes', 12, 99, b"\xff" * _ALL, 1.9e9 + 0.25, '"A"', 9),
    Values("100 % of {it}", 100, 7, bytes(n % 16 for n in range(_ALL)), 1_750_000_001.0, "%s", 1),
    *(
        Values("word " * n + "end", 9 * n, 64 + n, _drawn(str(n)), 1.8e9 + n, "I see. " * n, 64)
        for n in (3, 16, 40)
    ),
)


_WITHOUT_THOUGHT = [v._replace(thinking="", thought=0) for v in (_MARKERS, *_AWKWARD)]


class _Sample(NamedTuple):
    """A reply that was rendered with certain values, and the bytes of which its ids are made."""

    reply: Reply
    taken: list[slice]
    values: Values
    provider: Provider


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


class _FormOfReplies:
    """What the healthy replies to one form of request have in common."""

    def __init__(self, sample: _Sample) -> None:
        self._ids = _Ids(sample)
        self.hashes = -(-max((piece.stop for piece in sample.taken), default=0) // HASH)
        fillings = _fillings(sample.values, self._ids)
        fillings[_LENGTH] = len(sample.reply.body)
        self._headers = KeptHeaders(sample.reply.headers, fillings)


class KeptReply(_FormOfReplies):
    """The bytes of healthy replies that come in one piece."""

    def __init__(self, sample: _Sample) -> None:
        super().__init__(sample)
        self._body = with_gaps(sample.reply.body, _fillings(sample.values, self._ids))
        # Not where the wire format does not show what a model thinks.
        self._counts_thinking = sample.reply.pieces > count_pieces(sample.values.text)

    def filled(self, values: Values, more: NamedValues = NO_VALUES) -> PlainReply:
        """The reply with these values, and more headers."""
        fillings, (constant, pick) = _fillings(values, self._ids), self._body
        body = constant % pick(fillings)
        fillings[_LENGTH] = len(body)
        thinking = values.thinking if self._counts_thinking else ""
        return PlainReply(self._headers, fillings, more, body, values.text, thinking)


class KeptStream(_FormOfReplies):
    """The bytes of healthy replies that are streamed: what is before, around and after a piece."""

    def __init__(self, sample: _Sample) -> None:
        super().__init__(sample)
        reply, fillings = sample.reply, _fillings(sample.values, self._ids)
        places = [place for place, chunk in enumerate(reply.chunks) if chunk.content]
        first, last = places[0], places[-1]
        self._before = [with_gaps(chunk.data, fillings) for chunk in reply.chunks[:first]]
        self._after = [with_gaps(chunk.data, fillings) for chunk in reply.chunks[last + 1 :]]
        piece = quoted_pieces(sample.values.text)[0]
        opening, found, closing = reply.chunks[first].data.partition(piece)
        if not found or self._headers.names_length:
            raise ValueError("a piece is not in an event of its own")
        self._opening, self._closing = with_gaps(opening, fillings), with_gaps(closing, fillings)
        self._ping = reply.ping

    def filled(self, values: Values, more: NamedValues = NO_VALUES) -> PlainStream:
        """The reply with these values, and more headers."""
        fillings = _fillings(values, self._ids)
        return PlainStream(
            self._headers,
            fillings,
            more,
            [each.filled(fillings) for each in self._before],
            (self._opening.filled(fillings), self._closing.filled(fillings)),
            [each.filled(fillings) for each in self._after],
            values.text,
            self._ping,
        )


Kept = KeptReply | KeptStream


def kept_reply(form: Form) -> Kept | None:
    """What is kept of the replies to a form of request; None if they have to be rendered."""
    if form.reply is NOT_TRIED:
        form.reply = _kept(form)
    return cast("Kept | None", form.reply)


def _kept(form: Form) -> Kept | None:
    """Find the gaps in the replies, and see that filling them gives what rendering gives."""
    markers, *awkward = (_MARKERS, *_AWKWARD) if form.reasons else _WITHOUT_THOUGHT
    try:
        sample = _rendered(form, markers)
        kept = KeptStream(sample) if sample.reply.streamed else KeptReply(sample)
        for values in awkward:
            if kept.filled(values).in_full() != _rendered(form, values).reply:
                return None
    except Exception:  # without a state a wire format may raise anything; it is rendered anew then
        return None
    return kept


def _rendered(form: Form, values: Values) -> _Sample:
    """What the wire format itself answers to a request of this form, and which bytes it drew."""
    prompt = quote(values.text[::-1].strip())
    body = form.before[:-1] + prompt.encode() + form.after[1:]
    request = form.filled(json.loads(prompt), body)
    rng, no_state = _Drawn(values.drawn), cast("dict[str, Any]", None)
    # Without a state, a wire format that looks at its state raises.
    context = ReplyContext(values.now, rng, no_state, None)
    reply = form.provider.render(request, answer_of(values), context)
    return _Sample(reply, rng.taken, values, form.provider)


def answer_of(values: Values) -> Completion:
    """The answer with these values."""
    reasoning = Reasoning(values.thinking) if values.thought else None
    usage = Usage(values.heard, values.said, values.thought)
    return Completion(text=values.text, usage=usage, reasoning=reasoning)


def _fillings(values: Values, ids: _Ids) -> list[Filling]:
    """What fills the gaps, by their places; the length of the body comes later."""
    text, heard, said, drawn, now, thinking, thought = values
    plainly, thoughts = (said - thought, _quoted(thinking)) if thought else (0, b"")
    fillings: list[Filling]
    fillings = [0, thought, plainly, thoughts, _quoted(text), heard, said, heard + said, now]
    ids.add_to(fillings, drawn)
    return fillings


def _quoted(text: str) -> bytes:
    """A text as it is in JSON, without the quotes."""
    plain = text.encode("utf-8", "replace")
    if not plain.translate(None, PLAIN):
        return plain
    return quote(text)[1:-1].encode("utf-8", "replace")


class _Ids:
    """How the ids in a reply are made of drawn bytes: as base58, in hexadecimal, or otherwise."""

    def __init__(self, sample: _Sample) -> None:
        reply, taken, values, provider = sample
        drawn = values.drawn
        letters: dict[tuple[int, int], None] = {}
        digits: dict[tuple[int, int], None] = {}
        others: dict[tuple[Callable[[bytes], str], int, int], None] = {}
        for text in (reply.body, *(value.encode() for _, value in reply.headers)):
            letters.update(dict.fromkeys(_runs(drawn.translate(TO_BASE58), text)))
            digits.update(dict.fromkeys(_runs(_hexadecimal(drawn), text)))
            for piece in taken:  # one that was drawn again, after a rewind, makes the same ids
                for made in (_uuid, *provider.made_of_draws):
                    if made(drawn[piece]).encode() in text:
                        others[made, piece.start, piece.stop] = None
        self._in_letters = picker([slice(*run) for run in letters])
        self._in_digits = picker([_from_the_end(*run) for run in digits]) if digits else None
        self._others = [(made, slice(start, stop)) for made, start, stop in others]

    def add_to(self, fillings: list[Filling], drawn: bytes) -> None:
        """Add the ids of a reply with these drawn bytes."""
        fillings += self._in_letters(drawn.translate(TO_BASE58))
        if self._in_digits is not None:
            fillings += self._in_digits(drawn[::-1].hex().encode())
        for made, piece in self._others:
            fillings.append(made(drawn[piece]).encode())


def _runs(letters: bytes, text: bytes) -> Iterator[tuple[int, int]]:
    """The longest parts of some letters that occur in a text, each from and until where."""
    start = 0
    while start + SHORTEST_ID <= len(letters):
        end = start + SHORTEST_ID
        if letters[start:end] not in text:
            start += 1
            continue
        while end < len(letters) and letters[start : end + 1] in text:
            end += 1
        yield start, end
        start = end


def _hexadecimal(drawn: bytes) -> bytes:
    """Numbers that were drawn in hexadecimal: of each one, the last byte comes first."""
    return drawn[::-1].hex().encode()


def _uuid(drawn: bytes) -> str:
    digits = drawn[::-1].hex()
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:32]))


def _from_the_end(start: int, end: int) -> slice:
    """The place of these digits of all drawn bytes where fewer were drawn: the last come first."""
    return slice(start - 2 * _ALL, end - 2 * _ALL or None)
