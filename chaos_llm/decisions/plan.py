"""Decide which faults hit a request; `Plan.decide` is a pure function.

Each window draws on its own. The draw is keyed by the request's content and its place in its call,
never by the order of arrival, so sync, async and threaded runs of a workload get the same faults.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from chaos_llm.faults.fault import Fault
from chaos_llm.profiles.capacity import Load, Loads
from chaos_llm.profiles.model import Profile, Target, Window
from chaos_llm.protocol.fast_dataclass import quick
from chaos_llm.protocol.keyed_random import KeyedRandom, first_roll, joined
from chaos_llm.protocol.messages import Request
from chaos_llm.requests.billing_tiers import NO_TIERS, Tiers
from chaos_llm.requests.correlation import Key

_new = tuple.__new__  # makes a Draw in one call instead of two, for each healthy reply
_MOST_FORMS = 1024  # of requests that are remembered for each window
INJECTED = "injected"  # instead of a window's name, for a fault that a test injected


class Draw(NamedTuple):
    """One draw of one window: a roll below the share hits. `fault` is None if it did not hit."""

    window: str
    fault: Fault | None
    roll: float
    share: float

    @property
    def why(self) -> str:
        """The draw as a sentence."""
        if self.window == INJECTED and self.fault is not None:
            return f"injected by the test: {self.fault!r}"
        # Journals contain this sentence: another wording would change their bytes.
        result = f"{self.fault!r}" if self.fault else "spared"
        return f"{self.window!r} threw {self.roll:.3f} against {self.share:.3f}: {result}"


@quick(frozen=True, slots=True)
class Decision:
    """The draws for one request; made before any byte of the reply is sent."""

    draws: tuple[Draw, ...] = ()

    @property
    def hits(self) -> Iterator[tuple[str, Fault]]:
        """The windows that hit the request, each with its fault."""
        return ((draw.window, draw.fault) for draw in self.draws if draw.fault is not None)

    @property
    def spares(self) -> bool:
        """Whether no window hits the request."""
        for draw in self.draws:  # noqa: SIM110 - a request without draws is what is asked about
            if draw.fault is not None:
                return False
        return True

    @property
    def why(self) -> str:
        """The reasons, one sentence for each draw."""
        return "; ".join(draw.why for draw in self.draws) or "no window is open for this request"


HEALTHY = Decision()


@dataclass(frozen=True)
class PlacedWindow:
    """A window with a value drawn for each of its ranges; or one burst of a window that flaps.

    `opened` is the time at which the window began; a later burst has a later `begins`.
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

    @cached_property
    def _share_key(self) -> bytes:
        """What the keys of all draws of this window begin with."""
        return joined("share", self.seed, self.window.name, "")

    @cached_property
    def _constant_share(self) -> float | None:
        """The share, where neither time nor load changes it."""
        window = self.window
        if window.capacity is None and window.share.is_constant:
            return window.share.at(0.0, self.pick)
        return None

    def share(self, at: float, loads: Loads | None = None) -> float:
        """The share at that time of the profile, under the load measured until then."""
        share, capacity = self.window.share.at(at, self.pick), self.window.capacity
        if capacity is None or loads is None:
            return share
        load = loads[self.window.name]
        return share * capacity.overload(load.at(at), load.healthy)

    @cached_property
    def _depends_on_size(self) -> bool:
        targets = (*self.window.on, *self.window.except_)
        return any(target.larger_than is not None for target in targets)

    @cached_property
    def _hit_forms(self) -> dict[Any, bool]:
        """Whether requests of these forms are hit: all of one form are, or none is."""
        return {}

    def hits(self, request: Request) -> bool:
        """Whether the request is in the window's targets and not in its exceptions."""
        form = request.form
        if form is None or self._depends_on_size:
            return self._is_target(request)
        is_hit = self._hit_forms.get(form)
        if is_hit is None:
            if len(self._hit_forms) >= _MOST_FORMS:
                self._hit_forms.clear()
            is_hit = self._hit_forms[form] = self._is_target(request)
        return is_hit

    def _is_target(self, request: Request) -> bool:
        exceptions = self.window.except_
        if not self._in(self.window.on, request):
            return False
        return not (exceptions and self._in(exceptions, request))

    def draw(self, request: Request, key: Key, at: float, loads: Loads | None = None) -> Draw:
        """Draw whether the request is hit, then the fault.

        Requests that agree in `sticky_by` share the first of the two draws.
        """
        name, share = self.window.name, self._constant_share
        if share is None:
            share = self.share(at, loads)
        if self.window.sticky_by == "request":
            sticky = key.in_bytes()
        else:
            sticky = joined(*self._sticky_key(request, key, at))
        roll = first_roll(self._share_key + sticky)
        if roll >= share:
            return _new(Draw, (name, None, roll, share))
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

    def _sticky_key(self, request: Request, key: Key, at: float) -> tuple[object, ...]:
        """The key of a draw that requests share: those that share it have the same one."""
        sticky_by, sticky_for = self.window.sticky_by, self.window.sticky_for
        epoch = int((at - self.opened) // sticky_for) if sticky_for else 0
        if sticky_by == "session":
            return ("session", key.user, epoch)
        if sticky_by == "credential":
            return ("credential", request.credential, epoch)
        return ("client", epoch)


class Plan:
    """A profile with a seed: decides which requests are hit."""

    def __init__(self, profile: Profile, seed: int, tiers: Tiers = NO_TIERS) -> None:
        self.profile, self.seed = profile, seed
        self.windows = tuple(self.placed(profile, seed, tiers))
        self._edges = sorted({edge for w in self.windows for edge in (w.begins, w.ends)})
        self._open: dict[int, tuple[PlacedWindow, ...]] = {}
        # The last segment that was looked up, and what is open in it.
        self._last: tuple[float, float, tuple[PlacedWindow, ...]] = (math.inf, -math.inf, ())

    @staticmethod
    def placed(profile: Profile, seed: int, tiers: Tiers = NO_TIERS) -> Iterator[PlacedWindow]:
        """The simulated windows in file order; a window that flaps once for each burst."""
        for window in profile.windows:
            if window.simulated:
                yield from _placed(window, seed, tiers)

    def decide(self, request: Request, key: Key, at: float, loads: Loads | None = None) -> Decision:
        """Which faults hit this request at that time of the profile, under these loads.

        Without loads, a window with a capacity uses its full share.
        """
        windows = self.open_at(at)
        if not windows:
            return HEALTHY
        draws = tuple([w.draw(request, key, at, loads) for w in windows if w.hits(request)])
        return Decision(draws) if draws else HEALTHY

    def open_at(self, at: float) -> tuple[PlacedWindow, ...]:
        """The windows that are open at that time, in file order.

        The edges cut the timeline into segments in which nothing opens or closes, so a lookup
        costs one bisection however many windows the profile has.
        """
        begins, ends, windows = self._last
        if begins <= at < ends:
            return windows
        segment = bisect_right(self._edges, at)
        found = self._open.get(segment)
        if found is None:
            found = tuple(w for w in self.windows if w.begins <= at < w.ends)
            self._open[segment] = found
        self._last = (*self.segment(at), found)
        return found

    def segment(self, at: float) -> tuple[float, float]:
        """From when until when the windows are open that are open at that time."""
        index = bisect_right(self._edges, at)
        begins = self._edges[index - 1] if index else -math.inf
        ends = self._edges[index] if index < len(self._edges) else math.inf
        return begins, ends

    def bounds(self) -> tuple[float, float]:
        """The times at which the first simulated window begins and the last one ends."""
        if not self.windows:
            return 0.0, max(0.0, self.profile.ends)
        return min(w.begins for w in self.windows), max(w.ends for w in self.windows)


class Meter:
    """The load of windows with a capacity; until the first window it is the healthy load."""

    def __init__(self, plan: Plan) -> None:
        healthy_until, _ = plan.bounds()
        self._windows = {w.window.name: w for w in plan.windows if w.window.capacity is not None}
        self.loads: Loads = {
            name: Load(placed.window.capacity.per, healthy_until)
            for name, placed in self._windows.items()
            if placed.window.capacity is not None
        }

    def count(self, request: Request, at: float) -> None:
        """Count a request for each window that it is a target of, open or not."""
        for name, placed in self._windows.items():
            if placed.hits(request):
                self.loads[name].count(at)


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
