"""One replay: when calls are due, the calls themselves, and the report on them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypedDict, Unpack

from chaos_llm.calls import Call
from chaos_llm.correlation import Correlation
from chaos_llm.durations import Duration, seconds
from chaos_llm.errors import UnknownName, UsageError
from chaos_llm.journal import Journal
from chaos_llm.outcomes import Judge, judge
from chaos_llm.plan import Plan
from chaos_llm.prompts import PromptBook, Prompts
from chaos_llm.reports.report import Report
from chaos_llm.run import Run
from chaos_llm.schedule import Slot, Until, offset, slots, stretches
from chaos_llm.virtual_time import VirtualTime
from chaos_llm.workload import App, OnCall, Workload, is_async

_BEYOND_THE_END = 2 * 86400.0  # a retry-after of a day is obeyed; an endless wait ends in an error


class ReplayOptions(TypedDict, total=False):
    """The keyword arguments of `replay` and `replay_async`; each has a default."""

    prompts: Prompts | None  # texts, or a function of the call's number; default: Faker
    calls: int | None  # so many calls in all, even over the outage; default 200
    every: Duration | None  # instead: each user calls this often
    users: int
    before: Duration  # healthy lead-in; default 10m
    after: Duration  # tail after the last window or `until`; default 30m
    skip_quiet: Duration | None  # quiet stretches longer than this are skipped; default 1h
    until: Until | None  # "21:16" UTC, a datetime, or a time from the profile's start
    outcome: Judge | None  # judges a return value: True, False, or an outcome's name
    patience: Duration  # an answer that takes longer is late; default 1m
    fresh: Duration  # an answer from a cache older than this is stale; default 1h
    on_call: OnCall | None  # told of each call when it is over


@dataclass
class Replays:
    """All replays of one outage: they share users, prompts and evidence."""

    plan: Plan
    clock: VirtualTime
    journal: Journal
    correlation: Correlation
    now: Callable[[], float]
    lead_in: Callable[[float], float]  # wind back for a lead-in; says where the replay begins
    calls: list[Call] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)

    def run(self, app: App, **options: Unpack[ReplayOptions]) -> Report:
        """Replay with a sync app in this thread, or with an async one on a loop of its own."""
        if _in_loop():
            raise UsageError("a loop is running here: use `await chaos.replay_async(...)`")
        if is_async(app):
            return asyncio.run(self.run_async(app, **options))
        if options.get("users", 1) != 1:
            raise UsageError(
                "several users of a sync function need threads, which this version does not "
                "drive; give an async function, or users=1"
            )
        workload, due = self._prepare(options)
        return self._report(workload.run(app, due), options)

    async def run_async(self, app: App, **options: Unpack[ReplayOptions]) -> Report:
        """Replay on the running loop, each user a task."""
        workload, due = self._prepare(options)
        return self._report(await workload.run_async(app, due), options)

    def _prepare(self, options: ReplayOptions) -> tuple[Workload, list[Slot]]:
        _validate(options)
        begins = self.lead_in(seconds(options.get("before", "10m")))
        ends = self._ends(begins, options)
        skip = options.get("skip_quiet", "1h")
        every = options.get("every")
        played = stretches(self.plan, begins, ends, None if skip is None else seconds(skip))
        due = slots(
            played,
            users=options.get("users", 1),
            every=None if every is None else seconds(every),
            calls=options.get("calls"),
            first=len(self.calls),
        )
        if not due:
            raise UsageError("no call is due in this replay: it ends before it begins; see until=")
        self.clock.horizon = self.clock.now + (ends - begins) + _BEYOND_THE_END
        self._begins, self._ends_at = begins, ends
        prompts = PromptBook(self.plan.seed, options.get("prompts"))
        on_call = options.get("on_call") or (lambda _call: None)
        workload = Workload(self.clock, self.now, self.correlation, prompts, self.seen, on_call)
        return workload, due

    def _ends(self, begins: float, options: ReplayOptions) -> float:
        until, after = options.get("until"), seconds(options.get("after", "30m"))
        last = self.plan.bounds()[1]
        if until is not None:
            last = offset(until, self.plan, begins)
        return max(last, begins) + after

    def _report(self, calls: Sequence[Call], options: ReplayOptions) -> Report:
        self.calls.extend(calls)
        evidence = judge(
            self.calls,
            list(self.journal),
            patience=seconds(options.get("patience", "1m")),
            fresh=seconds(options.get("fresh", "1h")),
            decide=options.get("outcome"),
        )
        exchanges = [exchange for exchange in self.journal if exchange.at >= self._begins]
        run = Run(
            self.plan, self.plan.seed, calls, exchanges, evidence, self._begins, self._ends_at
        )
        return Report(run)


def _validate(options: ReplayOptions) -> None:
    known = tuple(ReplayOptions.__annotations__)
    for name in options:
        if name not in known:
            raise UnknownName("argument of replay", name, known)
    if options.get("calls") is not None and options.get("every") is not None:
        raise UsageError("give calls= or every=, not both: each fixes the other")
    for name in ("calls", "users"):
        count = options.get(name)
        if count is not None and (not isinstance(count, int) or count < 1):
            message = f"{name}= is a whole number, 1 or more; got {count!r}"
            raise UsageError(message)
    every = options.get("every")
    if every is not None and seconds(every) <= 0:
        raise UsageError("every= is the time between two calls of a user; it cannot be 0")


def _in_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
