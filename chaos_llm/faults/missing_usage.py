"""The answer lacks its token usage."""

from __future__ import annotations

from dataclasses import dataclass, replace

from chaos_llm.faults.fault import Fault, FaultContext
from chaos_llm.protocol.messages import Answer, Completion


@dataclass(frozen=True, repr=False)
class MissingUsage(Fault):
    """The answer is complete, but lacks the number of tokens that it took.

    The fault has no effect on a stream without usage, such as OpenAI's if it is not requested.
    """

    def on_answer(self, answer: Answer, fault_context: FaultContext) -> Answer:
        return replace(answer, tells_usage=False) if isinstance(answer, Completion) else answer
