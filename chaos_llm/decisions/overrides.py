"""What a test has changed: faults injected, providers healed, answers chosen."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Any

from chaos_llm.decisions.plan import INJECTED, Decision, Draw, Meter, Plan
from chaos_llm.faults.fault import Fault
from chaos_llm.profiles.model import Target
from chaos_llm.protocol.keyed_random import KeyedRandom
from chaos_llm.protocol.messages import Answer, Completion, Request, Usage
from chaos_llm.requests.correlation import Key

_LETTERS_PER_TOKEN = 4  # a common estimate for English
_UNSUPPORTED = "unsupported"


@dataclass(slots=True)
class Injection:
    """Faults that a test injected. `left` is the number of requests to hit; None for all.

    `share` is the share of the requests that are hit. `is_timed`: it lasts from `begins` to `ends`,
    also in a replay with a warm-up. `decision` is the decision for a request that nothing else
    hits. It is one object, which all journal entries share.
    """

    target: Target
    faults: tuple[Fault, ...]
    left: int | None
    begins: float
    ends: float = math.inf
    share: float = 1.0
    is_timed: bool = False
    decision: Decision = field(init=False)

    def __post_init__(self) -> None:
        self.decision = Decision(tuple(Draw(INJECTED, fault, 0.0, 1.0) for fault in self.faults))

    def is_open(self, at: float) -> bool:
        """Whether it hits requests at that time, of those in its target."""
        return at < self.ends and not (self.is_timed and at < self.begins)

    def spares(self, rng: KeyedRandom) -> Draw | None:
        """The draw that spares a request; None if the request is hit."""
        if self.share >= 1.0 or (roll := rng.roll()) < self.share:
            return None
        return Draw(INJECTED, None, roll, self.share)

    def draws(self, at: float) -> tuple[Draw, ...]:
        """The draws for one more request; the injection ends with the last one."""
        if self.left is not None:
            self.left -= 1
            if not self.left:
                self.ends = at
        return self.decision.draws

    def give_back(self) -> None:
        """Do not count the last request."""
        if self.left is not None:
            if not self.left:
                self.ends = math.inf
            self.left += 1


@dataclass(slots=True)
class ChosenAnswers:
    """The answers that a test chose for requests to a target; `text` if each is one text.

    Where `next_answer` returns None, answers that were chosen earlier count.
    """

    target: Target
    next_answer: Callable[[Request], Completion | None]
    text: str | None = None


@dataclass(slots=True)
class Overrides:
    """Injections, healed providers and chosen answers; the plan decides everything else."""

    plan: Plan
    injections: list[Injection] = field(default_factory=list)
    chosen: list[ChosenAnswers] = field(default_factory=list)
    healed: list[tuple[Target, float]] = field(default_factory=list)
    kept: dict[str, dict[str, Any]] = field(default_factory=dict)  # by provider: its batches, ...
    # The injections of the last decision, one for each of its draws.
    spent: list[Injection] = field(default_factory=list)
    meter: Meter = field(init=False)

    def __post_init__(self) -> None:
        self.meter = Meter(self.plan)

    def is_idle(self) -> bool:
        """Whether the plan decides alone, so that requests of one form share their windows."""
        return not (self.injections or self.healed or self.meter.loads or self.plan.depends_on_size)

    def decide(self, request: Request, key: Key, at: float) -> Decision:
        """The draws for a request: injected faults first, then those of the windows."""
        decision = self.plan.decide(request, key, at, self.meter.loads)
        if self.meter.loads:
            self.meter.count(request, at)
        if self.healed and decision.draws:
            decision = self._without_healed(decision, request, at)
        if not self.injections:
            return decision
        hits, spared = self._draw_injections(request, key, at)
        self.spent = [injection for injection in hits for _ in injection.faults]
        if not hits and not spared:
            return decision
        draws = [injection.draws(at) for injection in hits]
        if len(hits) == 1 and not spared and not decision.draws:
            return hits[0].decision
        return Decision((*chain.from_iterable(draws), *spared, *decision.draws))

    def _draw_injections(
        self, request: Request, key: Key, at: float
    ) -> tuple[list[Injection], list[Draw]]:
        """The injections that hit a request, and the draws of those that spare it."""
        hits, spared = [], []
        for number, injection in enumerate(self.injections):
            if injection.is_open(at) and injection.target.hits(request):
                draw = injection.spares(self.dice_of(number, key))
                if draw is None:
                    hits.append(injection)
                else:
                    spared.append(draw)
        return hits, spared

    def dice_of(self, number: int, key: Key) -> KeyedRandom:
        """The random numbers that say whether an injection hits a request."""
        return KeyedRandom("inject", self.plan.seed, number, *key)

    def give_back(self, effects: Sequence[str]) -> None:
        """Do not count the last request for injections whose faults were all unsupported.

        `effects` are those of the last decision's draws, the injected faults first.
        """
        by_injection: dict[int, list[str]] = {}
        for injection, effect in zip(self.spent, effects, strict=False):
            by_injection.setdefault(id(injection), []).append(effect)
        for injection in {id(each): each for each in self.spent}.values():
            if set(by_injection.get(id(injection), [])) == {_UNSUPPORTED}:
                injection.give_back()

    def answer(self, request: Request) -> Answer | None:
        """The answer that a test chose for this request; the latest choice counts."""
        for chosen in reversed(self.chosen):
            if chosen.target.hits(request):
                answer = chosen.next_answer(request)
                if answer is None:
                    continue
                return _billed(answer, request) if answer.usage == Usage(0, 0) else answer
        return None

    def chosen_text(self, request: Request) -> str | None:
        """The text that a test chose; "" without a choice, None if `answer` has to be asked."""
        for chosen in reversed(self.chosen):
            if chosen.target.hits(request):
                return chosen.text
        return ""

    def share(self, request: Request, at: float) -> float:
        """The largest share of the injections and open windows that hit such a request."""
        injected = (
            injection.share
            for injection in self.injections
            if injection.begins <= at < injection.ends and injection.target.hits(request)
        )
        healed_at = self.healed_at(request, at)
        shares = (
            window.share(at, self.meter.loads)
            for window in self.plan.open_at(at)
            if window.opened > healed_at and window.hits(request)
        )
        return max(chain(injected, shares), default=0.0)

    def faults_at(self, request: Request, at: float) -> Iterator[Fault]:
        """All faults that could hit such a request, of injections and of open windows."""
        for injection in self.injections:
            if injection.is_open(at) and injection.target.hits(request):
                yield from injection.faults
        healed_at = self.healed_at(request, at)
        for window in self.plan.open_at(at):
            if window.opened > healed_at and window.hits(request):
                yield from window.faults

    def edges(self) -> set[float]:
        """The times at which a window or injection begins or ends, or a provider is healed."""
        edges = {at for _, at in self.healed}
        edges.update(edge for w in self.plan.windows for edge in (w.begins, w.ends))
        edges.update(edge for i in self.injections for edge in (i.begins, i.ends))
        return edges

    def begin_at(self, time: float) -> None:
        """Let earlier injections begin no later than this time, at which a replay begins.

        The first replay winds the profile's time back for its warm-up, to a time before the
        injections that were made until then.
        """
        for injection in self.injections:
            if not injection.is_timed:
                injection.begins = min(injection.begins, time)

    def timed_until(self) -> float:
        """When the last injection ends that was injected for a time; 0 without one."""
        return max((each.ends for each in self.injections if each.is_timed), default=0.0)

    def heal(self, target: Target, at: float) -> None:
        """End the injections and the open windows that hit a target."""
        for injection in self.injections:
            injected = injection.target
            same = (injected.provider, injected.surface) == (target.provider, target.surface)
            if same and target.model in ("", injected.model):
                injection.ends = min(injection.ends, at)
        self.healed.append((target, at))

    def choose(self, answers: ChosenAnswers) -> None:
        """Use these answers from now on, instead of earlier ones for the same target."""
        self.chosen = [each for each in self.chosen if each.target != answers.target]
        self.chosen.append(answers)

    def _without_healed(self, decision: Decision, request: Request, at: float) -> Decision:
        """Drop the draws of windows that opened before the provider was healed."""
        healed_at = self.healed_at(request, at)
        begins = {window.window.name: window.opened for window in self.plan.open_at(at)}
        return Decision(tuple(draw for draw in decision.draws if begins[draw.window] > healed_at))

    def healed_at(self, request: Request, at: float) -> float:
        """When the targets that hit such a request were last healed; minus infinity if never."""
        healed = (time for target, time in self.healed if time <= at and target.hits(request))
        return max(healed, default=-math.inf)


def _billed(answer: Completion, request: Request) -> Completion:
    size = len(answer.text) + sum(len(call.arguments) for call in answer.tool_calls)
    return replace(answer, usage=Usage(request.input_tokens, -(-size // _LETTERS_PER_TOKEN)))
