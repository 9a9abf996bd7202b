"""A misconfigured pool of servers answers."""

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
    """A misconfigured pool of servers answers, in worse quality, under the requested model's name.

    Routing is sticky: a credential gets the same pool each time, and a window's `sticky_by` decides
    which credentials are affected. As up to 16 % of Sonnet 4's requests in an hour of August 2025:
    anthropic.com/engineering/a-postmortem-of-three-recent-issues. The words are assumed.
    """

    silent = True

    def on_answer(self, answer: Answer, fault_context: FaultContext) -> Answer:
        if not isinstance(answer, Completion):
            return answer
        new_text = KeyedRandom(
            "pool", fault_context.request.credential, fault_context.request.model
        ).choose(_POOLS)
        return reworded(answer, lambda text: with_marks_of(text, new_text))
