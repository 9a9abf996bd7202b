"""The sampler drops the most likely token."""

from __future__ import annotations

from copy import copy
from dataclasses import KW_ONLY, dataclass

from chaos_llm.faults._arguments import check_part
from chaos_llm.faults._wording import replaced_words, reworded
from chaos_llm.faults.fault import Fault, FaultContext
from chaos_llm.protocol.messages import Answer, Completion

_NEXT_BEST = {
    "a": "the", "and": "or", "another": "some", "as": "when", "at": "on", "between": "around",
    "by": "from", "for": "of", "from": "to", "has": "had", "if": "while", "in": "at", "is": "was",
    "it": "this", "no": "a", "of": "for", "on": "at", "the": "a", "this": "that", "to": "with",
    "within": "after", "you": "we", "your": "our",
}  # fmt: skip


@dataclass(frozen=True, repr=False)
class DroppedTopToken(Fault):
    """A share of the function words is replaced: the text stays fluent, its meaning is wrong.

    From 25 August to 4 September 2025 an approximate top-k dropped the most likely token:
    anthropic.com/engineering/a-postmortem-of-three-recent-issues. Words and share are assumed.
    """

    _: KW_ONLY
    share: float = 0.3

    silent = True

    def __post_init__(self) -> None:
        check_part(self, "share", "small words")

    def on_answer(self, answer: Answer, fault_context: FaultContext) -> Answer:
        if not isinstance(answer, Completion):
            return answer
        rng = copy(fault_context.rng)
        return reworded(answer, lambda text: replaced_words(text, self.share, rng, _NEXT_BEST.get))
