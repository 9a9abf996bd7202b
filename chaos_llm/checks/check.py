"""The interface of a check, one claim about a run, and of its finding."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from chaos_llm.analysis.run import Run
from chaos_llm.errors import UnknownName, UsageError, refuse_excess, refuse_unknown
from chaos_llm.requests.hosts import provider_names

Verdict = Literal["pass", "fail", "not applicable", "not judged"]


@dataclass(frozen=True, slots=True, repr=False)
class Finding:
    """What a check found: the verdict, the observation in words, when, and why it matters.

    `at` is the time of the first violation in seconds of the profile, None if there is none.
    """

    check: str
    verdict: Verdict
    seen: str
    at: float | None = None
    why: str = ""

    def __repr__(self) -> str:
        """A line as in a report."""
        return f"<{self.verdict.upper()} {self.check}: {self.seen}>"


@dataclass(frozen=True, repr=False)
class Check(ABC):
    """One claim about a run; `why` says what a violation costs, and is shown with failures."""

    why: ClassVar[str]

    if not TYPE_CHECKING:  # mypy takes the arguments from the fields

        def __new__(cls, *given: Any, **arguments: Any) -> Self:
            """Refuse an argument that the check does not have, and name those that it has."""
            known = [field.name for field in fields(cls)]
            name = cls.__module__.rpartition(".")[2]
            refuse_excess(name, given, fields(cls))
            refuse_unknown(name, arguments, known)
            return super().__new__(cls)

    @abstractmethod
    def __call__(self, run: Run) -> Finding:
        """Judge a run by this claim."""

    @property
    def name(self) -> str:
        """The check's name in reports: the stem of the file in which its class is."""
        return type(self).__module__.rpartition(".")[2]

    def __repr__(self) -> str:
        arguments = (f"{field.name}={getattr(self, field.name)!r}" for field in fields(self))
        return f"{self.name}({', '.join(arguments)})"

    def passed(self, seen: str) -> Finding:
        return Finding(repr(self), "pass", seen, why=self.why)

    def failed(self, seen: str, at: float | None = None) -> Finding:
        return Finding(repr(self), "fail", seen, at, self.why)

    def not_applicable(self, seen: str) -> Finding:
        return Finding(repr(self), "not applicable", seen, why=self.why)

    def not_judged(self, seen: str) -> Finding:
        return Finding(repr(self), "not judged", seen, why=self.why)


def known_provider(name: str) -> None:
    """Raise UnknownName for a provider that is not simulated, as nothing could be judged."""
    if name not in provider_names():
        raise UnknownName("provider", name, provider_names())


def whole_number(name: str, value: int) -> None:
    """Raise UsageError for a limit that is not a whole number from 1 on."""
    if type(value) is not int or value < 1:
        raise UsageError(f"{name}= is a whole number, 1 or more; got {value!r}")
