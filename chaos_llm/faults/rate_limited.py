"""The provider rejects a request because of a rate limit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from chaos_llm import durations
from chaos_llm.faults._arguments import check_duration, mistaken
from chaos_llm.faults.fault import Fault, FaultContext
from chaos_llm.protocol.messages import Answer, Refusal

VENDOR = "vendor"
_USUAL_WAIT = 20.0  # seconds: pollinations#6260


@dataclass(frozen=True, repr=False)
class RateLimited(Fault):
    """The provider answers 429, and may say when to retry.

    `retry_after` is a duration, or a datetime with a time zone, which is sent as an HTTP date; with
    None the reply does not say when. The default "vendor" is 20 s if the vendor's 429s say when
    (Anthropic, OpenAI, Azure, Groq, and Gemini in the body), and else nothing, as with OpenRouter,
    Bedrock, Vertex AI and DeepSeek.

    Any length is allowed, since long ones were observed: 13262 s with capacity back within minutes
    (gajae-code#2444), 86400 s from Azure (azure-sdk-for-net#38052). None of these vendors was seen
    to send a date, but a gateway before them may.
    """

    retry_after: durations.Duration | datetime | None = VENDOR

    ends_reply = True

    def __post_init__(self) -> None:
        wait = _moment(self.retry_after)
        object.__setattr__(self, "retry_after", wait)
        if isinstance(wait, datetime):
            if wait.utcoffset() is None:
                raise mistaken(self, "retry_after", "a datetime with a time zone")
        elif wait is not None and wait != VENDOR:
            check_duration(self, "retry_after")

    def on_answer(self, answer: Answer, fault_context: FaultContext) -> Answer:
        wait = self.retry_after
        if wait is None:
            return Refusal("rate_limited")
        if isinstance(wait, datetime):
            return Refusal("rate_limited", retry_at=wait.timestamp())
        if wait == VENDOR:
            return Refusal("rate_limited", retry_after=_USUAL_WAIT, wait_is_usual=True)
        return Refusal("rate_limited", retry_after=durations.seconds(wait))


def _moment(value: durations.Duration | datetime | None) -> durations.Duration | datetime | None:
    """The value, or the datetime that it is the text of: JSON has no dates."""
    if not isinstance(value, str) or "T" not in value:
        return value
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        return value
