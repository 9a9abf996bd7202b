"""The model answers without the earlier messages of the conversation."""

from __future__ import annotations

from dataclasses import dataclass

from chaos_llm.errors import Unsupported
from chaos_llm.faults._wording import reworded, with_marks_of
from chaos_llm.faults.fault import Fault, FaultContext
from chaos_llm.protocol.messages import Answer, Completion

_FORGOT = "This seems to be the beginning of our conversation. What may I help you with?"


@dataclass(frozen=True, repr=False)
class LostHistory(Fault):
    """The model knows only the last message of the conversation.

    Claude Code's sessions lost their thinking at every turn from 26 March to 10 April 2026:
    anthropic.com/engineering/april-23-postmortem. On a first message the fault has no
    effect. The words are assumed.
    """

    silent = True

    def on_answer(self, answer: Answer, fault_context: FaultContext) -> Answer:
        if not isinstance(answer, Completion) or not answer.text:
            return answer
        if not fault_context.request.turns:
            raise Unsupported(f"{self!r}: the length of the conversation is unknown")
        if fault_context.request.turns == 1:
            return answer
        return reworded(answer, lambda text: with_marks_of(text, _FORGOT))
