"""Nobody says what was billed."""

from __future__ import annotations

from dataclasses import dataclass, replace

from chaos_llm.faults.fault import Fault, FaultContext
from chaos_llm.protocol.messages import Answer, Completion


@dataclass(frozen=True, repr=False)
class MissingUsage(Fault):
    """The answer is whole and does not say how many tokens it took.

    A stream that tells its usage to nobody, as OpenAI's where it is not asked for, is not struck.
    """

    def on_answer(self, answer: Answer, fault_context: FaultContext) -> Answer:
        return replace(answer, tells_usage=False) if isinstance(answer, Completion) else answer
