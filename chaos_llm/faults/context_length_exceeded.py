"""A prompt is called too long for its model."""

from __future__ import annotations

from dataclasses import dataclass

from chaos_llm.faults._arguments import mistaken
from chaos_llm.faults.fault import Fault, FaultContext
from chaos_llm.protocol.messages import Answer, Completion, Refusal


@dataclass(frozen=True, repr=False)
class ContextLengthExceeded(Fault):
    """The provider calls the prompt too long for its model, in its own words, whatever its length.

    It shows what an app does then: cut the history, sum it up, or ask a model that takes more.
    `window` is how many tokens the model is said to take; without it, as many as it is known to, or
    128,000 (assumed). The words are those with which the real API refuses a prompt that is too
    long: most say 400, and OpenAI adds the code context_length_exceeded.
    """

    window: int | None = None

    ends_reply = True

    def __post_init__(self) -> None:
        window = self.window
        if window is not None and (type(window) is not int or window < 1):
            raise mistaken(self, "window", "a number of tokens, 1 or more, or None")

    def on_answer(self, answer: Answer, fault_context: FaultContext) -> Answer:
        if not isinstance(answer, Completion):
            return answer  # nothing else has a prompt
        return Refusal("context_length", details={"window": self.window})
