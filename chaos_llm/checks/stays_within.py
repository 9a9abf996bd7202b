"""Requests go only to allowed providers and regions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from chaos_llm.analysis.run import Run
from chaos_llm.checks._limits import counted
from chaos_llm.checks.check import Check, Finding, known_provider
from chaos_llm.errors import UsageError


@dataclass(frozen=True, repr=False)
class StaysWithin(Check):
    """Every request goes to one of these providers, and to one of these regions.

    The region is read from the request itself, as Bedrock's and Vertex's name one.
    `regions=("eu-",)` allows all regions that begin with "eu-". A request without a region is
    judged by its provider alone.
    """

    why: ClassVar[str] = (
        "a fallback outside the allowed providers or regions breaks contracts on personal data, "
        "in the middle of an outage"
    )
    providers: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in ("providers", "regions"):
            names = getattr(self, name)
            if isinstance(names, str) or not isinstance(names, Iterable):
                message = f'{name}= is a list of names, as in ["{names}"]; got {names!r}'
                raise UsageError(message)
            object.__setattr__(self, name, tuple(names))
        if not self.providers and not self.regions:
            raise UsageError("stays_within() needs providers= or regions=, those that are allowed")
        for provider in self.providers:
            known_provider(provider)

    def __call__(self, run: Run) -> Finding:
        requests = [e for e in run.exchanges if e.surface != "page"]
        regional = [e for e in requests if e.region]
        for exchange in requests if self.providers else ():
            if exchange.provider not in self.providers:
                count = sum(e.provider == exchange.provider for e in requests)
                went = f"{counted(count, 'request')} went to {exchange.provider}"
                return self.failed(f"{went}, which is not allowed", exchange.at)
        for exchange in regional if self.regions else ():
            if not exchange.region.startswith(self.regions):
                count = sum(e.region == exchange.region for e in regional)
                went = f"{counted(count, 'request')} went to {exchange.provider}"
                seen = f"{went} in {exchange.region}, which is not allowed"
                return self.failed(seen, exchange.at)
        if not requests:
            return self.not_applicable("no request was made")
        if not self.providers and not regional:
            return self.not_applicable("no request named a region")
        where = sorted({e.provider for e in requests}) + sorted({e.region for e in regional})
        return self.passed(f"all requests went to {', '.join(where)}")
