"""A session on a websocket ends some time after it began."""

from __future__ import annotations

from dataclasses import dataclass, replace

from chaos_llm import durations
from chaos_llm.errors import Unsupported
from chaos_llm.faults._arguments import check_duration
from chaos_llm.faults.fault import Fault, FaultContext
from chaos_llm.protocol import websocket
from chaos_llm.protocol.messages import Chunk, Reply


@dataclass(frozen=True, repr=False)
class SessionLimit(Fault):
    """A session is closed so many seconds after it began, with that code, whatever goes on in it.

    A healthy session has a limit, too, of the vendor's own: 60 minutes at OpenAI.
    """

    seconds: durations.Duration
    code: int = 1001
    reason: str = ""

    def __post_init__(self) -> None:
        check_duration(self, "seconds")

    def on_reply(self, reply: Reply, fault_context: FaultContext) -> Reply:
        if not reply.is_upgrade:
            raise Unsupported(f"{self!r}: the reply does not open a session")
        limit, kept, at = durations.seconds(self.seconds), [], 0.0
        for chunk in reply.chunks:
            if at + chunk.delay >= limit and at + chunk.delay:
                break
            at += chunk.delay
            kept.append(chunk)
        close = Chunk(limit - at, websocket.close_frame(self.code, self.reason))
        return replace(reply, chunks=(*kept, close))
