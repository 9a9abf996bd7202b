"""The provider's content filter stops a harmless prompt or answer."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass, replace
from typing import Literal

from chaos_llm.faults._arguments import check_choice, check_share
from chaos_llm.faults.fault import Fault, FaultContext
from chaos_llm.protocol.messages import Answer, Completion, Refusal

CATEGORIES = ("hate", "self_harm", "sexual", "violence")


@dataclass(frozen=True, repr=False)
class ContentFiltered(Fault):
    """The content filter finds harm where there is none: a false positive.

    `of="answer"` stops the answer after a share of its text, `after`: HTTP 200, with the API's own
    reason to stop, such as finish_reason "content_filter". `of="prompt"` refuses the prompt: 400
    content_filter from Azure (TinyTroupe#85, browser-use#4783), and HTTP 200 with a blockReason and
    no candidate from Gemini and Vertex AI. In an API without such a filter the fault is
    unsupported.
    """

    _: KW_ONLY
    of: Literal["answer", "prompt"] = "answer"
    category: str = "violence"
    after: float = 0.5

    ends_reply = True

    def __post_init__(self) -> None:
        check_choice(self, "of", ("answer", "prompt"))
        check_choice(self, "category", CATEGORIES)
        check_share(self, "after")

    def on_answer(self, answer: Answer, fault_context: FaultContext) -> Answer:
        if not isinstance(answer, Completion):
            return answer
        if self.of == "prompt":
            return Refusal("content_filter", details={"category": self.category})
        text = answer.text[: round(len(answer.text) * self.after)]
        return replace(answer, text=text, tool_calls=(), stop="end", filtered=self.category)
