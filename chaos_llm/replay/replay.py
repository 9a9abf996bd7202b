"""One replay: when calls are due, the calls themselves, and the report on them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypedDict, Unpack

from chaos_llm.analysis.call import Call
from chaos_llm.analysis.evidence import Evidence
from chaos_llm.analysis.outcomes import Judge, judge
from chaos_llm.analysis.run import Run
from chaos_llm.analysis.side_effects import SideEffect
from chaos_llm.decisions.overrides import Overrides
from chaos_llm.decisions.start_position import Until, offset
from chaos_llm.durations import Duration, seconds
from chaos_llm.errors import UnknownName, UsageError
from chaos_llm.journal.journal import Journal
from chaos_llm.replay.prompts import PromptBook, Prompts
from chaos_llm.replay.schedule import Slot, slots, stretches
from chaos_llm.replay.simulated_users import App, OnCall, SimulatedUsers, is_async
from chaos_llm.reports.report import Report
from chaos_llm.requests.correlation import Correlation
from chaos_llm.requests.credentials import Credentials
from chaos_llm.virtual_time import VirtualTime

_BEYOND_THE_END = 2 * 86400.0  # a retry-after of a day is obeyed; an endless wait ends in an error


class ReplayOptions(TypedDict, total=False):
    """The keyword arguments of `replay` and `replay_async`; each has a default."""

    prompts: Prompts | None  # texts, or a function of the call's number; default: Faker
    calls: int  # so many calls in all, even over the outage; default 200
    every: Duration | None  # instead: each user calls this often
    users: int
    warmup: Duration  # healthy lead-in; default 10m
    recovery: Duration  # tail after the last window or `until`; default 30m
    skip_quiet: Duration | None  # quiet stretches longer than this are skipped; default 1h
    until: Until | None  # "21:16" UTC, a datetime, or a time from the profile's start
    outcome: Judge | None  # judges a return value: True, False, or an outcome's name
    deadline: Duration  # an answer that takes longer is late; default 1m
    stale_after: Duration  # an answer from a cache older than this is stale; default 1h
    on_call: OnCall | None  # told of each call when it is over


@dataclass
class ReplayRunner:
    """All replays of one outage: they share users, prompts and evidence."""

    overrides: Overrides
    clock: VirtualTime
    journal: Journal
    correlation: Correlation
    now: Callable[[], float]
    lead_in: Callable[[float], float]  # wind back for a lead-in; says where the replay begins
    calls: list[Call] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)
    running: bool = False
    credentials: Credentials = field(default_factory=Credentials)
    side_effects: list[SideEffect] = field(default_factory=list)

    def run(self, app: App, **options: Unpack[ReplayOptions]) -> Report:
        """Replay with a sync app, each user a thread, or with an async one on a loop of its own."""
        if _in_loop():
            raise UsageError("a loop is running here: use `await chaos.replay_async(...)`")
        if is_async(app):
            return asyncio.run(self.run_async(app, **options))
        replay = _Replay(self, options)
        if replay.users > 1 and not self.clock.manages_threads:
            raise UsageError(
                "several users of a sync function need threads, and this outage has "
                'threads="refuse"; give an async function, or users=1'
            )
        with replay.under_way() as workload:
            live = workload.run if replay.users == 1 else workload.run_in_threads
            replay.made += live(app, replay.due)
        return replay.report()

    async def run_async(self, app: App, **options: Unpack[ReplayOptions]) -> Report:
        """Replay on the running loop, each user a task."""
        replay = _Replay(self, options)
        with replay.under_way() as workload:
            replay.made += await workload.run_async(app, replay.due)
        return replay.report()


class _Replay:
    """One replay; its options are read, and refused, before anything is called."""

    def __init__(self, shared: ReplayRunner, options: ReplayOptions) -> None:
        self.shared, self.options = shared, options
        _refuse_nonsense(options)
        self.users, self.calls = options.get("users", 1), options.get("calls")
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
        self.due: list[Slot] = []
        self.made: list[Call] = []

    @contextmanager
    def under_way(self) -> Iterator[SimulatedUsers]:
        """Settle when calls are due and keep the horizon while they are made."""
        shared = self.shared
        if shared.running:
            raise UsageError("a replay is running in this outage; give it more users= instead")
        self._settle()
        before, shared.running = shared.clock.horizon, True
        shared.clock.horizon = shared.clock.now + (self.ends - self.begins) + _BEYOND_THE_END
        on_call = self.options.get("on_call") or (lambda _call: None)
        try:
            yield SimulatedUsers(
                shared.clock, shared.now, shared.correlation, self.prompts, shared.seen, on_call
            )
        finally:
            shared.clock.horizon, shared.running = before, False

    def report(self) -> Report:
        """Judge the calls that were made, and put together what is known about them."""
        shared, exchanges = self.shared, list(self.shared.journal)
        shared.calls.extend(self.made)
        evidence = Evidence(shared.calls, exchanges)
        decide = self.options.get("outcome")
        judge(
            self.made, evidence, deadline=self.deadline, stale_after=self.stale_after, decide=decide
        )
        theirs = exchanges[self.first_exchange :]
        made = {call.number for call in self.made}
        return Report(
            Run(
                shared.overrides,
                self.made,
                theirs,
                evidence,
                self.begins,
                self.ends,
                shared.credentials,
                [effect for effect in shared.side_effects if effect.call in made],
                shared.journal.secrets,
            )
        )

    def _settle(self) -> None:
        shared = self.shared
        self.begins = shared.lead_in(self.warmup)
        shared.overrides.begin_at(self.begins)
        self.first_exchange = len(shared.journal)
        until = self._until(self.plan.bounds()[1])
        self.ends = until + self.recovery
        played = stretches(self.plan, self.begins, until, self.ends, self.skip_quiet)
        self.due = slots(
            played,
            users=self.users,
            every=self.every,
            calls=self.calls,
            first=len(shared.calls),
            edges=self._edges(),
        )
        if not self.due:
            raise UsageError(
                "no call is due: the replay ends where it begins; see until=, recovery="
            )

    def _edges(self) -> list[float]:
        """Where windows open, and then where they close: to meet one counts for more."""
        windows = self.plan.windows
        return [*sorted({w.begins for w in windows}), *sorted({w.ends for w in windows})]

    def _until(self, last: float) -> float:
        given = self.options.get("until")
        if given is None:
            return max(last, self.begins)
        until = offset(given, self.plan, self.begins)
        if until < self.begins:
            here, there = self.plan.profile.when(self.begins), self.plan.profile.when(until)
            raise UsageError(
                f"until={given!r} is {there:%d %b %Y %H:%M} UTC, before the replay begins "
                f"({here:%d %b %Y %H:%M} UTC)"
            )
        return until


def _refuse_nonsense(options: ReplayOptions) -> None:
    known = tuple(ReplayOptions.__annotations__)
    for name in options:
        if name not in known:
            raise UnknownName("argument of replay", name, known)
    if "calls" in options and options.get("every") is not None:
        raise UsageError("give calls= or every=, not both: each fixes the other")
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


def _in_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
