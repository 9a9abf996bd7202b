"""The provider sends an empty answer, with HTTP 200."""

from __future__ import annotations

from dataclasses import dataclass, replace

from chaos_llm.faults.fault import Fault, FaultContext
from chaos_llm.protocol.messages import Answer, Completion, Usage


@dataclass(frozen=True, repr=False)
class EmptyAnswer(Fault):
    """The answer is empty and complete: HTTP 200, a normal stop reason, no text, no tool call.

    As in google-gemini/deprecated-generative-ai-python#744: a candidate without parts, STOP.
    """

    def on_answer(self, answer: Answer, fault_context: FaultContext) -> Answer:
        if not isinstance(answer, Completion):
            return answer
        usage = Usage(answer.usage.input_tokens, 0)
        return replace(answer, text="", tool_calls=(), stop="end", usage=usage)
