"""An outage does not raise the bill above a limit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal

from chaos_llm.analysis.billed_tokens import tokens_of
from chaos_llm.analysis.run import Run
from chaos_llm.checks import _limits
from chaos_llm.checks.check import Check, Finding
from chaos_llm.errors import UnknownName, UsageError
from chaos_llm.journal.journal import Exchange

Prices = Mapping[str, tuple[float, float]]
_MILLION = 1_000_000


@dataclass(frozen=True, repr=False)
class CostStaysUnder(Check):
    """The billed tokens stay under `limit`, on average per call or in the whole run.

    With `prices` the limit is in their currency: for each model or provider what a million input
    and a million output tokens cost, as in {"anthropic": (3, 15)}. There are no built-in prices,
    because they change. Input tokens are estimated at four bytes each. Not applicable if nothing
    was billed.
    """

    why: ClassVar[str] = (
        "retries, hedged requests and a more expensive fallback raise the bill during an outage"
    )
    limit: float
    per: Literal["call", "run"] = "call"
    prices: Prices | None = field(default=None, hash=False)

    def __post_init__(self) -> None:
        _limits.require_positive("limit", self.limit)
        if self.per not in ("call", "run"):
            raise UnknownName("per", self.per, ("call", "run"))
        for name, pair in (self.prices or {}).items():
            if type(pair) not in (tuple, list) or len(pair) != 2:
                message = f"prices[{name!r}] is what a million tokens cost: (input, output)"
                raise UsageError(message)

    def __call__(self, run: Run) -> Finding:
        billed = [e for e in run.api if tokens_of(e)]
        if not billed:
            return self.not_applicable("no token was billed")
        missing = {e.provider for e in billed if self.prices and self._price(e) is None}
        if missing:
            return self.not_judged(f"prices= has no price for {', '.join(sorted(missing))}")
        spent = sum(map(self._cost, billed))
        made = sum(call.outcome != "missed" for call in run.calls)
        cost = spent / max(1, made) if self.per == "call" else spent
        unit = "" if self.prices else " tokens"
        seen = f"{cost:,.6g}{unit} were billed per {self.per}"
        return self.failed(seen, billed[0].at) if cost >= self.limit else self.passed(seen)

    def _price(self, exchange: Exchange) -> tuple[float, float] | None:
        prices = self.prices or {}
        return prices.get(exchange.model) or prices.get(exchange.provider)

    def _cost(self, exchange: Exchange) -> float:
        price = self._price(exchange)
        if price is None:
            return float(tokens_of(exchange))
        per_input, per_output = price  # for a million tokens
        cost = exchange.input_tokens * per_input + exchange.output_tokens * per_output
        return cost / _MILLION
