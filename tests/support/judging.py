"""Replays of small apps, and the findings of a check: one way for all tests."""

from __future__ import annotations

from dataclasses import dataclass
from types import EllipsisType
from typing import Any

from chaos_llm import Report, outage
from chaos_llm.analysis.run import Run
from chaos_llm.checks import Check
from chaos_llm.checks.check import Finding
from chaos_llm.profiles.model import Profile
from support.apps.bots import ask_once

NUMBERED = "question {}".format  # no two prompts of a replay are the same


@dataclass(frozen=True)
class Replay:
    """Replay an app on a profile, by default with these options."""

    profile: Profile
    options: dict[str, Any]

    def __call__(
        self,
        app: Any = ask_once,
        profile: Profile | EllipsisType | None = ...,
        seed: int = 3,
        **options: Any,
    ) -> Report:
        """Replay it on this profile, on its own by default; None: all providers are healthy."""
        with outage(self.profile if profile is ... else profile, seed=seed) as chaos:
            return chaos.replay(app, **(self.options | options))


@dataclass(frozen=True)
class Judge:
    """Replay an app on a profile, by default with these options, and apply a check."""

    check: Check
    profile: Profile
    options: dict[str, Any]

    def run(self, app: Any, profile: Profile | EllipsisType = ..., **options: Any) -> Run:
        """The run of the replay."""
        return Replay(self.profile, self.options)(app, profile, **options).run

    def __call__(
        self,
        app: Any,
        profile: Profile | EllipsisType = ...,
        check: Check | None = None,
        **options: Any,
    ) -> Finding:
        """The finding of the check, or of another one."""
        return (check or self.check)(self.run(app, profile, **options))

    def verdict(self, *args: Any, **options: Any) -> str:
        """Its verdict alone."""
        return self(*args, **options).verdict
