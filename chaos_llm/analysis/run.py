"""A run: the calls and exchanges of one replay, and the state of providers; read by checks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import pairwise
from typing import Literal, NamedTuple

from chaos_llm.analysis.call import Call
from chaos_llm.analysis.evidence import Evidence
from chaos_llm.analysis.side_effects import SideEffect
from chaos_llm.decisions.overrides import Overrides
from chaos_llm.journal.journal import Exchange
from chaos_llm.profiles.model import Profile
from chaos_llm.protocol.messages import Request
from chaos_llm.protocol.redaction import Secrets
from chaos_llm.requests.credentials import Credentials

State = Literal["up", "ailing", "down"]
DOWN_SHARE = 0.5  # from this share of requests that are hit on, a provider counts as down
UP_SHARE = 0.05  # up to this share it counts as up: a breaker that needs some failures stays closed
_MINUTE = 60.0  # seconds
_SAMPLES = (0.0, 0.5, 0.999)  # the parts of a column at which the share is sampled


@dataclass(frozen=True)
class Interval:
    """A time interval, from `begins` up to but without `ends`; seconds of the profile."""

    begins: float
    ends: float

    def __contains__(self, time: float) -> bool:
        return self.begins <= time < self.ends


class Part(NamedTuple):
    """A model of a provider, and the wire format in which the app uses it."""

    provider: str
    model: str
    api: str


@dataclass(frozen=True, repr=False)
class Run:
    """The calls of a replay, its exchanges in order, and the faults that were planned for them."""

    overrides: Overrides
    calls: Sequence[Call]
    exchanges: Sequence[Exchange]
    evidence: Evidence
    begins: float
    ends: float
    credentials: Credentials = field(default_factory=Credentials)
    side_effects: Sequence[SideEffect] = ()
    service_failures: AbstractSet[int] = frozenset()  # calls in which another service failed
    unserved: Sequence[Exchange] = ()  # to endpoints that are not simulated; no check counts them
    secrets: Secrets = field(default_factory=Secrets)  # what no report may show
    part: Part | None = None  # if it is restricted to one model of a provider

    def __repr__(self) -> str:
        """How much there is of it: all calls and exchanges would fill pages."""
        return (
            f"<Run of {self.profile.name}, seed {self.seed}: {len(self.calls)} calls, "
            f"{len(self.exchanges)} requests>"
        )

    @property
    def profile(self) -> Profile:
        """The outage profile that was replayed."""
        return self.overrides.plan.profile

    @property
    def seed(self) -> int:
        """The seed of the random draws."""
        return self.overrides.plan.seed

    @cached_property
    def applied(self) -> int:
        """The number of requests to whose reply a fault was applied."""
        return sum(1 for exchange in self.exchanges if exchange.applied)

    @cached_property
    def api(self) -> list[Exchange]:
        """The exchanges with endpoints of models, without logins and status pages."""
        return [exchange for exchange in self.exchanges if exchange.surface == "api"]

    @cached_property
    def providers(self) -> tuple[str, ...]:
        """The providers that got requests, in the order of their first one."""
        return tuple(self._to)

    def to(self, provider: str) -> list[Exchange]:
        """The exchanges with one provider's models."""
        return self._to.get(provider, [])

    def of(self, call: Call, provider: str) -> list[Exchange]:
        """The requests that a call made to one provider."""
        part = self.part
        if part is not None and part.provider == provider:
            return [e for e in self.evidence.of(call) if _part_of(e) == part]
        return [e for e in self.evidence.of(call) if e.provider == provider]

    def parts(self, provider: str) -> list[Run]:
        """The run restricted to each model and wire format of a provider; empty if it is one."""
        parts = list(dict.fromkeys(map(_part_of, self.to(provider))))
        return [replace(self, part=part) for part in parts] if len(parts) > 1 else []

    @property
    def part_name(self) -> str:
        """The model of a restricted run, in words."""
        if self.part is None:
            return ""
        return f"model {self.part.model}" if self.part.model else f"its {self.part.api} API"

    def uses(self, provider: str) -> bool:
        """Whether healthy calls send requests to a provider."""
        if self.part is None or self.part.provider != provider:
            return self.evidence.uses(provider)
        return any(self.of(call, provider) for call in self.evidence.healthy)

    def probability_unused(self, provider: str) -> float:
        """The probability that a healthy call sends a provider no request.

        It is estimated by Laplace's rule of succession, because there may be few healthy calls.
        """
        if self.part is None or self.part.provider != provider:
            return self.evidence.probability_unused(provider)
        healthy = self.evidence.healthy
        unused = sum(1 for call in healthy if not self.of(call, provider))
        return (unused + 1) / (len(healthy) + 2)

    def failed_on(self, call: Call, provider: str) -> bool:
        """Whether the last request of a call to a provider failed; False if it sent none.

        An answer that the call returned whole has not failed, however its reply ended.
        """
        requests = self.of(call, provider)
        last = requests[-1] if requests else None
        return last is not None and last.failed and not self.evidence.reached(last)

    def was_truncated(self, call: Call) -> bool:
        """Whether an answer to this call broke off, or was marked as incomplete."""
        return any(e.status == 200 and e.failed for e in self.evidence.of(call))

    @cached_property
    def corruption_shown(self) -> list[Call]:
        """The calls that returned an answer which the provider had silently corrupted.

        Such an answer is marked as complete, so no app can detect it without evaluating its text.
        """
        shown = [c for c in self.calls if c.outcome in ("primary", "fallback", "truncated")]
        return [
            c for c in shown if any(e.ok and e.silently_corrupted for e in self.evidence.of(c)[-1:])
        ]

    def shows_routing(self, call: Call) -> bool:
        """Whether a call shows which providers the app uses: it was made, and not from a cache."""
        return call.outcome not in ("missed", "cached", "stale") or bool(self.evidence.of(call))

    def share(self, provider: str, at: float) -> float:
        """The share of requests that is hit at that time, the largest of all kinds of requests."""
        default = (Request(provider, "", "api", "", ""),)
        kinds = self._kinds.get(provider, default)
        return max(self.overrides.share(kind, at) for kind in kinds)

    def up_for(self, provider: str, at: float) -> float:
        """How long a provider has been up at that time in seconds; below 0 if it is not up."""
        up = (
            interval
            for interval, state in self._intervals(provider)
            if state == "up" and at in interval
        )
        return next((at - interval.begins for interval in up), -1.0)

    def times_down(self, provider: str) -> list[Interval]:
        """The intervals of the run in which at least DOWN_SHARE of the requests were hit."""
        return [interval for interval, state in self._intervals(provider) if state == "down"]

    def recoveries(self, provider: str, least: float, *, of_any: bool = False) -> list[Interval]:
        """The intervals of at least `least` seconds in which a provider is up after being down.

        A provider that is ailing, neither down nor up, has not yet recovered. With `of_any` being
        up after only having been ailing counts as a recovery, too.
        """
        found, was_down = [], False
        for interval, state in self._intervals(provider):
            if state == "up" and was_down and interval.ends - interval.begins >= least:
                found.append(interval)
            was_down = state == "down" or (state == "ailing" and (was_down or of_any))
        return found

    def shares(self, provider: str, columns: int) -> list[float]:
        """The largest share of requests that is hit in each of so many equal parts of the run."""
        step = (self.ends - self.begins) / columns
        times = [
            self.begins + step * (column + part) for column in range(columns) for part in _SAMPLES
        ]
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
        by_provider: dict[str, list[Exchange]] = {}
        part = self.part
        for exchange in self.api:
            if part is None or exchange.provider != part.provider or _part_of(exchange) == part:
                by_provider.setdefault(exchange.provider, []).append(exchange)
        return by_provider

    @cached_property
    def _kinds(self) -> dict[str, tuple[Request, ...]]:
        """The kinds of requests that the app sent: a window may hit one model or path only."""
        return {provider: _kinds(sent) for provider, sent in self._to.items()}

    @cached_property
    def _edges(self) -> list[float]:
        """The times at which the share of requests that are hit may change.

        If it rises or falls gradually, or depends on the load, each minute is such a time.
        """
        edges = {self.begins, self.ends} | self.overrides.edges()
        for window in self.overrides.plan.windows:
            if len(window.window.share.points) > 1 or window.window.capacity is not None:
                minutes = int((window.ends - window.begins) // _MINUTE)
                edges |= {window.begins + _MINUTE * minute for minute in range(minutes)}
        return sorted(edge for edge in edges if self.begins <= edge <= self.ends)


def _part_of(exchange: Exchange) -> Part:
    return Part(exchange.provider, exchange.model, exchange.api)


def _kinds(exchanges: list[Exchange]) -> tuple[Request, ...]:
    kinds = {(e.provider, e.api, e.path, e.model, e.stream, e.credential) for e in exchanges}
    return tuple(
        Request(provider, api, "api", "", path, model, stream, credential=credential)
        for provider, api, path, model, stream, credential in sorted(kinds)
    )


def _state(share: float) -> State:
    if share >= DOWN_SHARE:
        return "down"
    return "ailing" if share > UP_SHARE else "up"
