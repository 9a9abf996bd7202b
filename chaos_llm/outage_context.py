"""An outage in force: puts profile, clock, providers and interception together, and apart again."""

from __future__ import annotations

import os
import warnings
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self, Unpack

from chaos_llm.analysis.side_effects import Marker
from chaos_llm.config import real_packages
from chaos_llm.decisions.effective_profile import as_played
from chaos_llm.decisions.overrides import Overrides
from chaos_llm.decisions.plan import Plan
from chaos_llm.decisions.provider_control import ProviderControl
from chaos_llm.decisions.start_position import Until, place
from chaos_llm.engine.engine import Engine
from chaos_llm.errors import UsageError
from chaos_llm.interception.context import InterceptionContext
from chaos_llm.journal.journal import Journal
from chaos_llm.profiles import load
from chaos_llm.profiles.healthy_baseline import healthy_profile, with_baseline
from chaos_llm.profiles.model import Profile
from chaos_llm.protocol.keyed_random import seeded_random
from chaos_llm.replay.replay import ReplayOptions, ReplayRunner
from chaos_llm.replay.simulated_users import App
from chaos_llm.reports import failing_examples
from chaos_llm.reports.report import Report
from chaos_llm.requests.billing_tiers import tiers
from chaos_llm.requests.correlation import Correlation
from chaos_llm.requests.credentials import Credentials
from chaos_llm.requests.hosts import host_map, provider_names
from chaos_llm.virtual_time import TELEMETRY_AND_DEBUGGERS, ThreadMode, VirtualTime

if TYPE_CHECKING:
    import respx

DEFAULT_SEED = 0


class ChaosWarning(UserWarning):
    """Something about an outage that its test should know."""


class Outage:
    """A bad day, in force between entering and leaving; `chaos` in tests.

    While it is in force the process lives on its clock: `time.sleep`, time-outs, breakers, caches
    and event loops. Without a profile every provider is healthy and answers at once. `at` is where
    it begins: a window's name, a time of day, a datetime or a time from the start. With
    `threads="refuse"` threads keep real time, and their calls to a provider are errors. Where the
    day does not say how fast a provider is, it is as in the profile `baseline`. The nearest
    pyproject.toml at or above `rootdir` (default: the current folder) names profiles, hosts, tiers
    and packages whose threads stay real.
    """

    def __init__(
        self,
        profile: str | Path | Profile | None = None,
        *,
        seed: int = DEFAULT_SEED,
        at: Until | None = None,
        threads: ThreadMode = "managed",
        baseline: str | Path | Profile | None = None,
        rootdir: str | Path | None = None,
    ) -> None:
        self._is_spent, self._rootdir = False, Path(rootdir or ".").absolute()
        day = healthy_profile() if profile is None else load(profile, rootdir=rootdir)
        self.profile, self.seed = with_baseline(day, self._rootdir, baseline), seed
        self.plan = Plan(self.profile, seed, tiers(self._rootdir, os.environ))
        self.journal = Journal()
        real = TELEMETRY_AND_DEBUGGERS | real_packages(self._rootdir)
        self.clock = VirtualTime(starts=self.profile.starts, threads=threads, real_packages=real)
        self.reports: list[Report] = []
        self._position = self._now = place(at, self.plan)
        self._can_wind_back = at is None
        self._interventions = Overrides(self.plan)
        self._correlation = Correlation()
        self._replays = ReplayRunner(
            self._interventions,
            self.clock,
            self.journal,
            self._correlation,
            lambda: self.now,
            self._wind_back,
        )
        kept = self._replays.side_effects
        self.side_effect = Marker(kept, self._correlation.here, lambda: self.now)
        self._context: InterceptionContext | None = None  # only while the outage is in force
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        if self._is_spent:
            raise UsageError("an outage is entered once; make a new one for the next bad day")
        with ExitStack() as stack:
            stack.enter_context(seeded_random(self.seed))
            stack.enter_context(self.clock)
            self.clock.set_wall(self.profile.when(self._position))
            self._context = self._set_stage(stack)
            self._stack, self._is_spent = stack.pop_all(), True
        failing_examples.entered(self)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        said = self._context.said if self._context else []
        if self._context is not None:
            self._context.is_over = True  # what is read from now on is no provider's
        self._context = None
        if error is not None:
            failing_examples.left(self)
        self._stack.__exit__(kind, error, trace)
        for text in said:
            if error is None:
                warnings.warn(text, ChaosWarning, stacklevel=2)
            else:  # a warning that is an error would hide it
                error.add_note(f"chaos_llm: {text}")

    @property
    def now(self) -> float:
        """Seconds of the profile: 0 is its start; a healthy lead-in is before it."""
        now = self._position + self.clock.now
        if now != self._now:  # else all records of one moment share one float
            self._now = now
        return self._now

    def on(self, provider: str, *, surface: str = "api", model: str = "") -> ProviderControl:
        """Take one provider in hand: inject faults, heal it, choose its answers."""
        return ProviderControl(self._interventions, lambda: self.now, provider, surface, model)

    def replay(self, fn: App, **options: Unpack[ReplayOptions]) -> Report:
        """Have simulated users call `fn(prompt)` through the outage, and report what they got.

        `fn` may be sync or async; what it streams is consumed. Options and their defaults:
        `prompts` (Faker, half fresh, half repeating), `calls` (200 in all) or `every` (the time
        between two calls of a user), `users=1`, `warmup="10m"` (healthy lead-in), `recovery="30m"`
        (tail), `skip_quiet="1h"`, `until` (the last window's end), `outcome`, `deadline="1m"`,
        `stale_after="1h"`. A second replay goes on where the first ended.
        """
        self._require_force("replay")
        return self._keep(self._replays.run(fn, **options))

    async def replay_async(self, fn: App, **options: Unpack[ReplayOptions]) -> Report:
        """The same on the running event loop, each user a task."""
        self._require_force("replay_async")
        return self._keep(await self._replays.run_async(fn, **options))

    def unmanaged(self) -> AbstractContextManager[None]:
        """Keep this thread, and the threads and servers that it starts meanwhile, in real time."""
        self._require_force("unmanaged()")
        return self.clock.unmanaged()

    @property
    def respx(self) -> respx.MockRouter:
        """A respx router for the team's other HTTP services, on httpx and httpx2 alike."""
        context = self._require_force("respx")
        if context.services is None:
            from chaos_llm.interception.other_services import (  # noqa: PLC0415 - respx, on demand
                OtherServices,
            )

            context.services = OtherServices()
        return context.services.router

    def played(self) -> Profile:
        """The profile, with what a test put on by hand as windows of its own."""
        return as_played(self._interventions, self.now)

    def timeline(self, width: int = 100) -> str:
        """What happened, drawn for a terminal."""
        from chaos_llm.reports.text import journal_text, timeline_text  # noqa: PLC0415 - on failure

        told = [timeline_text(report.run, width) for report in self.reports]
        peers = [f"{peer} is real: its clock did not move" for peer in self.clock.real_peers]
        return "\n\n".join([*(told or [journal_text(self.journal, self.profile, width)]), *peers])

    def _set_stage(self, stack: ExitStack) -> InterceptionContext:
        from chaos_llm.interception import client_environment, httpx_clients, import_hooks  # noqa: PLC0415 - both httpx, anyio

        engine = Engine(self._interventions, self.journal, self._correlation, lambda: self.now)
        context = InterceptionContext(engine, self.clock, host_map(os.environ, self._rootdir))
        stack.enter_context(client_environment.surroundings(context))
        engine.credentials = self._replays.credentials = Credentials.of(
            os.environ, provider_names()
        )
        stack.enter_context(httpx_clients.intercepted(context))
        stack.enter_context(import_hooks.intercepted(context))
        return context

    def _wind_back(self, before: float) -> float:
        """Put the profile's start `before` seconds ahead, if nothing has happened yet."""
        if self._can_wind_back and not self.clock.now and not len(self.journal):
            self._position = -before
            self.clock.set_wall(self.profile.when(self._position))
        self._can_wind_back = False
        return self.now

    def _keep(self, report: Report) -> Report:
        report.real_peers = self.clock.real_peers
        self.reports.append(report)
        return report

    def _require_force(self, what: str) -> InterceptionContext:
        if self._context is None:
            message = (
                f"chaos.{what} works while the outage is in force: `with outage(...) as chaos:`"
            )
            raise UsageError(message)
        return self._context


outage = Outage
