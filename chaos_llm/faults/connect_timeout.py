"""The provider's address does not answer connection attempts."""

from __future__ import annotations

from dataclasses import dataclass, replace

from chaos_llm.faults.fault import Fault, FaultContext
from chaos_llm.protocol.messages import Ending, Reply


@dataclass(frozen=True, repr=False)
class ConnectTimeout(Fault):
    """The provider's address answers no packet, so no connection is ever established.

    The client waits for its own connect timeout, 5 s in anthropic and openai; without one, until
    the operating system gives up.
    """

    ends_reply = True

    def on_reply(self, reply: Reply, fault_context: FaultContext) -> Reply:
        return replace(reply, wait=0.0, chunks=(), ending=Ending.CONNECT_TIMEOUT)
