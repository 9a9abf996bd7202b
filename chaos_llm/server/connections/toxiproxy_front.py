"""Toxiproxy in front of a server: a proxy for each provider, with toxics as the timeline says.

A connection shows neither model nor path, so Toxiproxy simulates the windows that hit a whole
provider, and the server simulates the others itself. The toxics follow the default run, because
all runs share them.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from itertools import pairwise
from typing import Any

from chaos_llm.decisions.plan import PlacedWindow
from chaos_llm.errors import ChaosError
from chaos_llm.profiles.model import Window
from chaos_llm.protocol.messages import Request
from chaos_llm.requests.correlation import Key
from chaos_llm.server.connections.wire_effects import is_on_the_wire
from chaos_llm.server.runs.clock import Timer
from chaos_llm.server.runs.runs import ServedRun
from chaos_llm.toxiproxy.daemon import Toxiproxy, toxiproxy
from chaos_llm.toxiproxy.proxy import ActiveToxic, ToxiproxyRoute

_STEPS = 20  # in which a share that slopes is followed
_INSIDE = 1e-6  # seconds: a sum of floats may fall short of the edge that it is
_ANYBODY, _ANYTHING = Key(0, 0, "", "", 0), Request("", "", "", "", "")


class ToxiproxyFront:
    """The proxies of one server, from `open` to `close`, which removes them and their toxics."""

    def __init__(self, run: ServedRun, providers: Sequence[str]) -> None:
        self._run, self._providers = run, providers
        self._kept = ExitStack()
        self._doors: dict[str, ToxiproxyRoute] = {}
        self._timer: Timer | None = None

    def open(self, upstream: str) -> dict[str, str]:
        """Create a proxy for each provider; return their addresses. Raises UsageError."""
        with ExitStack() as kept:
            found = kept.enter_context(toxiproxy())
            for provider in self._providers:
                self._doors[provider] = self._door(kept, found, provider, upstream)
            kept.callback(self._end)
            self._run.when_changed = self._begin
            self._begin()
            self._kept = kept.pop_all()
        return {name: f"http://{door.address}" for name, door in self._doors.items()}

    def _door(
        self, kept: ExitStack, found: Toxiproxy, provider: str, upstream: str
    ) -> ToxiproxyRoute:
        name = f"chaos_llm-{upstream.rpartition(':')[2]}-{provider}"
        door = ToxiproxyRoute(found, name, upstream)
        kept.callback(_removed, door)
        return door

    def close(self) -> None:
        """Remove every toxic and proxy, and stop a Toxiproxy that `open` has started."""
        self._kept.close()

    def _end(self) -> None:
        self._run.when_changed = None
        if self._timer is not None:
            self._timer.cancel()

    @property
    def worn(self) -> list[dict[str, Any]]:
        """The toxics that are on, as JSON."""
        return [
            {"provider": provider, "toxic": repr(active.toxic), "share": active.share}
            for provider, door in self._doors.items()
            for active in door.active.values()
        ]

    def _begin(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._follow(-math.inf)

    def _follow(self, since: float) -> None:
        """Have on what the timeline says now, and look again when that changes."""
        run = self._run
        at = max(run.now, since)
        change = min(_changes(run, at), default=math.inf)
        self._timer = None
        if change < math.inf:
            due = change - run.position
            self._timer = run.clock.call_at(due, partial(self._follow, change), is_pause=False)
        for provider, door in self._doors.items():
            try:
                door.apply(dict(_wanted(run, provider, at)))
            except ChaosError as error:
                if not run.clock.rate:
                    raise  # a request waits for `advance`
                print(f"chaos-llm: {provider}: {error}", file=sys.stderr)  # noqa: T201 - its log


def _wanted(run: ServedRun, provider: str, at: float) -> Iterator[tuple[str, ActiveToxic]]:
    """The toxics of the windows that are open for a provider, by a name of their own."""
    for placed in run.plan.open_at(at):
        window = placed.window
        if not is_on_the_wire(window) or not _hits(window, provider):
            continue
        share = _share(placed, at)
        if share and not run.overrides.is_healed(placed, provider, at):
            number = run.plan.profile.windows.index(window)
            for index, toxic in enumerate(window.network):
                yield f"{number}-{index}-{toxic.kind}-{toxic.stream}", ActiveToxic(toxic, share)


def _hits(window: Window, provider: str) -> bool:
    return any(target.provider in (provider, "*") for target in window.on)


def _share(placed: PlacedWindow, at: float) -> float:
    """The share of connections; if all clients share one draw, it is made here: all or none."""
    if placed.window.sticky_by != "client":
        return round(min(1.0, placed.share(at)), 4)
    draw = placed.draw(_ANYTHING, _ANYBODY, at + _INSIDE)
    return 1.0 if draw.fault is not None else 0.0


def _changes(run: ServedRun, at: float) -> Iterator[float]:
    """When something is put on or off next, of all that is known now."""
    for placed in run.plan.windows:
        if not is_on_the_wire(placed.window) or placed.ends <= at:
            continue
        if at < placed.begins:
            yield placed.begins
            continue
        yield placed.ends
        if placed.window.sticky_by == "client" and placed.window.sticky_for:
            sticky_for = placed.window.sticky_for
            yield (
                placed.opened
                + (math.floor((at + _INSIDE - placed.opened) / sticky_for) + 1) * sticky_for
            )
        yield from (time for time in _slope(placed.window.share.points) if time > at)


def _slope(points: Sequence[tuple[float, float]]) -> Iterator[float]:
    """The moments at which a share that changes is looked at again."""
    for (begins, first), (ends, last) in pairwise(points):
        if first != last and begins < ends:
            yield from (begins + (ends - begins) * step / _STEPS for step in range(_STEPS))
        yield ends


def _removed(door: ToxiproxyRoute) -> None:
    try:
        door.remove()
    except ChaosError as error:  # gone before us; nothing is left to be taken off
        print(f"chaos-llm: a proxy of Toxiproxy was not removed: {error}", file=sys.stderr)  # noqa: T201 - its log
