"""The model declines."""

from __future__ import annotations

from dataclasses import dataclass, replace

from chaos_llm.faults._arguments import check_words
from chaos_llm.faults.fault import Fault, FaultContext
from chaos_llm.protocol.messages import Answer, Completion

_LETTERS_PER_TOKEN = 4


@dataclass(frozen=True, repr=False)
class Declined(Fault):
    """The model declines to answer, with HTTP 200 and the dialect's own way to say so.

    The words are assumed.
    """

    text: str = "I'm sorry, but I can't help with that."

    def __post_init__(self) -> None:
        check_words(self, "text", "what the model says in place of an answer")

    def on_answer(self, answer: Answer, fault_context: FaultContext) -> Answer:
        if not isinstance(answer, Completion):
            return answer
        usage = replace(answer.usage, output_tokens=-(-len(self.text) // _LETTERS_PER_TOKEN))
        return replace(answer, text=self.text, tool_calls=(), stop="refusal", usage=usage)
