"""The provider gives up in the middle of a stream, after HTTP 200."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass, replace

from chaos_llm.faults._arguments import check_kind, check_share
from chaos_llm.faults.fault import Fault, Strike
from chaos_llm.model import Answer, Break, Completion, Refusal


@dataclass(frozen=True, repr=False)
class ErrorMidStream(Fault):
    """After a share of the content the stream says an error of that kind and ends.

    The status was 200 by then, so no SDK retries: anthropics/anthropic-sdk-python#688. Where a
    dialect has no such error, and in a whole reply, the provider raises Inexpressible.
    """

    _: KW_ONLY
    after: float = 0.5
    kind: str = "overloaded"

    ends_reply = True

    def __post_init__(self) -> None:
        check_share(self, "after")
        check_kind(self)

    def on_answer(self, answer: Answer, strike: Strike) -> Answer:
        if not isinstance(answer, Completion):
            return answer
        return replace(answer, broken_by=Break(self.after, Refusal(self.kind)))
