"""A proxy holds a stream back until it is complete."""

from __future__ import annotations

from dataclasses import dataclass, replace

from chaos_llm.faults.fault import Fault, FaultContext
from chaos_llm.protocol.messages import Reply


@dataclass(frozen=True, repr=False)
class BufferedStream(Fault):
    """A proxy buffers the stream: no byte comes before its end, and then all of them at once.

    As behind nginx with `proxy_buffering` on (llama.cpp#20872, llama-swap#236); the header
    `X-Accel-Buffering: no` cures it. That the headers wait, too, is assumed. It has no effect on a
    reply that is not streamed, and on a stream without pauses.
    """

    def on_reply(self, reply: Reply, fault_context: FaultContext) -> Reply:
        held = sum(chunk.delay for chunk in reply.chunks)
        if not reply.streamed or not held:
            return reply
        chunks = tuple(chunk._replace(delay=0.0) for chunk in reply.chunks)
        return replace(reply, chunks=chunks, wait=reply.wait + held)
