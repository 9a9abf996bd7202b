"""An exhibit of the gallery: a profile, an app with a real bug, and the same app without it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from support.small_profiles import MINUTE, profile_of, window

from chaos_llm import Outage, outage
from chaos_llm.checks import Check
from chaos_llm.faults import Fault
from chaos_llm.profiles.model import Profile, Target
from chaos_llm.reports.report import Report

App = Callable[[str], Any]


def partial_outage(
    *faults: Fault, on: str = "anthropic", share: float = 0.3, **more: Any
) -> Profile:
    """Twenty minutes in which some requests are hit.

    Less than half of them, so the provider is not down and no breaker is required.
    """
    return profile_of(window(*faults, on=Target(on), share=share, ends=20 * MINUTE, **more))


@dataclass(frozen=True)
class Exhibit:
    """`bug` and `fixed` make the app; `claims` are checks with a team's number, else all apply.

    `side_effects` are functions of the apps' module that may happen once in a call, `services`
    sets up what else the apps talk to.
    """

    profile: Profile
    bug: Callable[[], App]
    fixed: Callable[[], App]
    claims: tuple[Check, ...] = ()
    replay: dict[str, Any] = field(default_factory=dict)
    side_effects: tuple[str, ...] = ()
    services: Callable[[Outage], None] | None = None

    def run(self, make: Callable[[], App], mark: Callable[[Outage], None]) -> Report:
        """Replay the profile with one of the apps; `mark` gets the outage before the replay."""
        defaults = {"every": "30s", "warmup": "5m", "recovery": "5m"}
        with outage(self.profile, seed=3) as chaos:
            mark(chaos)
            if self.services is not None:
                self.services(chaos)
            return chaos.replay(make(), **{**defaults, **self.replay})
