"""The connection closes after a number of bytes."""

from __future__ import annotations

from dataclasses import dataclass, replace

from chaos_llm.faults.fault import FaultContext
from chaos_llm.network.toxic import Toxic
from chaos_llm.protocol.messages import Chunk, Ending, Reply

_STATUS_LINE = 17  # bytes: "HTTP/1.1 200 OK" and its line end


@dataclass(frozen=True, repr=False)
class LimitData(Toxic):
    """The connection closes after `bytes` bytes; those of the headers count."""

    kind = "limit_data"
    bytes: int

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check_over_zero("bytes")

    def on_reply(self, reply: Reply, fault_context: FaultContext) -> Reply:
        if self.stream == "upstream":
            whole = fault_context.request.size <= self.bytes
            return reply if whole else replace(reply, chunks=(), ending=Ending.CLOSED)
        left, chunks = self.bytes - _head_size(reply), list[Chunk]()
        if left < 0:
            return replace(reply, chunks=(), ending=Ending.CLOSED)
        for chunk in reply.chunks:
            if len(chunk.data) > left:
                chunks.append(chunk._replace(data=chunk.data[:left]))
                return replace(reply, chunks=tuple(chunks), ending=Ending.CLOSED)
            chunks.append(chunk)
            left -= len(chunk.data)
        return reply

    def attributes(self) -> dict[str, int]:
        return {"bytes": self.bytes}


def _head_size(reply: Reply) -> int:
    """The approximate size of the status line and the headers, in bytes."""
    return _STATUS_LINE + sum(len(name) + len(value) + 4 for name, value in reply.headers) + 2
