"""Control over one provider in a test: inject faults, heal it, choose its answers."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from chaos_llm.decisions.overrides import ChosenAnswers, Injection, Overrides
from chaos_llm.errors import UnknownName, UsageError
from chaos_llm.faults.fault import Fault
from chaos_llm.profiles.model import SIMULATED_SURFACES, Target
from chaos_llm.protocol.messages import UNSERVED, Completion, Request
from chaos_llm.requests.hosts import provider_names

_Texts = Sequence[str | Completion] | Iterator[str | Completion]
Answers = str | Completion | Path | _Texts | Callable[[Request], Any]


class ProviderControl:
    """Control over one provider: `chaos.on("anthropic").inject(overloaded())`.

    Raises UnknownName for a provider or a surface that is not simulated.
    """

    def __init__(
        self,
        overrides: Overrides,
        now: Callable[[], float],
        provider: str,
        surface: str = "",
        model: str = "",
    ) -> None:
        if provider not in provider_names():
            raise UnknownName("provider", provider, provider_names())
        if surface and surface not in (*SIMULATED_SURFACES, UNSERVED):
            raise UnknownName("surface", surface, (*SIMULATED_SURFACES, UNSERVED))
        self._overrides, self._now = overrides, now
        self._target = Target(provider, surface or "api", model)
        self._heals_all = not surface and not model

    def inject(self, *faults: Fault, times: int | None = None) -> ProviderControl:
        """Apply these faults to each request from now on, or to the next `times` requests."""
        if not faults or not all(isinstance(fault, Fault) for fault in faults):
            message = f"inject() takes faults, as in inject(overloaded()); got {faults!r}"
            raise UsageError(message)
        if times is not None and (type(times) is not int or times < 1):
            raise UsageError(f"times is the number of requests to hit, 1 or more; got {times!r}")
        injection = Injection(self._target, faults, times, self._now())
        self._overrides.injections.append(injection)
        return self

    def heal(self) -> ProviderControl:
        """End the injected faults and the open windows that hit this provider.

        All of its surfaces are healed, logins and status pages included, unless `surface` or
        `model` names a part.
        """
        surfaces = self._surfaces_hit() if self._heals_all else {self._target.surface}
        for surface in sorted(surfaces):
            self._overrides.heal(replace(self._target, surface=surface), self._now())
        return self

    def _surfaces_hit(self) -> set[str]:
        """The surfaces of the provider that anything hits, and its API."""
        windows = self._overrides.plan.profile.windows
        targets = [target for window in windows for target in window.on]
        targets += [injection.target for injection in self._overrides.injections]
        ours = (self._target.provider, "*")
        return {"api", *(target.surface for target in targets if target.provider in ours)}

    def answers(self, answers: Answers) -> ProviderControl:
        """Choose the provider's answers: a text, a Completion, a list, a file or a function.

        A list gives its answers in order, and then its last one again and again. A file holds
        plain text, or (.json) a text or a list of texts. A function gets the Request and returns
        a text or a Completion.
        """
        self._overrides.choose(ChosenAnswers(self._target, _answerer(answers)))
        return self


def _answerer(answers: object) -> Callable[[Request], Completion]:
    if isinstance(answers, Path):
        text = answers.read_text(encoding="utf-8")
        return _answerer(json.loads(text) if answers.suffix == ".json" else text)
    if callable(answers):
        function = answers
        return lambda request: _completion(function(request))
    if isinstance(answers, list | tuple) and answers:
        return _in_order(iter([_completion(answer) for answer in answers]))
    if isinstance(answers, Iterator):
        return _in_order(map(_completion, answers))
    single = _completion(answers)
    return lambda _request: single


def _in_order(answers: Iterator[Completion]) -> Callable[[Request], Completion]:
    last: list[Completion] = []

    def following(_request: Request) -> Completion:
        last[:] = [next(answers, *last)]
        return last[0]

    return following


def _completion(answer: object) -> Completion:
    if isinstance(answer, Completion):
        return answer
    if isinstance(answer, str):
        return Completion(text=answer)
    message = f"an answer is a text or a Completion, answers at least one of them; got {answer!r}"
    raise UsageError(message)
