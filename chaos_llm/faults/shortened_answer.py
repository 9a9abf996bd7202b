"""The model answers more briefly than before."""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import ceil

from chaos_llm.faults._arguments import check_part
from chaos_llm.faults._wording import reworded
from chaos_llm.faults.fault import Fault, FaultContext
from chaos_llm.protocol.messages import Answer, Completion

_SENTENCE_END = re.compile(r"(?<=[.!?]) ")


@dataclass(frozen=True, repr=False)
class ShortenedAnswer(Fault):
    """The answer consists of the first sentences and the last one, and claims to be complete.

    As with an effort set too low, or a prompt that asked for 100 words, in March and April 2026:
    anthropic.com/engineering/april-23-postmortem. `keep`, the share of sentences kept, is assumed.
    """

    keep: float = 0.3

    silent = True

    def __post_init__(self) -> None:
        check_part(self, "keep", "sentences")

    def on_answer(self, answer: Answer, fault_context: FaultContext) -> Answer:
        if not isinstance(answer, Completion):
            return answer
        return reworded(answer, self._shortened)

    def _shortened(self, text: str) -> str:
        *sentences, last = _SENTENCE_END.split(text)
        return " ".join([*sentences[: ceil(self.keep * len(sentences))], last])
