"""Another pool of servers answers."""

from __future__ import annotations

from dataclasses import dataclass

from chaos_llm.faults._wording import reworded, with_marks_of
from chaos_llm.faults.fault import Fault, FaultContext
from chaos_llm.protocol.keyed_random import KeyedRandom
from chaos_llm.protocol.messages import Answer, Completion

_POOLS = (
    "Thank you for your question. Many factors play a role here, and results may vary.",
    "This depends on your situation. In general it is best to follow the usual steps.",
    "There are several options. Each has advantages, and none is right for everybody.",
)


@dataclass(frozen=True, repr=False)
class OtherPoolAnswer(Fault):
    """Another pool of servers answers, worse, and under the name of the model that was asked.

    It is sticky: a credential meets the same pool each time, and a window's `per` chooses which
    ones do. As up to 16 % of Sonnet 4's requests in an hour of August 2025, the words assumed:
    anthropic.com/engineering/a-postmortem-of-three-recent-issues.
    """

    silent = True

    def on_answer(self, answer: Answer, fault_context: FaultContext) -> Answer:
        if not isinstance(answer, Completion):
            return answer
        says = KeyedRandom(
            "pool", fault_context.request.credential, fault_context.request.model
        ).choose(_POOLS)
        return reworded(answer, lambda text: with_marks_of(text, says))
