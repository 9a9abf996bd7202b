"""Which requests a healthy provider refused, and whether a fallback was lost by it.

A vendor's real API would have refused them as well, so they are on the app's side: no fault of the
outage, and nobody is rescued by such a fallback.
"""

from __future__ import annotations

from dataclasses import dataclass

from chaos_llm.analysis.failovers import Failovers, model_of
from chaos_llm.analysis.run import Run
from chaos_llm.journal.journal import Exchange


@dataclass(frozen=True)
class RefusedRequests:
    """The requests of a run that broke one rule of one provider, in order."""

    exchanges: tuple[Exchange, ...]
    is_fallback: bool  # they stood in for a request that had failed

    @property
    def provider(self) -> str:
        return self.exchanges[0].provider

    @property
    def reason(self) -> str:
        """What was wrong with the first of them, in our words."""
        broken = self.exchanges[0].broken_rule
        assert broken is not None
        return broken.reason

    @property
    def sentence(self) -> str:
        """Who refused what and how often, and on whose side it is."""
        count = len(self.exchanges)
        if self.is_fallback:
            times = f", {count} times" if count > 1 else ""
            return f"the fallback was refused{times}: {self.reason}"
        requests = "one request" if count == 1 else f"{count} requests"
        return (
            f"{self.provider} was healthy and refused {requests}, as its real API would: "
            f"{self.reason}; that is the app's to mend"
        )


def refused_requests(run: Run, failovers: Failovers | None = None) -> list[RefusedRequests]:
    """What was refused, by provider and rule; those of fallbacks apart, and first."""
    refused = [exchange for exchange in run.exchanges if exchange.broken_rule is not None]
    if not refused:
        return []
    failovers = failovers or Failovers(run)
    rescues = {each.fallback.number for each in failovers.failures if each.fallback is not None}
    groups: dict[tuple[bool, str, str], list[Exchange]] = {}
    for exchange in refused:
        assert exchange.broken_rule is not None
        stands_in = exchange.number in rescues or model_of(exchange) in failovers.fallbacks
        key = (stands_in, exchange.provider, exchange.broken_rule.name)
        groups.setdefault(key, []).append(exchange)
    made = [RefusedRequests(tuple(group), key[0]) for key, group in groups.items()]
    return sorted(made, key=lambda each: not each.is_fallback)
