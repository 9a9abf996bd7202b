"""The windows that Toxiproxy can simulate, and the faults of requests that came through it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields

from chaos_llm.decisions.plan import Decision, Draw
from chaos_llm.network import Down
from chaos_llm.network.on_the_wire import OnTheWire
from chaos_llm.profiles.model import Profile, Share, Target, Window

_SEEN = ("provider", "surface")  # of a target: a provider's proxy is for all of its API


def is_on_the_wire(window: Window) -> bool:
    """Whether the window's targets and its share can be recognised from connections alone."""
    if not window.network or window.except_ or window.capacity is not None:
        return False
    if not all(map(_is_plain, window.on)):
        return False
    is_down = any(isinstance(toxic, Down) for toxic in window.network)
    return not is_down or _is_sure(window)


def on_the_wire(profile: Profile) -> Mapping[str, Window]:
    """The windows of a profile that Toxiproxy simulates, by name."""
    return {window.name: window for window in profile.windows if is_on_the_wire(window)}


def effects_of_wire(decision: Decision, windows: Mapping[str, Window], *, leads: bool) -> Decision:
    """The faults of a request that came through Toxiproxy.

    If all connections are hit, or none, the decision holds, and Toxiproxy applies it. Of a share of
    them it is unknown which are hit, and so it is for a run whose windows the toxics do not follow.
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
