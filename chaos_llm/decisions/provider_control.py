"""Control over one provider in a test: inject faults, heal it, choose its answers."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import is_dataclass, replace
from pathlib import Path
from typing import Any, ClassVar, Never, Protocol

from chaos_llm.decisions.cassette_answers import CassetteAnswers
from chaos_llm.decisions.overrides import ChosenAnswers, Injection, Overrides
from chaos_llm.durations import Duration, seconds
from chaos_llm.errors import UnknownName, UsageError, refuse_unknown, refusing_unknown
from chaos_llm.faults.fault import Fault
from chaos_llm.profiles.model import SIMULATED_SURFACES, Target
from chaos_llm.protocol.batch_length import LENGTH, SHORTEST
from chaos_llm.protocol.json_values import json_of
from chaos_llm.protocol.messages import UNSERVED, Completion, Request, ToolCall
from chaos_llm.requests.hosts import provider_names

_HAVE_BATCHES = ("openai", "anthropic")


class HasFields(Protocol):
    """A pydantic model."""

    def model_dump(self, *, mode: str) -> dict[str, Any]: ...


class HasDataclassFields(Protocol):
    """A dataclass."""

    __dataclass_fields__: ClassVar[dict[str, Any]]


Answer = str | Completion | Mapping[str, Any] | HasFields | HasDataclassFields
Answers = Answer | Path | Sequence[Answer] | Iterator[Answer] | Callable[[Request], Any]


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

    def __repr__(self) -> str:
        """The provider, and the faults that the test injected and that are still active."""
        now = self._now()
        active = [
            ", ".join(map(repr, each.faults))
            for each in self._overrides.injections
            if each.is_open(now) and each.target.provider == self._target.provider
        ]
        return f"<{self._target.provider}: {'; '.join(active) or 'nothing injected'}>"

    def inject(
        self,
        *faults: Fault,
        share: float = 1.0,
        for_: Duration | None = None,
        times: int | None = None,
        **unknown: Never,
    ) -> ProviderControl:
        """Apply these faults to each request from now on.

        `share=0.3` hits three requests in ten, `times=2` the next two, and `for_="5m"` ends it
        after five minutes; they can be combined. In a replay, faults that were injected for a time
        begin at the profile's start, after its healthy warm-up, and others at once.
        """
        refuse_unknown("inject()", unknown, ("share", "for_", "times"))
        if not faults or not all(isinstance(fault, Fault) for fault in faults):
            message = f"inject() takes faults, as in inject(overloaded()); got {faults!r}"
            raise UsageError(message)
        if times is not None and (type(times) is not int or times < 1):
            raise UsageError(f"times is the number of requests to hit, 1 or more; got {times!r}")
        if type(share) not in (int, float) or not 0 < share <= 1:
            raise UsageError(f"share is the share of requests, above 0 and up to 1; got {share!r}")
        now, lasts = self._now(), math.inf if for_ is None else seconds(for_)
        if lasts <= 0:
            raise UsageError("for_ is how long the faults are injected; it cannot be 0")
        injection = Injection(
            self._target, faults, times, now, now + lasts, float(share), for_ is not None
        )
        self._overrides.injections.append(injection)
        return self

    @refusing_unknown("heal()")
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

    @refusing_unknown("answers()")
    def answers(
        self, answers: Answers | None = None, *, cassette: str | Path | None = None
    ) -> ProviderControl:
        """Choose the provider's answers: an answer, a list of answers, a file, or a function.

        An answer is a text, a `tool_call(...)`, a Completion, or structured output: a dict, a
        pydantic model or a dataclass, which is sent as JSON, or as the arguments of the tool that
        the request forces. A list gives its answers in order, and then its last one again and
        again. A file holds plain text, or (.json) an answer or a list of them. A function gets the
        Request and returns an answer.

        `cassette` is a file of vcrpy, go-vcr or Polly.JS, whose recorded answers are matched to
        requests by path and body, as vcrpy does; failures in it are left out. Raises UsageError for
        a file without answers of this provider.
        """
        if (answers is None) == (cassette is None):
            raise UsageError("answers() takes answers or cassette=, one of them")
        if cassette is not None:
            recorded = CassetteAnswers.of_file(Path(cassette), self._target.provider)
            self._overrides.choose(ChosenAnswers(self._target, recorded.answer))
            return self
        assert answers is not None
        self._overrides.choose(ChosenAnswers(self._target, _answerer(answers), _one_text(answers)))
        return self

    @refusing_unknown("batches_take()")
    def batches_take(self, length: Duration) -> ProviderControl:
        """Set how long a batch of OpenAI or Anthropic takes that is created from now on.

        One that takes more than 24 hours expires: the requests that it got to until then have
        results, the others have expired. Raises UsageError for less than a minute, and for other
        providers.
        """
        provider, takes = self._target.provider, seconds(length)
        if provider not in _HAVE_BATCHES:
            raise UsageError(f"batches are simulated for {' and '.join(_HAVE_BATCHES)} only")
        if takes < SHORTEST:
            raise UsageError(f"a batch takes a minute at least; got {length!r}")
        self._overrides.kept.setdefault(provider, {})[LENGTH] = takes
        return self


def _one_text(answers: object) -> str | None:
    """The text of answers that are all the same one; the last one of a list is repeated."""
    if isinstance(answers, list | tuple) and len(answers) == 1:
        (answers,) = answers
    return answers if isinstance(answers, str) and answers else None


def _answerer(answers: object) -> Callable[[Request], Completion]:
    if isinstance(answers, type):
        raise UsageError(
            f"an answer is an object, and not its class: {answers.__name__}(...); got {answers!r}"
        )
    if isinstance(answers, Path):
        text = answers.read_text(encoding="utf-8")
        return _answerer(json.loads(text) if answers.suffix == ".json" else text)
    if _is_structured(answers) or not callable(answers):
        if isinstance(answers, list | tuple) and answers:
            return _in_order(iter([_checked(answer) for answer in answers]))
        if isinstance(answers, Iterator):
            return _in_order(answers)
        single = _checked(answers)
        return lambda request: _completion(single, request)
    return lambda request: _completion(answers(request), request)


def _in_order(answers: Iterator[object]) -> Callable[[Request], Completion]:
    last: list[object] = []

    def following(request: Request) -> Completion:
        last[:] = [next(answers, *last)]
        return _completion(last[0], request)

    return following


def _is_structured(answer: object) -> bool:
    """Whether an answer is an object with fields: a dict, a pydantic model, a dataclass."""
    if isinstance(answer, type):
        return False
    return isinstance(answer, Mapping) or hasattr(answer, "model_dump") or is_dataclass(answer)


def _checked(answer: object) -> object:
    """An answer that can be sent; raises UsageError for what is none."""
    if isinstance(answer, str | Completion):
        return answer
    if _is_structured(answer):
        json_of(answer)
        return answer
    raise UsageError(
        "an answer is a text, a dict, a pydantic model, a tool_call(...) or a Completion, answers "
        f"at least one of them; got {answer!r}"
    )


def _completion(answer: object, request: Request) -> Completion:
    answer = _checked(answer)
    if isinstance(answer, Completion):
        return answer
    if isinstance(answer, str):
        return Completion(text=answer)
    text = json_of(answer)
    # Libraries for structured output that know no JSON mode force a tool instead.
    if request.forced_tool is not None and request.schema is None and request.tools:
        name = request.forced_tool or request.tools[0].name
        return Completion(tool_calls=(ToolCall(name, text),), stop="tool")
    return Completion(text=text)
