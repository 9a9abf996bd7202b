"""The connection is reset before an answer comes."""

from __future__ import annotations

from dataclasses import dataclass, replace

from chaos_llm.faults.fault import Fault, Strike
from chaos_llm.model import Ending, Reply


@dataclass(frozen=True, repr=False)
class ResetConnection(Fault):
    """The request is sent, then the connection is reset before the headers of an answer.

    The provider may have done its work, and billed it, as in anthropics/claude-code#13657.
    """

    ends_reply = True

    def on_reply(self, reply: Reply, strike: Strike) -> Reply:
        return replace(reply, chunks=(), ending=Ending.RESET)
