"""Healthy replies as bytes, without the form that faults can change until it is asked for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from chaos_llm.engine.byte_templates import Filling
from chaos_llm.protocol.messages import Chunk, Reply
from chaos_llm.providers.framing import count_pieces, has_long_words, quote, split
from chaos_llm.providers.provider import NamedValues

RawHeader = tuple[bytes, bytes, bytes]  # its name, its name in lower case, and its value
_STATUS = b"HTTP/1.1 200 OK\r\n"


class PlainHeaders(Protocol):
    """The headers of replies, with gaps that are filled when they are asked for."""

    frames_body: bool  # whether they say how the end of the body is known

    def raw(self, fillings: list[Filling], more: NamedValues) -> list[RawHeader]:
        """The headers with these fillings, and more in place of their own of these names."""
        ...

    def lines(self, fillings: list[Filling], more: NamedValues) -> bytes:
        """The same as lines of HTTP/1.1."""
        ...


class PlainReply:
    """A reply that comes whole and at once, with the text of its answer.

    `fillings` are for the gaps in its headers, which `more` follow; `thinking` is the reasoning
    that it shows.
    """

    __slots__ = ("body", "fillings", "headers", "more", "text", "thinking")

    def __init__(  # noqa: PLR0917 - the parts of a reply, in their order
        self,
        headers: PlainHeaders,
        fillings: list[Filling],
        more: NamedValues,
        body: bytes,
        text: str,
        thinking: str = "",
    ) -> None:
        self.headers, self.fillings, self.more = headers, fillings, more
        self.body, self.text, self.thinking = body, text, thinking

    def in_full(self) -> Reply:
        """The same reply in the form that faults can change."""
        chunks = (Chunk(0.0, self.body, True),)
        pieces = count_pieces(self.text) + count_pieces(self.thinking)
        headers = _texts(self.headers.raw(self.fillings, self.more))
        return Reply(200, headers, chunks, pieces=pieces)

    def on_the_wire(self) -> bytes:
        """All bytes of the reply in HTTP/1.1."""
        lines = self.headers.lines(self.fillings, self.more)
        return b"".join((_STATUS, lines, b"\r\n", self.body))


class PlainStream:
    """A streamed reply whose pieces come at once.

    `before` and `after` are the events around the pieces of the text, `around` is what is before
    and after a piece in its own event.
    """

    __slots__ = ("_fillings", "_headers", "_more", "after", "around", "before", "ping", "text")

    def __init__(  # noqa: PLR0917 - the parts of a stream, in their order
        self,
        headers: PlainHeaders,
        fillings: list[Filling],
        more: NamedValues,
        before: list[bytes],
        around: tuple[bytes, bytes],
        after: list[bytes],
        text: str,
        ping: bytes,
    ) -> None:
        self._headers, self._fillings, self._more = headers, fillings, more
        self.before, self.around, self.after = before, around, after
        self.text, self.ping = text, ping

    def in_full(self) -> Reply:
        """The same reply in the form that faults can change."""
        opening, closing = self.around
        pieces = quoted_pieces(self.text)
        chunks = (
            *(Chunk(0.0, data) for data in self.before),
            *(Chunk(0.0, opening + piece + closing, True) for piece in pieces),
            *(Chunk(0.0, data) for data in self.after),
        )
        headers = _texts(self._headers.raw(self._fillings, self._more))
        count = len(pieces)
        return Reply(200, headers, chunks, streamed=True, pieces=count, ping=self.ping)

    def on_the_wire(self) -> bytes:
        """All bytes of the reply in HTTP/1.1, each event in a chunk of its own."""
        lines = self._headers.lines(self._fillings, self._more)
        blank = b"\r\n" if self._headers.frames_body else b"transfer-encoding: chunked\r\n\r\n"
        before, after = _framed(self.before), _framed(self.after)
        return b"".join((_STATUS, lines, blank, *before, *self._pieces(), *after, b"0\r\n\r\n"))

    def _pieces(self) -> list[bytes]:
        """The events of the pieces, each in three parts."""
        opening, closing = self.around
        text = self.text
        if has_long_words(text) or not _stands_for_itself(text):
            return _events(quoted_pieces(text), opening, closing)
        # Each piece but the first is a word with the space before it, which the opening takes.
        first, *words = text.encode().split(b" ")
        begun = _events([first] if first else [], opening, closing)
        return begun + _events(words, opening + b" ", closing)


def _events(pieces: list[bytes], opening: bytes, closing: bytes) -> list[bytes]:
    """The events of pieces as chunks of the chunked transfer encoding, each in three parts.

    Pieces of one length have one beginning.
    """
    lengths, fixed = [*map(len, pieces)], len(opening) + len(closing)
    begins = {n: b"%x\r\n%b" % (fixed + n, opening) for n in set(lengths)}
    parts = [closing + b"\r\n"] * (3 * len(pieces))
    parts[::3] = [begins[n] for n in lengths]
    parts[1::3] = pieces
    return parts


Plain = PlainReply | PlainStream


def quoted_pieces(text: str) -> list[bytes]:
    """The pieces of a text as they are in JSON, without the quotes."""
    pieces = split(text)
    if _stands_for_itself(text):
        return "\n".join(pieces).encode().split(b"\n")
    return [quote(piece)[1:-1].encode("utf-8", "replace") for piece in pieces]


def _stands_for_itself(text: str) -> bool:
    """Whether JSON writes a text as it is."""
    return text.isprintable() and '"' not in text and "\\" not in text


def _texts(headers: list[RawHeader]) -> tuple[tuple[str, str], ...]:
    return tuple((name.decode(), value.decode()) for name, _, value in headers)


def _framed(events: list[bytes]) -> Iterator[bytes]:
    """Events as chunks of the chunked transfer encoding; an empty one would end the body."""
    return (b"%x\r\n%b\r\n" % (len(event), event) for event in events if event)
