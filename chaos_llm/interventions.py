"""What a test does to a provider by hand: inject a fault, heal it, choose its answers."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from chaos_llm.errors import UsageError
from chaos_llm.faults.fault import Fault
from chaos_llm.model import Answer, Completion, Request
from chaos_llm.plan import Decision, Key, Plan, Throw
from chaos_llm.timeline import Target

Answers = str | Completion | Path | Iterable[str | Completion] | Callable[[Request], Any]


@dataclass(slots=True)
class Injection:
    """A fault put on by hand; `left` counts down, None is for good."""

    target: Target
    faults: tuple[Fault, ...]
    left: int | None

    def throws(self) -> tuple[Throw, ...]:
        if self.left is not None:
            self.left -= 1
        return tuple(Throw("injected", fault, 0.0, 1.0) for fault in self.faults)


@dataclass(slots=True)
class ChosenAnswers:
    """The answers that a test chose for the requests inside a target."""

    target: Target
    next_answer: Callable[[Request], Answer]


@dataclass(slots=True)
class Interventions:
    """All that was put on by hand; the plan decides the rest."""

    plan: Plan
    injections: list[Injection] = field(default_factory=list)
    chosen: list[ChosenAnswers] = field(default_factory=list)
    healed: list[tuple[Target, float]] = field(default_factory=list)

    def decide(self, request: Request, key: Key, at: float) -> Decision:
        """The injected faults first, then what the profile's windows throw."""
        decision = self.plan.decide(request, key, at)
        if self.healed and decision.throws:
            decision = self._without_healed(decision, request)
        injected = tuple(
            throw
            for injection in self.injections
            if injection.left != 0 and injection.target.hits(request)
            for throw in injection.throws()
        )
        return Decision(injected + decision.throws) if injected else decision

    def answer(self, request: Request) -> Answer | None:
        """The answer that a test chose for this request, the last choice first."""
        for chosen in reversed(self.chosen):
            if chosen.target.hits(request):
                return chosen.next_answer(request)
        return None

    def _without_healed(self, decision: Decision, request: Request) -> Decision:
        """Drop the windows that were open when the provider was healed; later ones still come."""
        healed_at = max((t for target, t in self.healed if target.hits(request)), default=None)
        if healed_at is None:
            return decision
        begins = {window.window.name: window.begins for window in self.plan.windows}
        return Decision(tuple(t for t in decision.throws if begins[t.window] > healed_at))


class Lever:
    """The hand of a test on one provider: `chaos.on("anthropic").inject(overloaded())`."""

    def __init__(self, interventions: Interventions, target: Target, at: float) -> None:
        self._interventions, self._target, self._at = interventions, target, at

    def inject(self, *faults: Fault, times: int | None = None) -> Lever:
        """Have these faults strike each request from now on, or the next `times` requests."""
        if not faults or not all(isinstance(fault, Fault) for fault in faults):
            message = f"inject() takes faults, as in inject(overloaded()); got {faults!r}"
            raise UsageError(message)
        if times is not None and times < 1:
            raise UsageError(f"times is how many requests are hit, 1 or more; got {times!r}")
        self._interventions.injections.append(Injection(self._target, faults, times))
        return self

    def heal(self) -> Lever:
        """End what hits this provider now: injected faults, and the windows that are open."""
        mine = self._target
        self._interventions.injections[:] = [
            kept
            for kept in self._interventions.injections
            if (kept.target.provider, kept.target.surface) != (mine.provider, mine.surface)
        ]
        self._interventions.healed.append((mine, self._at))
        return self

    def answers(self, answers: Answers) -> Lever:
        """Have the provider say this: a text, a Completion, a list of them, a file, a function.

        A list is used up in order and its last answer stays. A file is text, or JSON of a list.
        A function is given the Request.
        """
        chosen = ChosenAnswers(self._target, _answerer(answers))
        self._interventions.chosen.append(chosen)
        return self


def _answerer(answers: Answers) -> Callable[[Request], Answer]:
    if isinstance(answers, Path):
        text = answers.read_text(encoding="utf-8")
        return _answerer(json.loads(text) if answers.suffix == ".json" else text)
    if isinstance(answers, str | Completion):
        single = _completion(answers)
        return lambda _request: single
    if callable(answers):
        ask = answers
        return lambda request: _completion(ask(request))
    return _in_order(_completion(answer) for answer in answers)


def _in_order(answers: Iterator[Completion]) -> Callable[[Request], Answer]:
    last: list[Completion] = []

    def following(_request: Request) -> Answer:
        last[:] = [next(answers, *last)]
        return last[0]

    return following


def _completion(answer: Any) -> Completion:
    if isinstance(answer, Completion):
        return answer
    if isinstance(answer, str):
        return Completion(text=answer)
    message = f"an answer is a text or a Completion; got {answer!r}"
    raise UsageError(message)
