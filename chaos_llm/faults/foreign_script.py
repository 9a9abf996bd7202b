"""The answer contains words in another script."""

from __future__ import annotations

from copy import copy
from dataclasses import KW_ONLY, dataclass

from chaos_llm.faults._arguments import check_part
from chaos_llm.faults._wording import replaced_words, reworded
from chaos_llm.faults.fault import Fault, FaultContext
from chaos_llm.protocol.messages import Answer, Completion

_THAI, _CHINESE = ("สวัสดี", "ครับ", "และ"), ("您好", "因此", "我们", "订单")


@dataclass(frozen=True, repr=False)
class ForeignScript(Fault):
    """A share of the answer's words is Thai or Chinese, in the middle of English sentences.

    As with Claude from 25 August to 2 September 2025, with HTTP 200 and a quiet status page:
    anthropic.com/engineering/a-postmortem-of-three-recent-issues. The share is assumed.
    """

    _: KW_ONLY
    share: float = 0.1

    silent = True

    def __post_init__(self) -> None:
        check_part(self, "share", "words")

    def on_answer(self, answer: Answer, fault_context: FaultContext) -> Answer:
        if not isinstance(answer, Completion):
            return answer
        rng = copy(fault_context.rng)
        words = rng.choose((_THAI, _CHINESE))
        return reworded(
            answer, lambda text: replaced_words(text, self.share, rng, lambda _: rng.choose(words))
        )
