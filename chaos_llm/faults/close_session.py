"""The provider closes a websocket in the middle of an answer."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass, replace

from chaos_llm.errors import Unsupported
from chaos_llm.faults._arguments import check_share, mistaken
from chaos_llm.faults._breaking import content_positions, require_stream
from chaos_llm.faults.fault import Fault, FaultContext
from chaos_llm.protocol import websocket
from chaos_llm.protocol.messages import Chunk, Ending, Reply

# Codes that an endpoint may send (RFC 6455, 7.4); 1005, 1006 and 1015 say that none was sent.
_SENT = (1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014)
_OWN = range(3000, 5000)


@dataclass(frozen=True, repr=False)
class CloseSession(Fault):
    """After a share of an answer's content the session ends with a close frame of that code.

    From 2026-05-27 on 80 to 90 % of Gemini's Live sessions were closed with 1011 and "Internal
    error encountered." (Google's forum, 167186); Codex saw 1008 without a reason
    (openai/codex#43353). An end without a close frame, which clients call 1006, is cut_stream().
    """

    code: int = 1011
    reason: str = ""
    _: KW_ONLY
    after: float = 0.5

    ends_reply = True

    def __post_init__(self) -> None:
        check_share(self, "after")
        if self.code not in _SENT and self.code not in _OWN:
            expected = "a code that can be sent, such as 1011; for 1006 use cut_stream()"
            raise mistaken(self, "code", expected)

    def on_reply(self, reply: Reply, fault_context: FaultContext) -> Reply:
        if not reply.websocket:
            raise Unsupported(f"{self!r}: the reply is not sent on a websocket")
        require_stream(self, reply)
        close = Chunk(0.0, websocket.close_frame(self.code, self.reason))
        sent = reply.chunks[: self._messages(reply)]
        return replace(reply, chunks=(*sent, close), ending=Ending.CLOSED)

    def _messages(self, reply: Reply) -> int:
        """How many messages come before the close frame, never a part of one."""
        positions = content_positions(reply)
        delivered = int(self.after * len(positions))
        if delivered == 0 and self.after and len(positions) > 1:
            delivered = 1  # as with other faults that end a stream
        if delivered:
            return positions[delivered - 1] + 1
        return positions[0] if positions and self.after else 0
