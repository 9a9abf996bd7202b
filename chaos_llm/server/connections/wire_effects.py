"""Which windows a wire can play, and what requests that came over it are taken to have met."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields

from chaos_llm.decisions.plan import Decision, Draw
from chaos_llm.network import Down
from chaos_llm.network.on_the_wire import OnTheWire
from chaos_llm.profiles.model import Profile, Share, Target, Window

_SEEN = ("provider", "surface")  # of a target: a provider's door is for all of its API


def is_on_the_wire(window: Window) -> bool:
    """Whether connections alone can tell whom the window hits, and how many of them."""
    if not window.network or window.except_ or window.capacity is not None:
        return False
    if not all(map(_is_plain, window.on)):
        return False
    is_down = any(isinstance(toxic, Down) for toxic in window.network)
    return not is_down or _is_sure(window)


def on_the_wire(profile: Profile) -> Mapping[str, Window]:
    """The windows of a day that the wire plays, by name."""
    return {window.name: window for window in profile.windows if is_on_the_wire(window)}


def effects_of_wire(decision: Decision, windows: Mapping[str, Window], *, leads: bool) -> Decision:
    """What a request met that came over the wire.

    Where all connections are hit or none, the throw stands, and the wire plays it; of a share of
    them nobody tells which, nor of a run that does not lead the wire.
    """
    return Decision(tuple(_kept(decision, windows, leads=leads)))


def _kept(decision: Decision, windows: Mapping[str, Window], *, leads: bool) -> Iterator[Draw]:
    for throw in decision.draws:
        window = windows.get(throw.window)
        if window is None:
            yield throw
        elif leads and _is_sure(window):
            fault = throw.fault and OnTheWire(window.network)
            yield throw._replace(fault=fault)


def _is_sure(window: Window) -> bool:
    return window.sticky_by == "client" or window.share == Share.constant(1.0)


def _is_plain(target: Target) -> bool:
    """Whether a target is a provider's whole API."""
    narrowed = (f for f in fields(target) if f.name not in _SEEN)
    return target.surface == "api" and all(getattr(target, f.name) == f.default for f in narrowed)
