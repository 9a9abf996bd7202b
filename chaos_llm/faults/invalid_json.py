"""The body is not valid JSON."""

from __future__ import annotations

from dataclasses import dataclass

from chaos_llm.errors import Unsupported
from chaos_llm.faults._whole import refilled
from chaos_llm.faults.fault import Fault, FaultContext
from chaos_llm.protocol.messages import Reply


@dataclass(frozen=True, repr=False)
class InvalidJson(Fault):
    """The body is JSON cut in half, with a matching content-length and content type.

    The HTTP message is valid. For the events of a stream see malformed_chunk().
    """

    ends_reply = True

    def on_reply(self, reply: Reply, fault_context: FaultContext) -> Reply:
        if reply.streamed:
            raise Unsupported(f"{self!r}: a stream is not one JSON text")
        body = reply.body.rstrip()
        return refilled(reply, body[: (len(body) + 1) // 2]) if len(body) > 1 else reply
