"""The frozen dataclasses of a profile: windows on a timeline, status page posts, and sources.

All times are float seconds after the profile's start, `Profile.starts`. chaos_llm.profiles.reading
makes these objects from TOML files; Hypothesis strategies build them directly.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from typing import Any, Literal

from chaos_llm.code_repr import CodeRepr
from chaos_llm.faults.fault import Fault
from chaos_llm.network import Network, Toxic
from chaos_llm.profiles.baseline_latency import Allowance, Edge, HealthyLatency
from chaos_llm.profiles.capacity import Capacity
from chaos_llm.profiles.sources import Event, Post, Source, StatusPage
from chaos_llm.protocol.messages import UNSERVED, Request

__all__ = [
    "SIMULATED_SURFACES",
    "SURFACES",
    "Allowance",
    "Edge",
    "Event",
    "Flap",
    "HealthyLatency",
    "Post",
    "Profile",
    "Share",
    "Source",
    "StatusPage",
    "StickyBy",
    "Target",
    "WeightedFault",
    "Window",
]

StickyBy = Literal["request", "client", "credential", "session"]
SURFACES = ("api", "login", "page", "client", "billing", "web")
SIMULATED_SURFACES = ("api", "login", "page", "client")


@dataclass(frozen=True, slots=True, repr=False)
class Target(CodeRepr):
    """The requests that a window hits. An empty field matches all.

    `model`, `path` and `region` are globs; `tier` is a billing tier of a credential
    (chaos_llm.requests.billing_tiers).
    """

    provider: str
    surface: str = "api"
    model: str = ""
    path: str = ""
    region: str = ""
    credential: str = ""
    stream: bool | None = None
    larger_than: int | None = None  # bytes of the request's body
    tier: str = ""

    def _is_unserved(self, surface: str) -> bool:
        """Whether it covers paths that no endpoint serves, as an `api` target with a path does."""
        return surface == UNSERVED and self.surface == "api" and bool(self.path)

    def hits(self, request: Request) -> bool:
        """Whether this request matches the target; its tier is not compared."""
        return (
            self.provider in (request.provider, "*")
            and (self.surface == request.surface or self._is_unserved(request.surface))
            and (not self.model or fnmatchcase(request.model, self.model))
            and (not self.path or fnmatchcase(request.path, self.path))
            and (not self.region or fnmatchcase(request.region, self.region))
            and (not self.credential or self.credential == request.credential)
            and (self.stream is None or self.stream == request.stream)
            and (self.larger_than is None or request.size > self.larger_than)
        )


@dataclass(frozen=True, slots=True, repr=False)
class Share(CodeRepr):
    """The share of requests that a window hits, from 0 to 1.

    One point is a constant; several are a line through (time, share), where a step is two points
    at the same time. `until` makes a constant a range, from which the seed picks one value for
    the run. `bound` marks a reported upper bound ("below"): documented, not simulated.
    """

    points: tuple[tuple[float, float], ...]
    until: float | None = None
    bound: bool = False

    @staticmethod
    def constant(value: float) -> Share:
        """A share that never changes."""
        return Share(((0.0, value),))

    @property
    def is_constant(self) -> bool:
        """Whether it is the same at all times."""
        return self.bound or self.until is not None or len(self.points) == 1

    def at(self, time: float, pick: float = 0.0) -> float:
        """The share at that time; `pick`, from 0 to 1, selects a value of a range."""
        if self.bound:
            return 0.0
        first = self.points[0][1]
        if self.until is not None:
            return first + (self.until - first) * pick
        if len(self.points) == 1:
            return first
        after = bisect_right(self.points, time, key=lambda point: point[0])
        if after == 0:
            return first
        if after == len(self.points):
            return self.points[-1][1]
        (t0, s0), (t1, s1) = self.points[after - 1], self.points[after]
        return s0 + (s1 - s0) * (time - t0) / (t1 - t0)

    def __repr__(self) -> str:
        plain = self == Share.constant(self.points[0][1])
        return f"Share.constant({self.points[0][1]!r})" if plain else CodeRepr.__repr__(self)

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:  # noqa: ARG002 - IPython's protocol
        printer.text(repr(self))

    @property
    def highest(self) -> float:
        """The largest share this can be."""
        return max([share for _, share in self.points] + [self.until or 0.0])


@dataclass(frozen=True, slots=True, repr=False)
class WeightedFault(CodeRepr):
    """One fault of a window, and how often it is drawn relative to the window's other faults."""

    weight: float
    fault: Fault


@dataclass(frozen=True, slots=True, repr=False)
class Flap(CodeRepr):
    """A repeated interruption: `down` seconds of failures, then `up` healthy seconds, and again."""

    down: float
    up: float


@dataclass(frozen=True, slots=True, repr=False)
class Window(CodeRepr):
    """An interval of a profile in which a share of the requests to some targets gets faults.

    `begins` and `ends` are (earliest, latest); if they differ, the seed picks a time between them.
    Requests that agree in `sticky_by` share one draw for `sticky_for` seconds, or for the whole
    run if it is None. Requests that match `except_` are not hit. With a `capacity` the share is
    multiplied by the overload at that time, from 0 to 1.
    """

    name: str
    begins: tuple[float, float]
    ends: tuple[float, float]
    on: tuple[Target, ...]
    share: Share
    faults: tuple[WeightedFault, ...]
    sticky_by: StickyBy = "request"
    sticky_for: float | None = None
    evidence: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)
    note: str = ""
    except_: tuple[Target, ...] = ()
    flap: Flap | None = None
    capacity: Capacity | None = None

    @property
    def network(self) -> tuple[Toxic, ...]:
        """The toxics of a window that simulates a network failure; empty for any other window."""
        faults = [weighted.fault for weighted in self.faults]
        return faults[0].toxics if len(faults) == 1 and isinstance(faults[0], Network) else ()

    @property
    def simulated(self) -> bool:
        """Whether the window can hit requests; if not, it is only documented."""
        return not self.share.bound and any(t.surface in SIMULATED_SURFACES for t in self.on)


@dataclass(frozen=True, slots=True, repr=False)
class Profile(CodeRepr):
    """One named failure mode: windows on a timeline, status pages, sources."""

    name: str
    title: str
    starts: datetime
    ends: float
    windows: tuple[Window, ...] = ()
    tags: tuple[str, ...] = ()
    confidence: str = ""
    note: str = ""
    sources: Mapping[str, Source] = field(default_factory=dict)
    status_pages: Mapping[str, StatusPage] = field(default_factory=dict)
    events: tuple[Event, ...] = ()
    baseline: Mapping[str, HealthyLatency] = field(default_factory=dict)
    quotas: Mapping[str, Allowance] = field(default_factory=dict)
    edges: Mapping[str, Edge] = field(default_factory=dict)

    def when(self, time: float) -> datetime:
        """The date of a time on this timeline, limited to the years 1 to 9999."""
        try:
            return self.starts + timedelta(seconds=time)
        except OverflowError:
            year, month, day = (9999, 12, 31) if time > 0 else (1, 1, 1)
            return datetime(year, month, day, tzinfo=self.starts.tzinfo)
