"""The text stops in mid-sentence, with HTTP 200."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass, replace

from chaos_llm.faults._arguments import mistaken
from chaos_llm.faults.fault import Fault, FaultContext
from chaos_llm.protocol.messages import Answer, Completion, Usage

_SENTENCE_ENDS = " \n.!?\"'"


@dataclass(frozen=True, repr=False)
class TruncatedAnswer(Fault):
    """The text stops after a share of it, in mid-sentence, in an otherwise valid reply.

    With `admits` the stop reason is the length limit; without, it is that of a complete answer.
    The fault has no effect on an answer that consists of tool calls alone.
    """

    keep: float = 0.5
    _: KW_ONLY
    admits: bool = False

    def __post_init__(self) -> None:
        if isinstance(self.keep, bool) or not isinstance(self.keep, int | float):
            raise mistaken(self, "keep", "a number")
        if not 0 < self.keep < 1:
            raise mistaken(self, "keep", "a share of the text, over 0 and under 1")
        if not isinstance(self.admits, bool):
            raise mistaken(self, "admits", "True or False")
        object.__setattr__(self, "silent", not self.admits)

    def on_answer(self, answer: Answer, fault_context: FaultContext) -> Answer:
        if not isinstance(answer, Completion) or not answer.text:
            return answer
        # A cut after the last letter of a sentence would look like a shorter but complete answer.
        unfinished = len(answer.text.rstrip(_SENTENCE_ENDS)) - 1
        text = answer.text[: max(1, min(int(len(answer.text) * self.keep), unfinished))]
        text = text.rstrip(_SENTENCE_ENDS) or text
        usage = Usage(answer.usage.input_tokens, round(answer.usage.output_tokens * self.keep))
        stop = "length" if self.admits else "end"
        return replace(answer, text=text, tool_calls=(), stop=stop, usage=usage)
