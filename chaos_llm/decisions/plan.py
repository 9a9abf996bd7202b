"""What hits a request, decided before any byte is sent: Plan.decide is a pure function.

Each window throws its own die, keyed by what was asked and never by when it arrived, so that
sync, async and threaded runs of the same workload meet the same decisions.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from chaos_llm.faults.fault import Fault
from chaos_llm.profiles.capacity import Load, Loads
from chaos_llm.profiles.model import Profile, Target, Window
from chaos_llm.protocol.keyed_random import KeyedRandom
from chaos_llm.protocol.messages import Request
from chaos_llm.requests.billing_tiers import NO_TIERS, Tiers
from chaos_llm.requests.correlation import Key

INJECTED = "injected"  # stands for a window's name where a test put the fault on by hand


class Draw(NamedTuple):
    """One throw of one window's die; `fault` is None where the request was spared."""

    window: str
    fault: Fault | None
    roll: float
    share: float

    @property
    def why(self) -> str:
        """The throw as a sentence."""
        if self.window == INJECTED and self.fault is not None:
            return f"injected by the test: {self.fault!r}"
        verb = f"{self.fault!r}" if self.fault else "spared"
        return f"{self.window!r} threw {self.roll:.3f} against {self.share:.3f}: {verb}"


@dataclass(frozen=True, slots=True)
class Decision:
    """Which faults hit a request and why; frozen, and made before any byte is sent."""

    draws: tuple[Draw, ...] = ()

    @property
    def hits(self) -> Iterator[tuple[str, Fault]]:
        """The windows whose throws hit, each with its fault."""
        return ((t.window, t.fault) for t in self.draws if t.fault is not None)

    @property
    def why(self) -> str:
        """The whole reason, one sentence a throw."""
        return "; ".join(throw.why for throw in self.draws) or "no window is open for this request"


HEALTHY = Decision()


@dataclass(frozen=True)
class PlacedWindow:
    """A window whose ranges the seed has settled, or one burst of a window that flaps.

    `opened` is when the window began, of which this may be a later burst.
    """

    window: Window
    seed: int
    begins: float
    ends: float
    pick: float
    opened: float
    tiers: Tiers = NO_TIERS

    @cached_property
    def weights(self) -> tuple[float, ...]:
        return tuple(weighted.weight for weighted in self.window.faults)

    @cached_property
    def faults(self) -> tuple[Fault, ...]:
        return tuple(weighted.fault for weighted in self.window.faults)

    def share(self, at: float, loads: Loads | None = None) -> float:
        """The share at that time of the profile, under the load that was met until then."""
        share, capacity = self.window.share.at(at, self.pick), self.window.capacity
        if capacity is None or loads is None:
            return share
        load = loads[self.window.name]
        return share * capacity.overload(load.at(at), load.healthy)

    def hits(self, request: Request) -> bool:
        """Whether the window is about this request."""
        spares = self.window.except_
        return self._in(self.window.on, request) and not (spares and self._in(spares, request))

    def throw(self, request: Request, key: Key, at: float, loads: Loads | None = None) -> Draw:
        """Draw once for all requests that agree in `sticky_by`, then draw the fault."""
        name, share = self.window.name, self.share(at, loads)
        roll = KeyedRandom("share", self.seed, name, *self._sharers(request, key, at)).roll()
        if roll >= share:
            return Draw(name, None, roll, share)
        if len(self.faults) == 1:
            return Draw(name, self.faults[0], roll, share)
        rng = KeyedRandom("mix", self.seed, name, *key)
        return Draw(name, rng.weighted(self.faults, self.weights), roll, share)

    def _in(self, targets: tuple[Target, ...], request: Request) -> bool:
        for target in targets:
            if target.hits(request) and (
                not target.tier or target.tier == self.tiers.of(request.credential)
            ):
                return True
        return False

    def _sharers(self, request: Request, key: Key, at: float) -> tuple[object, ...]:
        per, sticky_for = self.window.sticky_by, self.window.sticky_for
        if per == "request":
            return key
        epoch = int((at - self.opened) // sticky_for) if sticky_for else 0
        if per == "session":
            return ("session", key.user, epoch)
        if per == "credential":
            return ("credential", request.credential, epoch)
        return ("client", epoch)


class Plan:
    """A profile and a seed, ready to decide."""

    def __init__(self, profile: Profile, seed: int, tiers: Tiers = NO_TIERS) -> None:
        self.profile, self.seed = profile, seed
        self.windows = tuple(self.placed(profile, seed, tiers))
        self._edges = sorted({edge for w in self.windows for edge in (w.begins, w.ends)})
        self._open: dict[int, tuple[PlacedWindow, ...]] = {}

    @staticmethod
    def placed(profile: Profile, seed: int, tiers: Tiers = NO_TIERS) -> Iterator[PlacedWindow]:
        """The windows that are played, each burst of those that flap, in file order."""
        for window in profile.windows:
            if window.simulated:
                yield from _placed(window, seed, tiers)

    def decide(self, request: Request, key: Key, at: float, loads: Loads | None = None) -> Decision:
        """Which faults hit this request at that time of the profile, under these loads.

        Without loads a window with a capacity is as bad as it gets.
        """
        windows = self.open_at(at)
        if not windows:
            return HEALTHY
        draws = tuple([w.throw(request, key, at, loads) for w in windows if w.hits(request)])
        return Decision(draws) if draws else HEALTHY

    def open_at(self, at: float) -> tuple[PlacedWindow, ...]:
        """The windows that are open at that time, in file order.

        The edges cut the timeline into segments in which nothing opens or closes, so a lookup
        costs one bisection however many windows the profile has.
        """
        segment = bisect_right(self._edges, at)
        windows = self._open.get(segment)
        if windows is None:
            windows = tuple(w for w in self.windows if w.begins <= at < w.ends)
            self._open[segment] = windows
        return windows

    def bounds(self) -> tuple[float, float]:
        """When the first played window begins and the last one ends."""
        if not self.windows:
            return 0.0, max(0.0, self.profile.ends)
        return min(w.begins for w in self.windows), max(w.ends for w in self.windows)


class Meter:
    """What the windows with a capacity have met; until the first window all is healthy."""

    def __init__(self, plan: Plan) -> None:
        calm_until, _ = plan.bounds()
        self._windows = {w.window.name: w for w in plan.windows if w.window.capacity is not None}
        self.loads: Loads = {
            name: Load(placed.window.capacity.per, calm_until)
            for name, placed in self._windows.items()
            if placed.window.capacity is not None
        }

    def meet(self, request: Request, at: float) -> None:
        """Count a request where it is of what a window hits, whether that is open or not."""
        for name, placed in self._windows.items():
            if placed.hits(request):
                self.loads[name].meet(at)


def _placed(window: Window, seed: int, tiers: Tiers) -> Iterator[PlacedWindow]:
    rng = KeyedRandom("place", seed, window.name)
    begins, ends = rng.between(*window.begins), rng.between(*window.ends)
    pick, flap = rng.roll(), window.flap
    if flap is None:
        yield PlacedWindow(window, seed, begins, ends, pick, begins, tiers)
        return
    period = flap.down + flap.up
    for burst in range(math.ceil((ends - begins) / period)):
        first = begins + burst * period
        last = min(first + flap.down, ends)
        yield PlacedWindow(window, seed, first, last, pick, begins, tiers)
