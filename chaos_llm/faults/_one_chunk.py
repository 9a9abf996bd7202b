"""What the faults share that strike one piece of a stream."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import KW_ONLY, dataclass, replace

from chaos_llm.faults._arguments import check_share
from chaos_llm.faults._breaking import at_share, content_places, require_stream
from chaos_llm.faults.fault import Fault, FaultContext
from chaos_llm.protocol.messages import Chunk, Reply


@dataclass(frozen=True, repr=False)
class OneChunk(Fault):
    """Something else comes instead of the piece that stands after a share of the answer."""

    _: KW_ONLY
    after: float = 0.5

    def __post_init__(self) -> None:
        check_share(self, "after")

    def on_reply(self, reply: Reply, fault_context: FaultContext) -> Reply:
        require_stream(self, reply)
        places = content_places(reply)
        if not places:
            return reply
        place = at_share(places, self.after)
        instead = self._instead_of(reply.chunks[place])
        return replace(reply, chunks=reply.chunks[:place] + instead + reply.chunks[place + 1 :])

    @abstractmethod
    def _instead_of(self, chunk: Chunk) -> tuple[Chunk, ...]:
        """What comes in the place of this chunk."""
