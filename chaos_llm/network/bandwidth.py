"""Data is limited to a rate."""

from __future__ import annotations

from dataclasses import dataclass, replace

from chaos_llm.faults.fault import FaultContext
from chaos_llm.network.toxic import Toxic, times
from chaos_llm.protocol.messages import Chunk, Reply

_KB = 1000  # bytes, as Toxiproxy counts


@dataclass(frozen=True, repr=False)
class Bandwidth(Toxic):
    """At most `rate` kilobytes (of 1000 bytes) get through in a second."""

    kind = "bandwidth"
    rate: float

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check_over_zero("rate")

    def on_reply(self, reply: Reply, fault_context: FaultContext) -> Reply:
        per_second = self.rate * _KB
        if self.stream == "upstream":
            return reply.later(fault_context.request.size / per_second)
        # In pieces of one second each: a client's timeout between bytes must not end a reply
        # that is slow but never stops.
        size, chunks, sent = max(1, int(per_second)), list[Chunk](), reply.wait
        _, *moments = times(reply)
        for chunk, at in zip(reply.chunks, moments, strict=True):
            for start in range(0, max(1, len(chunk.data)), size):
                piece = chunk.data[start : start + size]
                done = max(sent, at) + len(piece) / per_second
                chunks.append(Chunk(done - sent, piece, chunk.content and not start))
                sent = done
        return replace(reply, chunks=tuple(chunks))

    def attributes(self) -> dict[str, int]:
        return {"rate": max(1, round(self.rate))}
