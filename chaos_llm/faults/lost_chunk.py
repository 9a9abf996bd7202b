"""A piece of a stream is lost."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass, replace

from chaos_llm.faults._arguments import check_share
from chaos_llm.faults._breaking import at_share, content_places, require_stream
from chaos_llm.faults.fault import Fault, Strike
from chaos_llm.model import Reply


@dataclass(frozen=True, repr=False)
class LostChunk(Fault):
    """One piece of the answer, after a share of them, never comes, and the stream goes on."""

    _: KW_ONLY
    after: float = 0.5

    silent = True

    def __post_init__(self) -> None:
        check_share(self, "after")

    def on_reply(self, reply: Reply, strike: Strike) -> Reply:
        require_stream(self, reply)
        places = content_places(reply)
        if not places:
            return reply
        lost = at_share(places, self.after)
        return replace(reply, chunks=reply.chunks[:lost] + reply.chunks[lost + 1 :])
