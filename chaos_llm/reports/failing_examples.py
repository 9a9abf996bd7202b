"""The outages of Hypothesis's final examples, for the report of a failing test.

Hypothesis runs a test many times, and once more for each shrunk failure that it reports; the
outages of those last runs are kept until the next test begins.
"""

from __future__ import annotations

import sys
from collections import deque
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chaos_llm.profiles.model import Profile

_MOST = 20  # outages that are kept
_SHOWN = 3  # failing examples in a report

_entered: deque[Any] = deque(maxlen=_MOST)
_failed: deque[Any] = deque(maxlen=_MOST)


def entered(outage: Any) -> None:
    """Keep an outage if Hypothesis runs the example that it will report."""
    if getattr(_example(), "is_final", False):
        _entered.append(outage)


def is_in_example() -> bool:
    """Whether Hypothesis runs an example now."""
    return _example() is not None


def _example() -> Any:
    """Hypothesis's context of the example that runs now; None if no example runs."""
    control = sys.modules.get("hypothesis.control")
    return getattr(getattr(control, "_current_build_context", None), "value", None)


def left(outage: Any) -> None:
    """Record that an example failed inside this outage."""
    if outage in _entered:
        _failed.append(outage)


def forget() -> None:
    """Forget all outages, before the next test."""
    _entered.clear()
    _failed.clear()


def sections(width: int = 100) -> list[tuple[str, str]]:
    """The timeline and the profile of each failing example; of the last one if none is known."""
    failed = list(_failed) or list(_entered)[-1:]
    return [section for outage in failed[-_SHOWN:] for section in _sections(outage, width)]


def _sections(outage: Any, width: int) -> list[tuple[str, str]]:
    played = outage.effective_profile()
    texts = [("chaos timeline", outage.timeline(width))]
    if played.windows:
        texts.append((f"chaos profile: fault_profiles/{played.name}.toml", as_file(played)))
    return texts


def as_file(profile: Profile) -> str:
    """The text of the profile's file, with a comment that says how to replay it."""
    from chaos_llm.profiles import to_toml  # noqa: PLC0415 - pydantic, only on a failure

    comment = f"# to replay it: @example(load({profile.name!r})), or outage({profile.name!r})"
    return f"{comment}\n{to_toml(profile)}"
