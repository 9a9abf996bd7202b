"""The model declines to answer."""

from __future__ import annotations

from dataclasses import dataclass, replace

from chaos_llm.faults._arguments import check_words
from chaos_llm.faults.fault import Fault, FaultContext
from chaos_llm.protocol.messages import Answer, Completion

_LETTERS_PER_TOKEN = 4  # a common estimate for English


@dataclass(frozen=True, repr=False)
class Declined(Fault):
    """The model declines to answer, with HTTP 200 and the dialect's own stop reason for that.

    The words are assumed.
    """

    text: str = "I'm sorry, but I can't help with that."

    def __post_init__(self) -> None:
        check_words(self, "text", "a text, the model's refusal")

    def on_answer(self, answer: Answer, fault_context: FaultContext) -> Answer:
        if not isinstance(answer, Completion):
            return answer
        usage = replace(answer.usage, output_tokens=-(-len(self.text) // _LETTERS_PER_TOKEN))
        return replace(answer, text=self.text, tool_calls=(), stop="refusal", usage=usage)
