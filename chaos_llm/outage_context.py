"""The outage context manager, which starts and ends virtual time, providers and interception."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Callable, Coroutine
from contextlib import AbstractContextManager, ExitStack
from functools import cached_property, partial
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, Unpack, cast

import anyio

from chaos_llm.analysis.side_effects import Marker, SideEffect
from chaos_llm.analysis.unapplied_faults import unapplied_faults
from chaos_llm.config import is_strict, real_packages
from chaos_llm.decisions.effective_profile import effective_profile
from chaos_llm.decisions.overrides import Overrides
from chaos_llm.decisions.plan import Plan
from chaos_llm.decisions.provider_control import ProviderControl
from chaos_llm.decisions.start_position import Until, distance, place
from chaos_llm.durations import Duration, seconds
from chaos_llm.engine.engine import Engine
from chaos_llm.errors import UnknownName, UsageError, refusing_unknown
from chaos_llm.interception.context import InterceptionContext
from chaos_llm.journal.journal import Journal
from chaos_llm.profiles import load
from chaos_llm.profiles.healthy_baseline import healthy_profile, with_baseline
from chaos_llm.profiles.model import Profile
from chaos_llm.profiles.other_providers import on_providers
from chaos_llm.protocol.keyed_random import seeded_random
from chaos_llm.replay.in_async_code import Moment, Pending, in_event_loop
from chaos_llm.reports import checked, failing_examples
from chaos_llm.requests.app_lines import line_of_request
from chaos_llm.requests.billing_tiers import tiers
from chaos_llm.requests.correlation import Correlation
from chaos_llm.requests.credentials import Credentials
from chaos_llm.requests.hosts import host_map, provider_names
from chaos_llm.virtual_time import TELEMETRY_AND_DEBUGGERS, RunningDate, ThreadMode, VirtualTime
from chaos_llm.virtual_time.clock import REAL_WAIT, TICKS
from chaos_llm.virtual_time.dates import add_date_note
from chaos_llm.virtual_time.foreign_clocks import refuse_green_threads

if TYPE_CHECKING:
    import respx

    from chaos_llm.engine.webhooks import Webhooks
    from chaos_llm.interception.webhook_apps import WebhookApp
    from chaos_llm.interception.webhooks import WebhookOptions
    from chaos_llm.replay.replay import ReplayOptions, ReplayRunner
    from chaos_llm.replay.simulated_users import App
    from chaos_llm.reports.report import Report

DEFAULT_SEED = 0
# Seconds before the outage at which the date for fixtures begins: a fixture may take so long.
_FIXTURES = 600.0
_WARM_UP = 600.0  # seconds; the default of a replay's `warmup`


def _is_failed_check(error: BaseException | None) -> bool:
    """Whether a check of a report failed; without the module of reports none can have."""
    reports = sys.modules.get("chaos_llm.reports.report")
    return reports is not None and isinstance(error, reports.CheckFailed)


class ChaosWarning(UserWarning):
    """A fact about an outage that may make its test misleading."""


class Outage:
    """A context manager in which an outage profile is simulated; `chaos` in tests.

    Inside it the whole process uses virtual time: `time.sleep`, time-outs, breakers, caches and
    event loops. Without a profile every provider is healthy and answers at once. `at` is the
    position in the profile at which it begins: a window's name, a time of day, a datetime or a time
    from the start. With `threads="refuse"` threads keep real time, and their requests to providers
    raise ForeignThread. If the profile does not give the healthy latency of a provider, it is read
    from the profile `baseline`. The nearest pyproject.toml at or above `rootdir` (default: the
    current folder) names profiles, hosts, billing tiers and packages whose threads keep real time.
    A request that a vendor's real API rejects gets that API's error message; with `strict=False`,
    or `strict = false` in pyproject.toml, every request that can be parsed is answered. `provider`
    applies the profile to another provider than the one it was written for, or, separated by
    commas, to several others. `real_wait` is for how many real seconds a real socket, child process
    or thread may stop virtual time.
    """

    @refusing_unknown("outage()")
    def __init__(
        self,
        profile: str | Path | Profile | None = None,
        *,
        seed: int = DEFAULT_SEED,
        at: Until | None = None,
        threads: ThreadMode = "managed",
        baseline: str | Path | Profile | None = None,
        rootdir: str | Path | None = None,
        strict: bool | None = None,
        provider: str | None = None,
        real_wait: Duration = REAL_WAIT,
    ) -> None:
        self._was_entered, self._rootdir = False, Path(rootdir or ".").absolute()
        loaded = healthy_profile() if profile is None else load(profile, rootdir=rootdir)
        loaded = on_providers(loaded, _known_providers(provider or ""))
        self.profile, self.seed = with_baseline(loaded, self._rootdir, baseline), seed
        self.plan = Plan(self.profile, seed, tiers(self._rootdir, os.environ))
        self.journal = Journal()
        self.strict = is_strict(self._rootdir) if strict is None else strict
        real = TELEMETRY_AND_DEBUGGERS | real_packages(self._rootdir)
        wait, starts = seconds(real_wait), self.profile.starts
        self.clock = VirtualTime(starts=starts, threads=threads, real_packages=real, real_wait=wait)
        self.reports: list[Report] = []
        self._position = self._now = place(at, self.plan)
        self._can_wind_back = at is None
        self._overrides = Overrides(self.plan)
        self._correlation = Correlation()
        self._credentials = Credentials()
        self._side_effects: list[SideEffect] = []
        self.side_effect = Marker(self._side_effects, self._correlation.here, lambda: self.now)
        self._date: RunningDate | None = None  # for fixtures that are set up before the outage
        self.is_shown_by_pytest = False  # its timeline, below a test that fails
        self._context: InterceptionContext | None = None  # set only inside the outage
        self._pending: list[Pending] = []  # what an async test has to await
        self._stack = ExitStack()

    def __repr__(self) -> str:
        """The profile, the seed, the time and what has happened so far."""
        state = "running" if self._context is not None else "over" if self._was_entered else "new"
        when = f"{self.profile.when(self.now):%d %b %Y %H:%M:%S} UTC"
        return (
            f"<Outage {self.profile.name}, seed {self.seed}, {state}: {when}, "
            f"{len(self.journal)} requests, {len(self.reports)} replays>"
        )

    def __enter__(self) -> Self:
        if self._was_entered:
            raise UsageError(
                "an outage can be entered only once; create a new one with outage(...)"
            )
        refuse_green_threads()
        if self._date is not None:
            self._date.end()
        with ExitStack() as stack:
            stack.enter_context(seeded_random(self.seed))
            stack.enter_context(self.clock)
            self.clock.set_wall(self.profile.when(self._position))
            self._context = self._intercept(stack)
            self._stack, self._was_entered = stack.pop_all(), True
        failing_examples.entered(self)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        texts = list(self._context.warnings) if self._context else []
        if self._context is not None:
            self._context.is_over = True  # replies that are read from now on fail
        self._context = None
        if error is not None:
            failing_examples.left(self)
            add_date_note(error, self.profile.when(self.now))
        self._stack.__exit__(kind, error, trace)
        if not failing_examples.is_in_example():  # Hypothesis shows its last example itself
            texts += unapplied_faults(self._overrides.injections, list(self.journal))
            if _is_failed_check(error) and error and not self.is_shown_by_pytest:
                error.add_note(f"\n{self.timeline()}")
        forgotten = [each.advice for each in self._pending if not each.was_awaited]
        if forgotten and error is None:
            raise UsageError(forgotten[0])
        for text in (*texts, *forgotten):
            if error is None:
                warnings.warn(text, ChaosWarning, stacklevel=2)
            else:  # pytest may turn a warning into an error, which would hide this one
                error.add_note(f"chaos_llm: {text}")

    def dated(self) -> RunningDate:
        """A wall clock with the profile's date, for fixtures that are set up before the outage.

        It starts some minutes before the outage begins and runs in real time. So nothing that a
        fixture makes is dated later than the outage, or than the warm-up of its replay.
        """
        ahead = _FIXTURES + (_WARM_UP if self._can_wind_back else 0.0)
        self._date = self.clock.date_before(self.profile.when(self._position - ahead))
        return self._date

    @property
    def now(self) -> float:
        """Seconds of the profile: 0 is its start, and the warm-up of a replay is before 0."""
        now = self._position + self.clock.ticker.now / TICKS  # each call of a replay asks
        # All records of one moment share one float object, to save memory.
        if now != self._now:
            self._now = now
        return self._now

    @refusing_unknown("on()")
    def on(self, provider: str, *, surface: str = "", model: str = "") -> ProviderControl:
        """Control one provider: inject faults, heal it, set its answers; raises UnknownName.

        `surface` is "api", "login", "page" or "client". Without it faults are injected into the
        API, and `heal()` heals everything.
        """
        return ProviderControl(self._overrides, lambda: self.now, provider, surface, model)

    def replay(self, fn: App, **options: Unpack[ReplayOptions]) -> Report:
        """Let simulated users call `fn(prompt)` during the outage, and report what they got.

        `fn` may be sync or async; a stream that it returns is consumed. In an async test:
        `await chaos.replay(fn)`, on the running event loop and with a task for each user. Options
        and their defaults: `prompts` (generated, half of them new, half repeated), `calls` (200 in
        all) or `every` (the time between two calls of a user; with both, `calls` that far apart,
        if no profile fixes the length), `users=1`, `warmup="10m"` (healthy time at first, up to
        half of that length), `recovery="30m"` (time after the last window), `skip_quiet="1h"`,
        `until` (the last window's end), `outcome`, `deadline="1m"`, `stale_after="1h"`. A second
        replay continues where the first one ended. Raises UsageError for wrong options and outside
        of an outage.
        """
        self._require_entered("replay")
        if not in_event_loop():
            return self._keep(self._replays.run(fn, **options))

        async def replayed() -> Report:
            return self._keep(await self._replays.run_async(fn, **options))

        return cast("Report", self._awaited_later("replay", replayed))

    @refusing_unknown("advance()")
    def advance(self, by: Duration | None = None, *, to: Until | None = None) -> Moment:
        """Let virtual time pass: `advance("5m")`, or `advance(to="wave 2")` up to a moment.

        Timers, threads and tasks that are due meanwhile run. Returns `chaos.now` at its end. In an
        async test: `await chaos.advance("5m")`. Raises UsageError for a moment that is over, and
        outside of the outage.
        """
        self._require_entered("advance")
        seconds_ahead = distance(by, to, self.plan, self.now)
        self.clock.extend_horizon(seconds_ahead)
        if in_event_loop():
            slept = partial(self._slept, seconds_ahead)
            return cast("Moment", self._awaited_later("advance", slept))
        self.clock.sleep(seconds_ahead)
        return Moment(self.now)

    async def _slept(self, seconds_ahead: float) -> float:
        await anyio.sleep(seconds_ahead)
        return self.now

    def _awaited_later(self, method: str, start: Callable[[], Coroutine[Any, Any, Any]]) -> Pending:
        self._pending.append(Pending(method, start))
        return self._pending[-1]

    def report(self) -> Report:
        """Report on all requests that were made outside of replays, by the test itself.

        Calls of users are not known then, so its outcomes are empty, and checks that need them are
        not judged.
        """
        replayed = {e.number for report in self.reports for e in report.run.exchanges}
        mine = [exchange for exchange in self.journal if exchange.number not in replayed]
        from chaos_llm.reports.report import Report  # noqa: PLC0415 - with all checks, on demand

        return Report(self._replays.run_of_requests(mine), is_of_replay=False)

    def unmanaged(self) -> AbstractContextManager[None]:
        """Keep this thread, and threads and servers that it starts inside, in real time."""
        self._require_entered("unmanaged()")
        return self.clock.unmanaged()

    def record(self, path: str | Path, *, keep: str = "shapes") -> AbstractContextManager[Path]:
        """Record the calls to providers inside, as `chaos_llm.record` does."""
        from chaos_llm.recording.in_process import record  # noqa: PLC0415 - on demand

        return record(path, keep=keep)

    def webhooks(
        self, url: str, app: WebhookApp | None = None, **options: Unpack[WebhookOptions]
    ) -> Webhooks:
        """Send the webhooks of OpenAI's batches to an app, on the outage's clock.

        They are sent for batches that are created or cancelled from now on. `app` serves the URL:
        an ASGI app, a WSGI app, or a function that takes a WebhookRequest and returns a status;
        without it the URL is one on this machine. Options: `secret` (OPENAI_WEBHOOK_SECRET, else
        one that is made up), `events` (all of batches), `delay="1s"`, `copies=1`.
        """
        context = self._require_entered("webhooks()")
        from chaos_llm.interception.webhooks import webhooks_of  # noqa: PLC0415 - on demand

        return webhooks_of(context, url, app, **options)

    @property
    def respx(self) -> respx.MockRouter:
        """A respx router for HTTP services other than providers, for httpx and httpx2 alike."""
        context = self._require_entered("respx")
        if context.services is None:
            from chaos_llm.interception.other_services import (  # noqa: PLC0415 - respx, on demand
                OtherServices,
            )

            context.services = OtherServices(self.side_effect.note_failure)
        return context.services.router

    def effective_profile(self) -> Profile:
        """The profile that took effect, with the faults that the test injected as windows."""
        return effective_profile(self._overrides, self.now)

    @refusing_unknown("timeline()")
    def timeline(self, width: int = 100) -> str:
        """The replays as text timelines; without one, the exchanges of the journal."""
        from chaos_llm.reports.text import journal_text, timeline_text  # noqa: PLC0415 - on failure

        texts = [timeline_text(report.run, width) for report in self.reports]
        peers = [
            f"{peer} is a real server: no virtual time passed for it"
            for peer in self.clock.real_peers
        ]
        return "\n\n".join([*(texts or [journal_text(self.journal, self.profile, width)]), *peers])

    def _intercept(self, stack: ExitStack) -> InterceptionContext:
        from chaos_llm.interception import (  # noqa: PLC0415 - httpx, anyio
            client_environment,
            deadlines,
            httpx_clients,
            import_hooks,
        )

        engine = Engine(
            self._overrides, self.journal, self._correlation, self._progress, strict=self.strict
        )
        engine.line_of_request = line_of_request
        context = InterceptionContext(
            engine, self.clock, host_map(os.environ, self._rootdir), now=lambda: self.now
        )
        stack.enter_context(client_environment.adapted_environment(context))
        self._credentials = engine.credentials = Credentials.of(os.environ, provider_names())
        deadlines.watch(context, stack)
        stack.enter_context(httpx_clients.intercepted(context))
        stack.enter_context(import_hooks.intercepted(context))
        return context

    def _progress(self) -> float:
        """The present second of the profile; also resets the count of a busy loop's polls."""
        ticker = self.clock.ticker  # read as it is, because each request asks
        ticker.polled = 0
        now = self._position + ticker.now / TICKS
        return self._now if now == self._now else self.now

    def _wind_back(self, warmup: float) -> float:
        """Set the clock `warmup` seconds before the profile's start, if nothing has happened yet.

        Returns the second of the profile at which the replay begins.
        """
        if self._can_wind_back and not self.clock.now and not len(self.journal):
            self._position = -warmup
            self.clock.set_wall(self.profile.when(self._position))
        self._can_wind_back = False
        return self.now

    @cached_property
    def _replays(self) -> ReplayRunner:
        from chaos_llm.replay.replay import ReplayRunner  # noqa: PLC0415 - reports, on demand

        shared = (self._overrides, self.clock, self.journal, self._correlation)
        return ReplayRunner(
            *shared,
            lambda: self.now,
            self._wind_back,
            credentials=self._credentials,
            side_effects=self._side_effects,
            service_failures=self.side_effect.failed_in,
        )

    def _keep(self, report: Report) -> Report:
        report.real_peers = self.clock.real_peers
        self.reports.append(report)
        checked.replayed(self.profile.name, report.calls, lambda: report.answered)
        return report

    def _require_entered(self, member: str) -> InterceptionContext:
        if self._context is None:
            message = f"chaos.{member} works only inside the outage: `with outage(...) as chaos:`"
            raise UsageError(message)
        return self._context


def _known_providers(given: str) -> list[str]:
    """The providers of a list that is separated by commas; raises UnknownName."""
    names = [name.strip() for name in given.split(",") if name.strip()]
    for name in names:
        if name not in provider_names():
            raise UnknownName("provider", name, provider_names())
    return names


outage = Outage
