"""Few tokens are billed for answers that no user got."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from chaos_llm.analysis.billed_tokens import tokens_of, wasted
from chaos_llm.analysis.run import Run
from chaos_llm.checks import _limits
from chaos_llm.checks.check import Check, Finding


@dataclass(frozen=True, repr=False)
class WasteStaysUnder(Check):
    """Less than this share of the billed tokens is for answers that no user got.

    These are answers that broke off, that the client did not wait for, whose request was sent again
    in the same call, or whose call returned no answer. A broken stream is billed for what was sent
    (assumed). Input tokens are estimated at four bytes each. Not applicable if nothing was billed.
    """

    why: ClassVar[str] = (
        "each request that times out and is retried is billed, with or without an answer"
    )
    share: float

    def __post_init__(self) -> None:
        _limits.require_share("share", self.share)

    def __call__(self, run: Run) -> Finding:
        billed = sum(map(tokens_of, run.api))
        if not billed:
            return self.not_applicable("no token was billed")
        lost = list(wasted(run))
        waste = sum(map(tokens_of, lost)) / billed
        seen = f"{_limits.percent(waste)} of {billed} tokens were for answers that no user got"
        if lost and waste >= self.share:
            return self.failed(seen, lost[0].at)
        return self.passed(seen)
