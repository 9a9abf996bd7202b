"""The account is out of money."""

from __future__ import annotations

from dataclasses import dataclass

from chaos_llm.faults.fault import Fault, FaultContext
from chaos_llm.protocol.messages import Answer, Refusal


@dataclass(frozen=True, repr=False)
class InsufficientQuota(Fault):
    """The account is out of money, in the provider's words, whether it is true or not.

    OpenAI says 429 insufficient_quota, as by its ledger's mistake on 2025-07-01; Anthropic says 400
    and "Your credit balance is too low", to USD 100 of credit too: anthropics/claude-code#91322.
    """

    ends_reply = True

    def on_answer(self, answer: Answer, fault_context: FaultContext) -> Answer:
        return Refusal("quota")
