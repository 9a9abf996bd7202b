"""A stream lacks the event that closes it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from chaos_llm.faults._breaking import require_stream
from chaos_llm.faults.fault import Fault, FaultContext
from chaos_llm.protocol.messages import Reply


@dataclass(frozen=True, repr=False)
class MissingTerminalEvent(Fault):
    """The last event of a stream is missing, and the body ends as if it were complete.

    The content of that event is lost, too: in OpenAI's Responses API the finished response, in
    Gemini's some text. Observed as "stream closed before response.completed": openai/codex#7202.
    """

    def on_reply(self, reply: Reply, fault_context: FaultContext) -> Reply:
        require_stream(self, reply)
        return replace(reply, chunks=reply.chunks[:-1])
