"""The provider rejects a request because of a rate limit."""

from __future__ import annotations

from dataclasses import dataclass

from chaos_llm import durations
from chaos_llm.faults._arguments import check_duration
from chaos_llm.faults.fault import Fault, FaultContext
from chaos_llm.protocol.messages import Answer, Refusal


@dataclass(frozen=True, repr=False)
class RateLimited(Fault):
    """The provider answers 429 with a retry-after header; `retry_after=None` leaves the header out.

    Any length is allowed, since long ones were observed: 13262 s with capacity back within minutes
    (gajae-code#2444), 86400 s from Azure (azure-sdk-for-net#38052). The default of 20 s is from
    pollinations#6260.
    """

    retry_after: durations.Duration | None = 20

    ends_reply = True

    def __post_init__(self) -> None:
        if self.retry_after is not None:
            check_duration(self, "retry_after")

    def on_answer(self, answer: Answer, fault_context: FaultContext) -> Answer:
        if self.retry_after is None:
            return Refusal("rate_limited")
        return Refusal("rate_limited", retry_after=durations.seconds(self.retry_after))
