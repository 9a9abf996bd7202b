"""A replay: schedules the calls, has simulated users make them, and reports on them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypedDict, Unpack

from chaos_llm.analysis.call import Call
from chaos_llm.analysis.evidence import Evidence
from chaos_llm.analysis.outcomes import Judge, judge
from chaos_llm.analysis.run import Run
from chaos_llm.analysis.side_effects import SideEffect
from chaos_llm.analysis.unserved_requests import divided
from chaos_llm.decisions.overrides import Overrides
from chaos_llm.decisions.start_position import Until, offset
from chaos_llm.durations import Duration, seconds
from chaos_llm.errors import UsageError, refuse_unknown
from chaos_llm.journal.journal import Exchange, Journal
from chaos_llm.replay.app_function import refuse_wrong_function
from chaos_llm.replay.prompts import PromptBook, Prompts
from chaos_llm.replay.schedule import Slot, slots, stretches
from chaos_llm.replay.simulated_users import App, OnCall, SimulatedUsers, is_async
from chaos_llm.reports.report import Report
from chaos_llm.requests.correlation import NO_CALL, Correlation
from chaos_llm.requests.credentials import Credentials
from chaos_llm.virtual_time import VirtualTime

# Seconds of virtual time after the replay's end. An app may wait for a retry-after of a day; one
# that waits for ever reaches the horizon, which raises HorizonReached.
_BEYOND_THE_END = 2 * 86400.0


class ReplayOptions(TypedDict, total=False):
    """The keyword arguments of `replay`; each has a default."""

    #: Texts, or a function from a call's number to a text. Default: made-up questions, half of them
    #: new and half of them repeated.
    prompts: Prompts | None
    calls: int  #: How many calls in all, spread evenly over the replay. Default: 200.
    #: The time between two calls of a user, instead of `calls`. Without windows in the profile,
    #: which fix the length of the replay, both may be given.
    every: Duration | None
    users: int  #: Threads for a sync function, tasks for an async one. Default: 1.
    #: Healthy time before the profile, in which the app shows its normal behaviour. Default: "10m",
    #: and at most half of the replay where `calls` and `every` fix its length.
    warmup: Duration
    recovery: Duration  #: The time after the last window, or after `until`. Default: "30m".
    skip_quiet: Duration | None  #: Longer stretches without a window are skipped. Default: "1h".
    #: Where the outage ends for this replay: a time of day in UTC ("21:16"), a datetime, or a time
    #: from the profile's start ("9h30m"). Default: the end of the last window.
    until: Until | None
    #: Judges a return value, given it and its prompt: True, False, or the name of an outcome.
    outcome: Judge | None
    deadline: Duration  #: An answer that takes longer is late. Default: "1m".
    stale_after: (
        Duration  #: An answer from a cache that is older than this is stale. Default: "1h".
    )
    on_call: OnCall | None  #: Called with each call when it is over, for progress bars.


@dataclass
class ReplayRunner:
    """Runs the replays of one outage, which share numbers of calls, prompts and evidence."""

    overrides: Overrides
    clock: VirtualTime
    journal: Journal
    correlation: Correlation
    now: Callable[[], float]  # seconds of the profile
    # Puts the clock back by so many seconds of warm-up if it can; returns where the replay begins.
    wind_back: Callable[[float], float]
    calls: list[Call] = field(default_factory=list)  # of all replays
    used_prompts: set[str] = field(default_factory=set)
    running: bool = False
    credentials: Credentials = field(default_factory=Credentials)
    side_effects: list[SideEffect] = field(default_factory=list)
    service_failures: set[int] = field(default_factory=set)  # calls; see analysis.side_effects

    def run(self, app: App, **options: Unpack[ReplayOptions]) -> Report:
        """Replay a sync app with a thread for each user, or an async app on an event loop."""
        refuse_wrong_function(app)
        if is_async(app):
            return asyncio.run(self.run_async(app, **options))
        replay = _Replay(self, options)
        if replay.users > 1 and not self.clock.manages_threads:
            raise UsageError(
                "several users of a sync function need threads, and this outage has "
                'threads="refuse"; give an async function, or users=1'
            )
        with replay.in_progress() as users:
            make_calls = users.run if replay.users == 1 else users.run_in_threads
            replay.calls += make_calls(app, replay.slots)
        return replay.report()

    async def run_async(self, app: App, **options: Unpack[ReplayOptions]) -> Report:
        """Replay an app on the running event loop, with a task for each user."""
        refuse_wrong_function(app)
        replay = _Replay(self, options)
        with replay.in_progress() as users:
            replay.calls += await users.run_async(app, replay.slots)
        return replay.report()

    def run_of_requests(self, exchanges: Sequence[Exchange]) -> Run:
        """What happened without a replay, as checks look at it: requests, and no calls."""
        served, unserved = divided(exchanges)
        evidence = Evidence([], served)
        now = self.now()
        begins = min([0.0, now, *(exchange.at for exchange in exchanges)])
        return Run(
            self.overrides,
            [],
            served,
            evidence,
            begins,
            max(now, begins + 1.0),
            self.credentials,
            [effect for effect in self.side_effects if effect.call == NO_CALL],
            unserved=unserved,
            secrets=self.journal.secrets,
        )


class _Replay:
    """One replay; wrong options raise before the app is called."""

    def __init__(self, shared: ReplayRunner, options: ReplayOptions) -> None:
        self.shared, self.options = shared, options
        _validate(options)
        self.users, self.count = options.get("users", 1), options.get("calls")
        self.warmup = seconds(options.get("warmup", "10m"))
        self.recovery = seconds(options.get("recovery", "30m"))
        self.deadline = seconds(options.get("deadline", "1m"))
        self.stale_after = seconds(options.get("stale_after", "1h"))
        skip, every = options.get("skip_quiet", "1h"), options.get("every")
        self.skip_quiet = None if skip is None else seconds(skip)
        self.every = None if every is None else seconds(every)
        self.plan = shared.overrides.plan
        self.prompts = PromptBook(self.plan.seed, options.get("prompts"))
        self.begins, self.ends, self.first_exchange = 0.0, 0.0, 0
        self.slots: list[Slot] = []
        self.calls: list[Call] = []

    @contextmanager
    def in_progress(self) -> Iterator[SimulatedUsers]:
        """Schedule the calls, and set the horizon of virtual time until they have been made."""
        shared = self.shared
        if shared.running:
            raise UsageError("a replay is running in this outage; give it more users= instead")
        self._schedule()
        before, shared.running = shared.clock.horizon, True
        shared.clock.horizon = shared.clock.now + (self.ends - self.begins) + _BEYOND_THE_END
        on_call = self.options.get("on_call") or (lambda _call: None)
        try:
            yield SimulatedUsers(
                shared.clock,
                shared.now,
                shared.correlation,
                self.prompts,
                shared.used_prompts,
                on_call,
            )
        finally:
            shared.clock.horizon, shared.running = before, False

    def report(self) -> Report:
        """Judge the outcomes of the calls, and make the report."""
        shared = self.shared
        # An app's cache may serve a call of this replay from an earlier one, so the evidence covers
        # all replays of the outage.
        exchanges, _ = divided(shared.journal)
        of_replay, unserved = divided(list(shared.journal)[self.first_exchange :])
        shared.calls.extend(self.calls)
        evidence = Evidence(shared.calls, exchanges)
        judge(
            self.calls,
            evidence,
            deadline=self.deadline,
            stale_after=self.stale_after,
            decide=self.options.get("outcome"),
        )
        numbers = {call.number for call in self.calls}
        return Report(
            Run(
                shared.overrides,
                self.calls,
                of_replay,
                evidence,
                self.begins,
                self.ends,
                shared.credentials,
                [effect for effect in shared.side_effects if effect.call in numbers],
                shared.service_failures & numbers,
                unserved,
                shared.journal.secrets,
            )
        )

    def _schedule(self) -> None:
        shared = self.shared
        self.begins = shared.wind_back(self._warmup())
        shared.overrides.begin_at(self.begins)
        self.first_exchange = len(shared.journal)
        until = self._until(max(self.plan.bounds()[1], shared.overrides.timed_until()))
        self.ends = until + self.recovery
        if (length := self._fixed_length()) is not None:
            until = self.ends = self.begins + length
        played = stretches(self.plan, self.begins, until, self.ends, self.skip_quiet)
        self.slots = slots(
            played,
            users=self.users,
            every=self.every,
            calls=self.count,
            first=len(shared.calls),
            edges=self._edges(),
        )
        if not self.slots:
            raise UsageError(
                "no call is due, because the replay ends where it begins; see until=, recovery="
            )

    def _warmup(self) -> float:
        """The warm-up; a short replay must not end before the fault that a test has injected."""
        length = self._fixed_length()
        if length is None or "warmup" in self.options:
            return self.warmup
        return min(self.warmup, length / 2)

    def _fixed_length(self) -> float | None:
        """The seconds of a replay of so many calls at such a distance; None: others say it."""
        if self.every is None or self.count is None:
            return None
        self._refuse_fixed_length()
        return self.count * self.every / self.users

    def _refuse_fixed_length(self) -> None:
        """Raise UsageError where calls= and every= are not alone in saying how long it lasts."""
        if (profile := self.plan.profile).ends or self.plan.windows:
            raise UsageError(
                f"the profile {profile.name!r} fixes the length of the replay, so give calls= or "
                "every=, not both: each determines the other"
            )
        for name in ("until", "recovery"):
            if self.options.get(name) is not None:
                raise UsageError(f"calls= and every= together fix the length: leave out {name}=")

    def _edges(self) -> list[float]:
        """Where windows open, then where they close: with few calls, openings come first."""
        windows = self.plan.windows
        return [*sorted({w.begins for w in windows}), *sorted({w.ends for w in windows})]

    def _until(self, last: float) -> float:
        """The end of the outage in seconds of the profile; `last` is the end of all windows."""
        given = self.options.get("until")
        if given is None:
            return max(last, self.begins)
        until = offset(given, self.plan, self.begins)
        if until < self.begins:
            begin, end = self.plan.profile.when(self.begins), self.plan.profile.when(until)
            raise UsageError(
                f"until={given!r} is {end:%d %b %Y %H:%M} UTC, before the replay begins "
                f"({begin:%d %b %Y %H:%M} UTC)"
            )
        return until


def _validate(options: ReplayOptions) -> None:
    """Raise UsageError for wrong options."""
    refuse_unknown("replay", options, ReplayOptions.__annotations__)
    for name in ("calls", "users"):
        count = options.get(name)
        if name in options and (type(count) is not int or count < 1):
            message = f"{name}= is a whole number, 1 or more; got {count!r}"
            raise UsageError(message)
    every = options.get("every")
    if every is not None and seconds(every) <= 0:
        raise UsageError("every= is the time between two calls of a user; it cannot be 0")
    for name in ("outcome", "on_call"):
        given = options.get(name)
        if given is not None and not callable(given):
            raise UsageError(f"{name}= is a function; got {given!r}")
