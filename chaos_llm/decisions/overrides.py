"""What was done to providers by hand: faults injected and healed, answers chosen."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain

from chaos_llm.decisions.plan import INJECTED, Decision, Draw, Meter, Plan
from chaos_llm.faults.fault import Fault
from chaos_llm.profiles.model import Target
from chaos_llm.protocol.messages import Answer, Completion, Request, Usage
from chaos_llm.requests.correlation import Key

_LETTERS_PER_TOKEN = 4
_NOT_EXPRESSIBLE = "unsupported"


@dataclass(slots=True)
class Injection:
    """Faults put on by hand; `left` counts down, None is for good.

    `decision` is what it decides where nothing else does: one object for all records of it.
    """

    target: Target
    faults: tuple[Fault, ...]
    left: int | None
    begins: float
    ends: float = math.inf
    decision: Decision = field(init=False)

    def __post_init__(self) -> None:
        self.decision = Decision(tuple(Draw(INJECTED, fault, 0.0, 1.0) for fault in self.faults))

    def draws(self, at: float) -> tuple[Draw, ...]:
        if self.left is not None:
            self.left -= 1
            if not self.left:
                self.ends = at
        return self.decision.draws

    def not_spent(self) -> None:
        """Take the last throw back."""
        if self.left is not None:
            if not self.left:
                self.ends = math.inf
            self.left += 1


@dataclass(slots=True)
class ChosenAnswers:
    """The answers that a test chose for the requests inside a target."""

    target: Target
    next_answer: Callable[[Request], Completion]


@dataclass(slots=True)
class Overrides:
    """All that was put on by hand, over the plan that decides the rest."""

    plan: Plan
    injections: list[Injection] = field(default_factory=list)
    chosen: list[ChosenAnswers] = field(default_factory=list)
    healed: list[tuple[Target, float]] = field(default_factory=list)
    spent: list[Injection] = field(default_factory=list)  # by the last decision, one a throw
    meter: Meter = field(init=False)

    def __post_init__(self) -> None:
        self.meter = Meter(self.plan)

    def decide(self, request: Request, key: Key, at: float) -> Decision:
        """The injected faults first, then what the profile's windows throw."""
        decision = self.plan.decide(request, key, at, self.meter.loads)
        self.meter.meet(request, at)
        if self.healed and decision.draws:
            decision = self._without_healed(decision, request, at)
        if not self.injections:
            return decision
        hits = [each for each in self.injections if each.ends > at and each.target.hits(request)]
        self.spent = [injection for injection in hits for _ in injection.faults]
        if not hits:
            return decision
        draws = [injection.draws(at) for injection in hits]
        if len(hits) == 1 and not decision.draws:
            return hits[0].decision
        return Decision((*chain.from_iterable(draws), *decision.draws))

    def give_back(self, effects: Sequence[str]) -> None:
        """Count no request for injections of which nothing could be expressed in its reply.

        `effects` are those of the last decision's throws, of which the injected ones come first.
        """
        met: dict[int, list[str]] = {}
        for injection, effect in zip(self.spent, effects, strict=False):
            met.setdefault(id(injection), []).append(effect)
        for injection in {id(each): each for each in self.spent}.values():
            if set(met.get(id(injection), [])) == {_NOT_EXPRESSIBLE}:
                injection.not_spent()

    def answer(self, request: Request) -> Answer | None:
        """The answer that a test chose for this request, the last choice first."""
        for chosen in reversed(self.chosen):
            if chosen.target.hits(request):
                answer = chosen.next_answer(request)
                return _billed(answer, request) if answer.usage == Usage(0, 0) else answer
        return None

    def share(self, request: Request, at: float) -> float:
        """The largest share with which such a request is hit at that time."""
        if any(i.begins <= at < i.ends and i.target.hits(request) for i in self.injections):
            return 1.0
        healed_at = self.healed_at(request, at)
        shares = (
            window.share(at, self.meter.loads)
            for window in self.plan.open_at(at)
            if window.opened > healed_at and window.hits(request)
        )
        return max(shares, default=0.0)

    def edges(self) -> set[float]:
        """The times at which something begins, ends or is healed."""
        edges = {at for _, at in self.healed}
        edges.update(edge for w in self.plan.windows for edge in (w.begins, w.ends))
        edges.update(edge for i in self.injections for edge in (i.begins, i.ends))
        return edges

    def begin_at(self, time: float) -> None:
        """A replay begins here: what was put on before is on from its beginning.

        A first replay winds the profile back for its lead-in, behind the time of an injection.
        """
        for injection in self.injections:
            injection.begins = min(injection.begins, time)

    def heal(self, target: Target, at: float) -> None:
        """End what is going on inside a target."""
        for injection in self.injections:
            theirs = injection.target
            same = (theirs.provider, theirs.surface) == (target.provider, target.surface)
            if same and target.model in ("", theirs.model):
                injection.ends = min(injection.ends, at)
        self.healed.append((target, at))

    def choose(self, answers: ChosenAnswers) -> None:
        """Have a provider say this from now on; what was chosen for the same target is over."""
        self.chosen = [each for each in self.chosen if each.target != answers.target]
        self.chosen.append(answers)

    def _without_healed(self, decision: Decision, request: Request, at: float) -> Decision:
        """Drop the windows that were open when the provider was healed; later ones still come."""
        healed_at = self.healed_at(request, at)
        begins = {window.window.name: window.opened for window in self.plan.open_at(at)}
        return Decision(tuple(t for t in decision.draws if begins[t.window] > healed_at))

    def healed_at(self, request: Request, at: float) -> float:
        """When what hits such a request was last healed by then; minus infinity if never."""
        healed = (time for target, time in self.healed if time <= at and target.hits(request))
        return max(healed, default=-math.inf)


def _billed(answer: Completion, request: Request) -> Completion:
    said = len(answer.text) + sum(len(call.arguments) for call in answer.tool_calls)
    return replace(answer, usage=Usage(request.input_tokens, -(-said // _LETTERS_PER_TOKEN)))
