"""The provider's host name does not resolve."""

from __future__ import annotations

from dataclasses import dataclass, replace

from chaos_llm.faults.fault import Fault, FaultContext
from chaos_llm.protocol.messages import Ending, Reply


@dataclass(frozen=True, repr=False)
class DnsFailure(Fault):
    """The provider's host name does not resolve, and no request leaves the machine.

    As DynamoDB's name in us-east-1 for three hours on 2025-10-20: aws.amazon.com/message/101925.
    """

    ends_reply = True

    def on_reply(self, reply: Reply, fault_context: FaultContext) -> Reply:
        return replace(reply, wait=0.0, chunks=(), ending=Ending.UNRESOLVED)
