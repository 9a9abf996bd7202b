"""Where a stream breaks: faults say it as a share of the content."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from chaos_llm.errors import Unsupported
from chaos_llm.faults.fault import Fault
from chaos_llm.protocol.messages import Chunk, Reply

_Chunks = tuple[Chunk, ...]
_Place = TypeVar("_Place")


def broken(fault: Fault, reply: Reply, after: float) -> tuple[_Chunks, _Chunks]:
    """The chunks before the break and those behind it.

    At least one piece of the content comes, where there is more than one. With all of it
    delivered, what would close the stream is behind the break.
    """
    require_stream(fault, reply)
    places = content_places(reply) or range(len(reply.chunks))
    delivered = int(after * len(places))
    if len(places) > 1:
        delivered = max(1, delivered)
    place = places[delivered - 1] + 1 if delivered else places[0]
    if place == 0:
        return _torn(reply.chunks)
    return reply.chunks[:place], reply.chunks[place:]


def require_stream(fault: Fault, reply: Reply) -> None:
    """Raise Unsupported for a reply that comes whole."""
    if not reply.streamed or not reply.chunks:
        raise Unsupported(f"{fault!r}: the reply is no stream")


def content_places(reply: Reply) -> list[int]:
    """Where in the chunks the pieces of the answer are."""
    return [index for index, chunk in enumerate(reply.chunks) if chunk.content]


def at_share(places: Sequence[_Place], after: float) -> _Place:
    """The place that comes after that share of them, the last one behind all."""
    return places[min(int(after * len(places)), len(places) - 1)]


def _torn(chunks: _Chunks) -> tuple[_Chunks, _Chunks]:
    """Break in the middle of the first chunk: without a byte it would be no broken stream."""
    first, *others = chunks
    half = (len(first.data) + 1) // 2
    behind = Chunk(0.0, first.data[half:], first.content)
    return (Chunk(first.delay, first.data[:half]),), (behind, *others)
