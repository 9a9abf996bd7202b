"""The signature of a model's thinking is missing."""

from __future__ import annotations

from dataclasses import dataclass, replace

from chaos_llm.faults.fault import Fault, FaultContext
from chaos_llm.protocol.messages import Answer, Completion


@dataclass(frozen=True, repr=False)
class LostSignature(Fault):
    """Thinking comes without the signature that the vendor needs back in the next request.

    This reply is complete. The next turn is refused, because the app can only send the thinking
    back unsigned: Anthropic's "Invalid `signature` in `thinking` block", Gemini 3's "missing a
    `thought_signature`". It has no effect on a reply that shows no signature.
    """

    def on_answer(self, answer: Answer, fault_context: FaultContext) -> Answer:
        if not isinstance(answer, Completion) or answer.reasoning is None:
            return answer
        return replace(answer, reasoning=replace(answer.reasoning, signed=False))
