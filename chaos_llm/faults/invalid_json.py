"""The body is no JSON."""

from __future__ import annotations

from dataclasses import dataclass

from chaos_llm.errors import Unsupported
from chaos_llm.faults._whole import refilled
from chaos_llm.faults.fault import Fault, FaultContext
from chaos_llm.protocol.messages import Reply


@dataclass(frozen=True, repr=False)
class InvalidJson(Fault):
    """The body is JSON that stops half way, of the right length and under its right type.

    HTTP has nothing to complain about. A stream's events are malformed_chunk()'s to break.
    """

    ends_reply = True

    def on_reply(self, reply: Reply, fault_context: FaultContext) -> Reply:
        if reply.streamed:
            raise Unsupported(f"{self!r}: a stream is not one JSON text")
        body = reply.body.rstrip()
        return refilled(reply, body[: (len(body) + 1) // 2]) if len(body) > 1 else reply
