"""The provider fails in the middle of a stream, after HTTP 200."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass, replace
from typing import Literal

from chaos_llm.faults._arguments import check_choice, check_kind, check_share
from chaos_llm.faults.fault import Fault, FaultContext
from chaos_llm.protocol.messages import Answer, Break, Completion, Refusal


@dataclass(frozen=True, repr=False)
class ErrorMidStream(Fault):
    """After a share of the content the stream sends an error event of that kind and ends.

    The status 200 was sent before, so no SDK retries: anthropics/anthropic-sdk-python#688. With
    `after=0` it comes before the first token, with `within="tool"` in the middle of a tool call's
    JSON. In a dialect without such an event, and in a reply that is not streamed, the
    fault is unsupported.
    """

    _: KW_ONLY
    after: float = 0.5
    kind: str = "overloaded"
    within: Literal["answer", "tool"] = "answer"

    ends_reply = True

    def __post_init__(self) -> None:
        check_share(self, "after")
        check_kind(self)
        check_choice(self, "within", ("answer", "tool"))

    def on_answer(self, answer: Answer, fault_context: FaultContext) -> Answer:
        if not isinstance(answer, Completion) or (self.within == "tool" and not answer.tool_calls):
            return answer
        return replace(answer, broken_by=Break(self.after, Refusal(self.kind), self.within))
