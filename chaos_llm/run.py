"""A run: the calls of one replay with all that is known about them; what checks look at."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Literal

from chaos_llm.calls import Call
from chaos_llm.journal import Exchange
from chaos_llm.model import Request
from chaos_llm.outcomes import Evidence
from chaos_llm.plan import Plan

State = Literal["up", "ailing", "down"]
DOWN_SHARE = 0.5  # from here on a provider counts as down: half of what it is asked fails
UP_SHARE = 0.05  # up to here it counts as up: a breaker that needs a few failures stays closed


@dataclass(frozen=True)
class Spell:
    """A stretch of time in which a provider was in one state; seconds of the profile."""

    begins: float
    ends: float


@dataclass(frozen=True)
class Run:
    """The calls of a replay, its exchanges in order, and the plan that they met."""

    plan: Plan
    seed: int
    calls: Sequence[Call]
    exchanges: Sequence[Exchange]
    evidence: Evidence
    begins: float
    ends: float

    @cached_property
    def struck(self) -> int:
        """How many requests a fault changed."""
        return sum(1 for exchange in self.exchanges if exchange.struck)

    @cached_property
    def api(self) -> list[Exchange]:
        """The exchanges with the models' own endpoints."""
        return [exchange for exchange in self.exchanges if exchange.surface == "api"]

    def to(self, provider: str) -> list[Exchange]:
        """The exchanges with one provider's models."""
        return [exchange for exchange in self.api if exchange.provider == provider]

    def of(self, call: Call, provider: str) -> list[Exchange]:
        """The requests that a call made to one provider."""
        return [e for e in self.evidence.of(call) if e.provider == provider]

    @cached_property
    def providers(self) -> tuple[str, ...]:
        """The providers that were asked, in the order of the first request."""
        return tuple(dict.fromkeys(exchange.provider for exchange in self.api))

    def spells_down(self, provider: str) -> list[Spell]:
        """When the plan had the provider down, within the run."""
        return [spell for spell, state in self._spells(provider) if state == "down"]

    def recoveries(self, provider: str, least: float) -> list[Spell]:
        """The spells of being well, of at least that length, which end a time of being down.

        Between the two a provider may be ailing; that is not yet a recovery.
        """
        found, was_down = [], False
        for spell, state in self._spells(provider):
            if state == "up" and was_down and spell.ends - spell.begins >= least:
                found.append(spell)
            was_down = state == "down" or (was_down and state == "ailing")
        return found

    def is_well(self, provider: str, at: float) -> bool:
        """Whether no window hits that provider at that time."""
        return self.plan.share(self._typical(provider), at) == 0.0

    def shares(self, provider: str, columns: int) -> list[float]:
        """The largest share that hits that provider in each of so many equal stretches."""
        step, request = (self.ends - self.begins) / columns, self._typical(provider)
        return [
            max(
                self.plan.share(request, self.begins + step * (column + inside))
                for inside in (0.0, 0.5, 0.999)
            )
            for column in range(columns)
        ]

    def _spells(self, provider: str) -> Iterator[tuple[Spell, State]]:
        edges, request = self._edges(), self._typical(provider)
        begins, state = self.begins, None
        for edge, after in pairwise(edges):
            state_here = _state(self.plan.share(request, (edge + after) / 2))
            if state_here != state:
                if state is not None:
                    yield Spell(begins, edge), state
                begins, state = edge, state_here
        if state is not None:
            yield Spell(begins, self.ends), state

    def _typical(self, provider: str) -> Request:
        """A request such as the app made: windows may hit one model or one path only."""
        made = next(iter(self.to(provider)), None)
        if made is None:
            return Request(provider, "", "api", "", "")
        return Request(provider, made.api, "api", "", made.path, made.model, made.stream)

    def _edges(self) -> list[float]:
        """Where the share can change its course; a sloping line is followed minute by minute."""
        edges = {self.begins, self.ends}
        for window in self.plan.windows:
            edges |= {window.begins, window.ends}
            if len(window.window.share.points) > 1:
                minutes = int((window.ends - window.begins) // 60)
                edges |= {window.begins + 60.0 * minute for minute in range(minutes)}
        return sorted(edge for edge in edges if self.begins <= edge <= self.ends)


def _state(share: float) -> State:
    if share >= DOWN_SHARE:
        return "down"
    return "ailing" if share > UP_SHARE else "up"
