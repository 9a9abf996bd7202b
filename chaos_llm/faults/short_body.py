"""The body is shorter than its content-length."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass, replace

from chaos_llm.errors import Unsupported
from chaos_llm.faults._arguments import check_share
from chaos_llm.faults.fault import Fault, FaultContext
from chaos_llm.protocol.messages import Chunk, Ending, Reply


@dataclass(frozen=True, repr=False)
class ShortBody(Fault):
    """The connection closes after a share of the body, before its content-length is reached.

    A stream has no content-length; see cut_stream().
    """

    _: KW_ONLY
    keep: float = 0.5

    ends_reply = True

    def __post_init__(self) -> None:
        check_share(self, "keep")

    def on_reply(self, reply: Reply, fault_context: FaultContext) -> Reply:
        if reply.streamed:
            raise Unsupported(f"{self!r}: a stream has no content-length")
        body = reply.body
        if len(body) <= 1:
            return reply
        # Without a byte of the body it would be another failure: no headers, no status.
        kept = min(max(1, int(self.keep * len(body))), len(body) - 1)
        late = sum(chunk.delay for chunk in reply.chunks)
        return replace(reply, chunks=(Chunk(late, body[:kept]),), ending=Ending.CLOSED)
