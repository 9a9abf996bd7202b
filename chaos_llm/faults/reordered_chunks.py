"""Two pieces of a stream change places."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass, replace
from itertools import pairwise

from chaos_llm.faults._arguments import check_share
from chaos_llm.faults._breaking import at_share, content_positions, require_stream
from chaos_llm.faults.fault import Fault, FaultContext
from chaos_llm.protocol.messages import Reply


@dataclass(frozen=True, repr=False)
class ReorderedChunks(Fault):
    """Two neighbouring pieces of the answer, after a share of it, change places."""

    _: KW_ONLY
    after: float = 0.5

    silent = True

    def __post_init__(self) -> None:
        check_share(self, "after")

    def on_reply(self, reply: Reply, fault_context: FaultContext) -> Reply:
        require_stream(self, reply)
        # Only pieces with no event between them, such as the end of a block: else the structure of
        # the stream would break, which is another failure.
        pairs = [
            (one, other) for one, other in pairwise(content_positions(reply)) if other == one + 1
        ]
        if not pairs:
            return reply
        one, other = at_share(pairs, self.after)
        chunks = list(reply.chunks)
        first, second = chunks[one], chunks[other]
        chunks[one] = second._replace(delay=first.delay)
        chunks[other] = first._replace(delay=second.delay)
        return replace(reply, chunks=tuple(chunks))
