"""The fault `network`: toxics between app and provider."""

from __future__ import annotations

from dataclasses import dataclass

from chaos_llm.faults.fault import Fault, FaultContext
from chaos_llm.network.toxic import Toxic
from chaos_llm.protocol.messages import Reply


@dataclass(frozen=True, repr=False)
class Network(Fault):
    """One or more toxics between app and provider.

    In process they change a reply one after the other, in their order.
    """

    toxics: tuple[Toxic, ...]

    @property
    def ends_reply(self) -> bool:  # type: ignore[override] # depends on the toxics
        return any(toxic.ends for toxic in self.toxics)

    def on_reply(self, reply: Reply, fault_context: FaultContext) -> Reply:
        for toxic in self.toxics:
            reply = toxic.on_reply(reply, fault_context)
        return reply

    def __repr__(self) -> str:
        return f"network({', '.join(map(repr, self.toxics))})"
