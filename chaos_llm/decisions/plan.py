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
_MOST_FORMS = 1024  # of requests that are remembered for each segment
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
    def _constant(self) -> tuple[str, float, bytes] | None:
        """Its name, share and key, where each request draws and neither time nor load matters."""
        window = self.window
        if window.capacity is None and window.share.is_constant and window.sticky_by == "request":
            return window.name, window.share.at(0.0, self.pick), self._share_key
        return None

    def share(self, at: float, loads: Loads | None = None) -> float:
        """The share at that time of the profile, under the load measured until then."""
        share, capacity = self.window.share.at(at, self.pick), self.window.capacity
        if capacity is None or loads is None:
            return share
        load = loads[self.window.name]
        return share * capacity.overload(load.at(at), load.healthy)

    @cached_property
    def depends_on_size(self) -> bool:
        """Whether it hits some requests of a form and not others."""
        targets = (*self.window.on, *self.window.except_)
        return any(target.larger_than is not None for target in targets)

    def hits(self, request: Request) -> bool:
        """Whether the request is in the window's targets and not in its exceptions."""
        exceptions = self.window.except_
        if not self._in(self.window.on, request):
            return False
        return not (exceptions and self._in(exceptions, request))

    def draw(
        self,
        request: Request,
        key: Key,
        at: float,
        loads: Loads | None = None,
        in_bytes: bytes = b"",
    ) -> Draw:
        """Draw whether the request is hit, then the fault.

        Requests that agree in `sticky_by` share the first of the two draws. `in_bytes` is the key,
        where it is known already.
        """
        constant, in_bytes = self._constant, in_bytes or key.in_bytes()
        if constant is not None:
            name, share, share_key = constant
            roll = first_roll(share_key + in_bytes)
        else:
            name, share = self.window.name, self.share(at, loads)
            if self.window.sticky_by != "request":
                in_bytes = joined(*self._sticky_key(request, key, at))
            roll = first_roll(self._share_key + in_bytes)
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


class Segment:
    """A stretch of time in which no window opens or closes, and the windows that are open."""

    __slots__ = ("_of_forms", "begins", "ends", "windows")

    def __init__(self, begins: float, ends: float, windows: tuple[PlacedWindow, ...]) -> None:
        self.begins, self.ends, self.windows = begins, ends, windows
        self._of_forms: dict[Any, tuple[PlacedWindow, ...]] = {}

    def hitting(self, request: Request) -> tuple[PlacedWindow, ...]:
        """The windows that hit a request: the same for all of one form."""
        windows = self._of_forms.get(request.form)
        return self._find(request) if windows is None else windows

    def _find(self, request: Request) -> tuple[PlacedWindow, ...]:
        found = tuple([window for window in self.windows if window.hits(request)])
        form = request.form
        if form is not None and not any(window.depends_on_size for window in self.windows):
            if len(self._of_forms) >= _MOST_FORMS:
                self._of_forms.clear()
            self._of_forms[form] = found
        return found


class Plan:
    """A profile with a seed: decides which requests are hit."""

    def __init__(self, profile: Profile, seed: int, tiers: Tiers = NO_TIERS) -> None:
        self.profile, self.seed = profile, seed
        self.windows = tuple(self.placed(profile, seed, tiers))
        self.depends_on_size = any(window.depends_on_size for window in self.windows)
        self._edges = sorted({edge for w in self.windows for edge in (w.begins, w.ends)})
        self._segments: dict[int, Segment] = {}
        self._last = Segment(math.inf, -math.inf, ())  # the one that was looked up last

    @staticmethod
    def placed(profile: Profile, seed: int, tiers: Tiers = NO_TIERS) -> Iterator[PlacedWindow]:
        """The simulated windows in file order; a window that flaps once for each burst."""
        for window in profile.windows:
            if window.simulated:
                yield from _placed(window, seed, tiers)

    def decide(
        self,
        request: Request,
        key: Key,
        at: float,
        loads: Loads | None = None,
        in_bytes: bytes = b"",
    ) -> Decision:
        """Which faults hit this request at that time of the profile, under these loads.

        Without loads, a window with a capacity uses its full share. `in_bytes` is the key, where it
        is known already.
        """
        segment = self._last
        if not segment.begins <= at < segment.ends:
            segment = self.segment(at)
        windows = segment.hitting(request)
        if not windows:
            return HEALTHY
        if len(windows) == 1:
            return Decision((windows[0].draw(request, key, at, loads, in_bytes),))
        return Decision(tuple([w.draw(request, key, at, loads, in_bytes) for w in windows]))

    def open_at(self, at: float) -> tuple[PlacedWindow, ...]:
        """The windows that are open at that time, in file order."""
        return self.segment(at).windows

    def segment(self, at: float) -> Segment:
        """The segment of that time.

        The edges cut the timeline into segments, so a lookup costs one bisection however many
        windows the profile has.
        """
        last = self._last
        if last.begins <= at < last.ends:
            return last
        edges, index = self._edges, bisect_right(self._edges, at)
        found = self._segments.get(index)
        if found is None:
            begins = edges[index - 1] if index else -math.inf
            ends = edges[index] if index < len(edges) else math.inf
            windows = tuple(w for w in self.windows if w.begins <= at < w.ends)
            found = self._segments[index] = Segment(begins, ends, windows)
        self._last = found
        return found

    def bounds(self) -> tuple[float, float]:
        """The times at which the first simulated window begins and the last one ends."""
        if not self.windows:
            return 0.0, max(0.0, self.profile.ends)
        return min(w.begins for w in self.windows), max(w.ends for w in self.windows)


class Meter:
    """The load of windows with a capacity; until the first window it is the healthy load."""

    def __init__(self, plan: Plan) -> None:
        healthy_until, _ = plan.bounds()
        named = {w.window.name: w for w in plan.windows if w.window.capacity is not None}
        self._windows = Segment(-math.inf, math.inf, tuple(named.values()))
        self.loads: Loads = {
            name: Load(placed.window.capacity.per, healthy_until)
            for name, placed in named.items()
            if placed.window.capacity is not None
        }

    def count(self, request: Request, at: float) -> None:
        """Count a request for each window that it is a target of, open or not."""
        for placed in self._windows.hitting(request):
            self.loads[placed.window.name].count(at)


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
