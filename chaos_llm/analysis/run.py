"""A run: the calls of one replay with all that is known about them; what checks look at."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import Literal

from chaos_llm.analysis.call import Call
from chaos_llm.analysis.evidence import Evidence
from chaos_llm.analysis.side_effects import SideEffect
from chaos_llm.decisions.overrides import Overrides
from chaos_llm.journal.journal import Exchange
from chaos_llm.profiles.model import Profile
from chaos_llm.protocol.messages import Request
from chaos_llm.redaction import Secrets
from chaos_llm.requests.credentials import Credentials

State = Literal["up", "ailing", "down"]
DOWN_SHARE = 0.5  # from here on a provider counts as down: half of what it is asked is hit
UP_SHARE = 0.05  # up to here it counts as up: a breaker that needs a few failures stays closed
_MINUTE = 60.0
_IN = (0.0, 0.5, 0.999)  # where inside a column its share is looked up


@dataclass(frozen=True)
class Interval:
    """A stretch of time in which a provider was in one state; seconds of the profile."""

    begins: float
    ends: float

    def __contains__(self, time: float) -> bool:
        return self.begins <= time < self.ends


@dataclass(frozen=True)
class Run:
    """The calls of a replay, its exchanges in order, and what hit them."""

    overrides: Overrides
    calls: Sequence[Call]
    exchanges: Sequence[Exchange]
    evidence: Evidence
    begins: float
    ends: float
    credentials: Credentials = field(default_factory=Credentials)
    side_effects: Sequence[SideEffect] = ()
    secrets: Secrets = field(default_factory=Secrets)  # what no report may show

    @property
    def profile(self) -> Profile:
        """The bad day."""
        return self.overrides.plan.profile

    @property
    def seed(self) -> int:
        """What the day's dice were keyed with."""
        return self.overrides.plan.seed

    @cached_property
    def applied(self) -> int:
        """How many requests a fault changed."""
        return sum(1 for exchange in self.exchanges if exchange.applied)

    @cached_property
    def api(self) -> list[Exchange]:
        """The exchanges with the models' own endpoints."""
        return [exchange for exchange in self.exchanges if exchange.surface == "api"]

    @cached_property
    def providers(self) -> tuple[str, ...]:
        """The providers that were asked, in the order of the first request."""
        return tuple(self._to)

    def to(self, provider: str) -> list[Exchange]:
        """The exchanges with one provider's models."""
        return self._to.get(provider, [])

    def of(self, call: Call, provider: str) -> list[Exchange]:
        """The requests that a call made to one provider."""
        return [e for e in self.evidence.of(call) if e.provider == provider]

    def failed_on(self, call: Call, provider: str) -> bool:
        """Whether a provider was asked in a call and had not answered when it was asked last."""
        asked = self.of(call, provider)
        return bool(asked) and asked[-1].failed

    def was_torn(self, call: Call) -> bool:
        """Whether an answer to this call broke off on the wire, or said that it did."""
        return any(e.status == 200 and e.failed for e in self.evidence.of(call))

    @cached_property
    def corruption_shown(self) -> list[Call]:
        """The calls that were shown what the provider itself had spoilt and called complete.

        No app can see that without an evaluation of its own.
        """
        shown = [c for c in self.calls if c.outcome in ("primary", "fallback", "truncated")]
        return [
            c for c in shown if any(e.ok and e.silently_corrupted for e in self.evidence.of(c)[-1:])
        ]

    def tells(self, call: Call) -> bool:
        """Whether a call shows whom the app turns to: made, and not answered by a cache."""
        return call.outcome not in ("missed", "cached", "stale") or bool(self.evidence.of(call))

    def share(self, provider: str, at: float) -> float:
        """The largest share that hits what this app asks of a provider at that time."""
        plainest = (Request(provider, "", "api", "", ""),)
        kinds = self._kinds.get(provider, plainest)
        return max(self.overrides.share(kind, at) for kind in kinds)

    def well_for(self, provider: str, at: float) -> float:
        """How long a provider has been up at that time; below 0 where it is not."""
        up = (
            interval
            for interval, state in self._intervals(provider)
            if state == "up" and at in interval
        )
        return next((at - interval.begins for interval in up), -1.0)

    def times_down(self, provider: str) -> list[Interval]:
        """When the plan had the provider down, within the run."""
        return [interval for interval, state in self._intervals(provider) if state == "down"]

    def recoveries(self, provider: str, least: float, *, of_any: bool = False) -> list[Interval]:
        """The spells of being well, of at least that length, which end a time of being down.

        Between the two a provider may be ailing; that is not yet a recovery. With `of_any` a time
        of being no more than ailing counts as well.
        """
        found, was_down = [], False
        for interval, state in self._intervals(provider):
            if state == "up" and was_down and interval.ends - interval.begins >= least:
                found.append(interval)
            was_down = state == "down" or (state == "ailing" and (was_down or of_any))
        return found

    def shares(self, provider: str, columns: int) -> list[float]:
        """The largest share that hits that provider in each of so many equal stretches."""
        step = (self.ends - self.begins) / columns
        times = [self.begins + step * (column + part) for column in range(columns) for part in _IN]
        times += [edge for edge in self.overrides.edges() if self.begins <= edge < self.ends]
        shares = [0.0] * columns
        for time in times:
            column = min(columns - 1, int((time - self.begins) / step))
            shares[column] = max(shares[column], self.share(provider, time))
        return shares

    def _intervals(self, provider: str) -> list[tuple[Interval, State]]:
        if provider not in self._known_intervals:
            self._known_intervals[provider] = list(self._find_intervals(provider))
        return self._known_intervals[provider]

    def _find_intervals(self, provider: str) -> Iterator[tuple[Interval, State]]:
        begins, state = self.begins, None
        for edge, after in pairwise(self._edges):
            state_here = _state(self.share(provider, (edge + after) / 2))
            if state_here != state:
                if state is not None:
                    yield Interval(begins, edge), state
                begins, state = edge, state_here
        if state is not None:
            yield Interval(begins, self.ends), state

    @cached_property
    def _known_intervals(self) -> dict[str, list[tuple[Interval, State]]]:
        return {}

    @cached_property
    def _to(self) -> dict[str, list[Exchange]]:
        asked: dict[str, list[Exchange]] = {}
        for exchange in self.api:
            asked.setdefault(exchange.provider, []).append(exchange)
        return asked

    @cached_property
    def _kinds(self) -> dict[str, tuple[Request, ...]]:
        """The kinds of requests that the app made: a window may hit one model or path only."""
        return {provider: _kinds(made) for provider, made in self._to.items()}

    @cached_property
    def _edges(self) -> list[float]:
        """Where the share can change its course.

        A sloping line is followed minute by minute, and so is a load.
        """
        edges = {self.begins, self.ends} | self.overrides.edges()
        for window in self.overrides.plan.windows:
            if len(window.window.share.points) > 1 or window.window.capacity is not None:
                minutes = int((window.ends - window.begins) // _MINUTE)
                edges |= {window.begins + _MINUTE * minute for minute in range(minutes)}
        return sorted(edge for edge in edges if self.begins <= edge <= self.ends)


def _kinds(made: list[Exchange]) -> tuple[Request, ...]:
    kinds = {(e.provider, e.api, e.path, e.model, e.stream, e.credential) for e in made}
    return tuple(
        Request(provider, api, "api", "", path, model, stream, credential=credential)
        for provider, api, path, model, stream, credential in sorted(kinds)
    )


def _state(share: float) -> State:
    if share >= DOWN_SHARE:
        return "down"
    return "ailing" if share > UP_SHARE else "up"
