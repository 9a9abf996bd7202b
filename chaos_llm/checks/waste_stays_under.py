"""Little is paid for answers that nobody got."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from chaos_llm.analysis.run import Run
from chaos_llm.checks import _limits
from chaos_llm.checks._tokens import tokens_of, wasted
from chaos_llm.checks.check import Check, Finding


@dataclass(frozen=True, repr=False)
class WasteStaysUnder(Check):
    """Less than this share of the billed tokens is for answers that nobody got.

    Answers that broke off or were not waited for, that were asked for again though they had come,
    or whose call gave its user nothing. A broken stream is billed for what was sent (assumed).
    Input tokens are estimated at four bytes each. Not applicable where nothing was billed.
    """

    why: ClassVar[str] = "what times out and is retried is billed each time, answer or no answer"
    share: float

    def __post_init__(self) -> None:
        _limits.require_share("share", self.share)

    def __call__(self, run: Run) -> Finding:
        billed = sum(map(tokens_of, run.api))
        if not billed:
            return self.not_applicable("no token was billed")
        lost = list(wasted(run))
        waste = sum(map(tokens_of, lost)) / billed
        seen = f"{_limits.percent(waste)} of {billed} tokens were for answers that nobody got"
        if lost and waste >= self.share:
            return self.failed(seen, lost[0].at)
        return self.passed(seen)
