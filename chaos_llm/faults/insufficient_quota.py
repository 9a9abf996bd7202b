"""The account has no credit left."""

from __future__ import annotations

from dataclasses import dataclass

from chaos_llm.faults.fault import Fault, FaultContext
from chaos_llm.protocol.messages import Answer, Refusal


@dataclass(frozen=True, repr=False)
class InsufficientQuota(Fault):
    """The provider says that the account has no credit left, whether that is true or not.

    OpenAI sends 429 insufficient_quota, on 2025-07-01 by a mistake of its ledger. Anthropic sends
    400 "Your credit balance is too low", also to accounts with credit: anthropics/claude-code#91322
    (USD 100).
    """

    ends_reply = True

    def on_answer(self, answer: Answer, fault_context: FaultContext) -> Answer:
        return Refusal("quota")
