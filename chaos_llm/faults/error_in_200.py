"""An error comes with HTTP 200."""

from __future__ import annotations

from dataclasses import dataclass

from chaos_llm.faults._arguments import check_kind
from chaos_llm.faults.fault import Fault, FaultContext
from chaos_llm.protocol.messages import Answer, Refusal


@dataclass(frozen=True, repr=False)
class ErrorIn200(Fault):
    """The provider's own error body comes with HTTP 200, so no SDK recognizes it as an error.

    Gateways that send the status before they have the provider's reply do this (assumed).
    """

    kind: str = "server_error"

    ends_reply = True

    def __post_init__(self) -> None:
        check_kind(self)

    def on_answer(self, answer: Answer, fault_context: FaultContext) -> Answer:
        return Refusal(self.kind, status=200)
