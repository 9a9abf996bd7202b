"""The outages of Hypothesis's final examples, which a failing test is reported with.

Hypothesis runs a test many times, and once more for each shrunk failure that it reports; the
outages of those last runs are kept until the next test begins.
"""

from __future__ import annotations

import sys
from collections import deque
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chaos_llm.profiles.model import Profile

_MOST = 20
_SHOWN = 3

_entered: deque[Any] = deque(maxlen=_MOST)
_failed: deque[Any] = deque(maxlen=_MOST)


def entered(outage: Any) -> None:
    """Keep an outage where Hypothesis is about to report what happens in it."""
    control = sys.modules.get("hypothesis.control")
    variable = getattr(control, "_current_build_context", None)  # None: no test of Hypothesis's
    if getattr(getattr(variable, "value", None), "is_final", False):
        _entered.append(outage)


def left(outage: Any) -> None:
    """Note that an example failed inside this outage."""
    if outage in _entered:
        _failed.append(outage)


def forget() -> None:
    """Begin anew with the next test."""
    _entered.clear()
    _failed.clear()


def sections(width: int = 100) -> list[tuple[str, str]]:
    """Of each failing example the timeline and a profile; where none is known, of the last one."""
    failed = list(_failed) or list(_entered)[-1:]
    return [section for outage in failed[-_SHOWN:] for section in _sections(outage, width)]


def _sections(outage: Any, width: int) -> list[tuple[str, str]]:
    played = outage.played()
    told = [("chaos timeline", outage.timeline(width))]
    if played.windows:
        told.append((f"chaos profile: fault_profiles/{played.name}.toml", as_file(played)))
    return told


def as_file(profile: Profile) -> str:
    """The profile's file, with what to do with it."""
    from chaos_llm.profiles import to_toml  # noqa: PLC0415 - pydantic, only on a failure

    again = f"# to play it again: @example(load({profile.name!r})), or outage({profile.name!r})"
    return f"{again}\n{to_toml(profile)}"
