"""Requests that a healthy provider refused because they break a rule of its real API.

Such a refusal is a mistake of the app and no failure of the outage. A fallback whose requests are
refused cannot answer any call.
"""

from __future__ import annotations

from dataclasses import dataclass

from chaos_llm.analysis.evidence import model_of
from chaos_llm.analysis.failovers import Failovers
from chaos_llm.analysis.run import Run
from chaos_llm.journal.journal import Exchange


@dataclass(frozen=True)
class RefusedRequests:
    """The requests of a run that break the same rule of a provider, in order."""

    exchanges: tuple[Exchange, ...]
    is_fallback: bool  # whether they are fallback requests

    @property
    def provider(self) -> str:
        return self.exchanges[0].provider

    @property
    def reason(self) -> str:
        """Why the first of them was refused, in words of chaos_llm."""
        rule = self.exchanges[0].broken_rule
        assert rule is not None
        return rule.reason

    @property
    def sentence(self) -> str:
        """How many requests were refused, by which provider, and why."""
        count = len(self.exchanges)
        requests = "one request" if count == 1 else f"{count} requests"
        if self.is_fallback:
            requests = "one fallback request" if count == 1 else f"{count} fallback requests"
            return f"{self.provider} refused {requests}: {self.reason}"
        return (
            f"{self.provider} was healthy and refused {requests}, as its real API would: "
            f"{self.reason}; this has to be corrected in the app"
        )


def refused_requests(run: Run, failovers: Failovers | None = None) -> list[RefusedRequests]:
    """The refused requests of a run by provider and rule; those of fallbacks separate and first."""
    refused = [exchange for exchange in run.exchanges if exchange.broken_rule is not None]
    if not refused:
        return []
    failovers = failovers or Failovers(run)
    numbers = {each.fallback.number for each in failovers.failures if each.fallback is not None}
    groups: dict[tuple[bool, str, str], list[Exchange]] = {}
    for exchange in refused:
        assert exchange.broken_rule is not None
        is_fallback = exchange.number in numbers or model_of(exchange) in failovers.fallbacks
        key = (is_fallback, exchange.provider, exchange.broken_rule.name)
        groups.setdefault(key, []).append(exchange)
    found = [RefusedRequests(tuple(group), key[0]) for key, group in groups.items()]
    return sorted(found, key=lambda each: not each.is_fallback)
