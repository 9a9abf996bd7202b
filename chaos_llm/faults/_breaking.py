"""Positions in a stream: faults give them as a share of the content."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from chaos_llm.errors import Unsupported
from chaos_llm.faults.fault import Fault
from chaos_llm.protocol.messages import Chunk, Reply

_Chunks = tuple[Chunk, ...]
_Position = TypeVar("_Position")


def broken(fault: Fault, reply: Reply, after: float) -> tuple[_Chunks, _Chunks]:
    """The chunks before the break and the chunks after it.

    At least one piece of the content is delivered if there is more than one. If all of them are
    delivered, only the events that close the stream come after the break.
    """
    require_stream(fault, reply)
    positions = content_positions(reply) or range(len(reply.chunks))
    delivered = int(after * len(positions))
    if len(positions) > 1:
        delivered = max(1, delivered)
    position = positions[delivered - 1] + 1 if delivered else positions[0]
    if position == 0:
        return _broken_first_chunk(reply.chunks)
    return reply.chunks[:position], reply.chunks[position:]


def require_stream(fault: Fault, reply: Reply) -> None:
    """Raise Unsupported for a reply that is not a stream."""
    if not reply.streamed or not reply.chunks:
        raise Unsupported(f"{fault!r}: the reply is not a stream")


def content_positions(reply: Reply) -> list[int]:
    """The indexes of the chunks that carry pieces of the answer."""
    return [index for index, chunk in enumerate(reply.chunks) if chunk.content]


def at_share(positions: Sequence[_Position], after: float) -> _Position:
    """The position after a share of them, from 0 to 1; for 1 it is the last."""
    return positions[min(int(after * len(positions)), len(positions) - 1)]


def _broken_first_chunk(chunks: _Chunks) -> tuple[_Chunks, _Chunks]:
    """Break in the middle of the first chunk: a stream without a byte would be another failure."""
    first, *others = chunks
    half = (len(first.data) + 1) // 2
    behind = Chunk(0.0, first.data[half:], first.content)
    return (Chunk(first.delay, first.data[:half]),), (behind, *others)
