"""The provider refuses a prompt as too long for its model."""

from __future__ import annotations

from dataclasses import dataclass

from chaos_llm.faults._arguments import mistaken
from chaos_llm.faults.fault import Fault, FaultContext
from chaos_llm.protocol.messages import Answer, Completion, Refusal


@dataclass(frozen=True, repr=False)
class ContextLengthExceeded(Fault):
    """The provider refuses the prompt as too long for its model, whatever its real length.

    An app may then cut the history, summarize it, or use a model with a larger context window.
    `window` is the number of tokens in the error message; by default the model's known context
    window, or 128,000 (assumed). Status and message are those of the real API: most send 400, and
    OpenAI adds the code context_length_exceeded.
    """

    window: int | None = None

    ends_reply = True

    def __post_init__(self) -> None:
        window = self.window
        if window is not None and (type(window) is not int or window < 1):
            raise mistaken(self, "window", "a number of tokens, 1 or more, or None")

    def on_answer(self, answer: Answer, fault_context: FaultContext) -> Answer:
        if not isinstance(answer, Completion):
            return answer  # other requests have no prompt
        return Refusal("context_length", details={"window": self.window})
