"""A run: one client's outage, with its own plan, journal, clock and draws; all runs by name."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple, Protocol

from chaos_llm.decisions.plan import Plan
from chaos_llm.decisions.provider_control import ProviderControl
from chaos_llm.decisions.start_position import Until, place
from chaos_llm.engine.engine import Engine
from chaos_llm.engine.plain_replies import Plain
from chaos_llm.engine.webhooks import Delivery
from chaos_llm.errors import UnknownName, UsageError
from chaos_llm.journal.journal import End, Exchange
from chaos_llm.profiles.healthy_baseline import with_baseline
from chaos_llm.profiles.model import Profile
from chaos_llm.protocol.messages import Reply, WireRequest
from chaos_llm.protocol.redaction import Secrets
from chaos_llm.providers.provider import Provider
from chaos_llm.requests.billing_tiers import tiers
from chaos_llm.server.connections.handshakes import ServedOverrides
from chaos_llm.server.launch.settings import Limits
from chaos_llm.server.runs.call_tracking import CallTracker
from chaos_llm.server.runs.clock import RunClock
from chaos_llm.server.runs.kept_journal import JournalWriter, KeptJournal
from chaos_llm.server.runs.tally import Tally
from chaos_llm.server.runs.webhooks import ServedWebhooks

DEFAULT = "default"
_LEAST_KEPT = 1_000  # exchanges of a run, however many runs there are


class ActiveReply(Protocol):
    """A reply that is being sent."""

    def cut(self) -> None:
        """End it in the middle."""


@dataclass(frozen=True)
class RunStart:
    """What a run begins with; a reset begins it anew.

    The nearest pyproject.toml at or above `rootdir` names tiers and a healthy day.
    """

    profile: Profile
    seed: int
    rate: float
    at: Until | None = None
    rootdir: Path = Path()
    strict: bool = True  # refuse what the real APIs refuse
    webhooks: Delivery | None = None

    def plan(self) -> Plan:
        """The profile of a run; raises UsageError or UnknownName for a wrong pyproject.toml."""
        start = self.rootdir.absolute()
        return Plan(with_baseline(self.profile, start), self.seed, tiers(start, os.environ))


class Notes(NamedTuple):
    """Where all runs of a server write down what happens, and what must not be written."""

    file: JournalWriter | None
    secrets: Secrets
    tally: Tally


class ServedRun:
    """One client's outage, as the server simulates it."""

    def __init__(
        self,
        name: str,
        beginning: RunStart,
        limits: Limits,
        loop: asyncio.AbstractEventLoop,
        notes: Notes,
    ) -> None:
        self.name, self.beginning = name, beginning
        self._limits, self._loop, self._notes = limits, loop, notes
        self._room = limits.journals
        self.waiting: set[ActiveReply] = set()  # replies that are under way
        self.beginnings = 0
        self.webhooks: ServedWebhooks | None = None
        self.when_changed: Callable[[], None] | None = None  # begun anew, or healed
        self._begin()

    def _begin(self) -> None:
        self.beginnings += 1
        self.plan = self.beginning.plan()
        self.position = place(self.beginning.at, self.plan)
        self.clock = RunClock(self._loop, self.beginning.rate)
        limit = min(self._limits.journal, self._room)
        self.journal = KeptJournal(limit, self._notes.secrets)
        self.overrides = ServedOverrides(
            self.plan, leads_wire=self.name == DEFAULT, when_healed=self._changed
        )
        self.callers = CallTracker(lambda: self.now)
        self.engine = Engine(
            self.overrides,
            self.journal,
            self.callers,
            self._now,
            strict=self.beginning.strict,
        )
        if self.beginning.webhooks is not None:
            self.send_webhooks(self.beginning.webhooks)

    def send_webhooks(self, sent: Delivery) -> None:
        """Send webhooks from now on, and after a reset, too."""
        if self.webhooks is not None:
            self.webhooks.stop()
        self.beginning = replace(self.beginning, webhooks=sent)
        self.webhooks = ServedWebhooks(self.engine, self.clock, self._loop, sent)

    def keep_at_most(self, exchanges: int) -> None:
        """Bound the journal; its limit is the server's own, if that is less."""
        self._room = exchanges
        self.journal.limit = min(self._limits.journal, exchanges)

    @property
    def now(self) -> float:
        """Seconds of the profile: 0 is its start."""
        return self._now()

    def _now(self) -> float:
        return self.position + self.clock.now

    def exchange(self, provider: Provider, wire: WireRequest, call: str) -> tuple[Exchange, Reply]:
        """Answer a request; `call` is the name that the client gave to what it is a part of."""
        exchange, reply = self.brief_exchange(provider, wire, call)
        if isinstance(reply, Reply):
            return exchange, reply
        self.callers.note(exchange)
        return exchange, reply.in_full()

    def brief_exchange(
        self, provider: Provider, wire: WireRequest, call: str
    ) -> tuple[Exchange, Reply | Plain]:
        """The same; a reply that comes whole and at once stays as short as it is.

        One that is sent has to be ended by `end_at_once`.
        """
        callers = self.callers
        callers.named = call
        exchange, reply = answered = self.engine.brief_exchange(provider, wire)
        if type(reply) is Reply:
            callers.note(exchange)
            if "applied" in exchange.effects:
                self.journal.applied += 1
        return answered

    def end(self, exchange: Exchange, how: End) -> None:
        """Write down when and how an exchange ended; the first ending counts."""
        if exchange.end == "open":
            exchange.end, exchange.until = how, self.now
            self._notes.tally.note(exchange)
            if self._notes.file is not None:
                self._notes.file.write(self.name, exchange)

    def end_at_once(self, exchange: Exchange) -> None:
        """Write down that a healthy reply was sent whole as soon as it was asked for."""
        exchange.end = "complete"  # at the time of its request
        self.callers.end_at_once(exchange)
        notes = self._notes
        notes.tally.note_at_once(exchange.kind.provider)
        if notes.file is not None:
            notes.file.write(self.name, exchange)

    def on(self, provider: str, *, surface: str = "", model: str = "") -> ProviderControl:
        """Take one provider in hand: inject faults, heal it, choose its answers."""
        return ProviderControl(self.overrides, lambda: self.now, provider, surface, model)

    def begin_anew(
        self,
        *,
        profile: Profile | None = None,
        seed: int | None = None,
        at: Until | None = None,
        strict: bool | None = None,
    ) -> None:
        """Forget all that happened; replies that are under way end as they stand."""
        old = self.beginning
        beginning = replace(
            old,
            profile=old.profile if profile is None else profile,
            seed=old.seed if seed is None else seed,
            at=at if at is not None or profile is not None else old.at,
            strict=old.strict if strict is None else strict,
        )
        place(beginning.at, beginning.plan())  # refused before anything goes
        self.stop()
        self.beginning = beginning
        self._begin()
        self._changed()

    def _changed(self) -> None:
        if self.when_changed is not None:
            self.when_changed()

    def stop(self) -> None:
        """End every reply that is under way."""
        for playing in tuple(self.waiting):
            playing.cut()
        if self.webhooks is not None:
            self.webhooks.stop()
        self.clock.stop()


class Runs:
    """All runs of a server by name; one that is asked for first begins then."""

    def __init__(
        self,
        beginning: RunStart,
        limits: Limits,
        loop: asyncio.AbstractEventLoop,
        notes: Notes,
    ) -> None:
        self._beginning, self._limits, self._loop, self._notes = beginning, limits, loop, notes
        self._runs: dict[str, ServedRun] = {}
        self.default = self.named(DEFAULT)

    def named(self, name: str) -> ServedRun:
        """The run of that name; raises UsageError where there are too many."""
        run = self._runs.get(name)
        if run is None:
            if len(self._runs) >= self._limits.runs:
                raise UsageError(
                    f"there are {self._limits.runs} runs already; end one by DELETE /__chaos/runs"
                    "?run=NAME, or start the server anew"
                )
            run = ServedRun(name, self._beginning, self._limits, self._loop, self._notes)
            self._runs[name] = run
            self._share_room()
        return run

    def begun(self, name: str) -> ServedRun | None:
        """The run of that name, if it has begun."""
        return self._runs.get(name)

    def end(self, name: str) -> None:
        """Forget a run; raises UnknownName. The default one begins anew."""
        if name not in self._runs:
            raise UnknownName("run", name, self._runs)
        if name == DEFAULT:
            self.default.begin_anew()
            return
        self._runs.pop(name).stop()
        self._share_room()

    def _share_room(self) -> None:
        """Let each run keep as many exchanges as there is room for beside the others."""
        share = max(_LEAST_KEPT, self._limits.journals // len(self._runs))
        for run in self._runs.values():
            run.keep_at_most(share)

    def stop(self) -> None:
        for run in self._runs.values():
            run.stop()

    def __iter__(self) -> Iterator[ServedRun]:
        return iter(tuple(self._runs.values()))
