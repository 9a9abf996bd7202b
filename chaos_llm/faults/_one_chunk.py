"""The base class of faults that change one piece of a stream."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import KW_ONLY, dataclass, replace

from chaos_llm.faults._arguments import check_share
from chaos_llm.faults._breaking import at_share, content_positions, require_stream
from chaos_llm.faults.fault import Fault, FaultContext
from chaos_llm.protocol.messages import Chunk, Reply


@dataclass(frozen=True, repr=False)
class OneChunk(Fault):
    """Replaces one piece of the answer: the one after a share `after` of the pieces."""

    _: KW_ONLY
    after: float = 0.5

    def __post_init__(self) -> None:
        check_share(self, "after")

    def on_reply(self, reply: Reply, fault_context: FaultContext) -> Reply:
        require_stream(self, reply)
        positions = content_positions(reply)
        if not positions:
            return reply
        position = at_share(positions, self.after)
        new = self._replacement(reply.chunks[position])
        chunks = reply.chunks[:position] + new + reply.chunks[position + 1 :]
        return replace(reply, chunks=chunks)

    @abstractmethod
    def _replacement(self, chunk: Chunk) -> tuple[Chunk, ...]:
        """The chunks to send in the place of this chunk."""
