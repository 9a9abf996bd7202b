"""The provider no longer serves a model."""

from __future__ import annotations

from dataclasses import dataclass

from chaos_llm.faults.fault import Fault, FaultContext
from chaos_llm.protocol.messages import Answer, Completion, Refusal


@dataclass(frozen=True, repr=False)
class ModelRetired(Fault):
    """The provider answers 404: it has retired the model, whatever its name.

    The words are those with which the real API refuses a retired model, or an unknown one if no
    source shows a retired one. A fallback that is seldom used is retired unnoticed: Bedrock refuses
    legacy models to accounts that have not used them for 15 days (bedrock-workshop#386).
    """

    ends_reply = True

    def on_answer(self, answer: Answer, fault_context: FaultContext) -> Answer:
        if isinstance(answer, Completion):
            return Refusal("model_retired")
        return Refusal("not_found") if fault_context.request.model else answer
