"""A call: one invocation of the app's function by a replay, and its outcome for the user."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from chaos_llm.requests.app_deadlines import AppDeadline

Outcome = Literal[
    "primary",  # answered by a provider that answers healthy calls, too
    "fallback",  # answered by another provider
    "cached",  # answered from a fresh cache
    "stale",  # answered from a cache that has gone stale
    "degraded",  # a text that the app itself made: an apology, a notice
    "truncated",  # the beginning of an answer, shown as if it were complete
    "corrupted",  # the answer to another prompt
    "error_text",  # an error message, shown as an answer
    "failed",  # an exception, or an empty result
    "late",  # an answer after the deadline
    "missed",  # due, but not made: the user was still waiting for the call before
    "unjudged",  # no evidence; `outcome=` can decide
]
OUTCOMES: tuple[Outcome, ...] = Outcome.__args__  # type: ignore[attr-defined] # mypy does not know the attribute of a Literal
ANSWERED: frozenset[Outcome] = frozenset({"primary", "fallback", "cached"})
_LONGEST_TEXT = 2000  # letters of an exception's message that are kept
_DEEPEST = 20  # exceptions of a chain of causes that are read


@dataclass(frozen=True, slots=True)
class CallError:
    """The exception of a call: its class, its message, and its causes' classes, nearest first.

    The exception itself is not kept, because its frames keep every object of the call in memory.
    """

    kind: type[BaseException]
    text: str = ""
    causes: tuple[type[BaseException], ...] = ()
    traceback: str = ""  # its lines in the app's own code; of the first errors of a replay only

    @classmethod
    def of(cls, error: BaseException, traceback: str = "") -> CallError:
        """Read an exception; a message that its class cannot compute is replaced by a note."""
        try:
            text = str(error)
        except Exception as failure:  # from the __str__ of an app's own class
            text = f"(its text cannot be read: {type(failure).__name__})"
        if len(text) > _LONGEST_TEXT:
            text = f"{text[: _LONGEST_TEXT - 1]}…"
        return cls(type(error), text, tuple(_causes(error)), traceback)

    @property
    def name(self) -> str:
        """The name of the exception's class."""
        return self.kind.__name__

    def is_a(self, *kinds: type[BaseException]) -> bool:
        """Whether the exception was an instance of one of these classes."""
        return issubclass(self.kind, kinds)

    def __str__(self) -> str:
        return self.text


def _causes(error: BaseException) -> Iterator[type[BaseException]]:
    cause = error.__cause__ or error.__context__
    for _ in range(_DEEPEST):
        if cause is None:
            return
        yield type(cause)
        cause = cause.__cause__ or cause.__context__


@dataclass(slots=True, repr=False)
class Call:
    """One call as it was made; times are seconds of the profile.

    `text` is the text that was found in the return value. `judge()` sets `outcome`, and `inferred`
    if only the exchanges were the evidence. `age` is the age of an answer from a cache in seconds.
    """

    number: int
    user: int
    due: float
    prompt: str
    token: str
    fresh: bool  # the first call with this prompt
    began: float = 0.0
    ended: float = 0.0
    text: str = ""
    returned: object = None
    error: CallError | None = None
    outcome: Outcome = "unjudged"
    inferred: bool = False
    age: float = 0.0
    streamed: bool = False  # whether the app returned a stream, so that its user saw it grow
    waits: tuple[AppDeadline, ...] = ()  # the app's waits for work of its own, two at most

    def __repr__(self) -> str:
        """What became of the call, without its prompt and what it returned."""
        failure = f", {self.error.name}" if self.error is not None else ""
        return (
            f"<Call {self.number} of user {self.user} at {self.due:g}: {self.outcome} after "
            f"{self.seconds:g} s{failure}>"
        )

    @property
    def seconds(self) -> float:
        """How long the user waited in seconds, from the time at which the call was due."""
        return self.ended - self.due

    @property
    def is_blank(self) -> bool:
        """Whether the app returned nothing, or an empty string."""
        return self.returned is None or (isinstance(self.returned, str) and not self.text.strip())

    @property
    def answered(self) -> bool:
        """Whether the user got a provider's answer: from a provider or from a fresh cache."""
        return self.outcome in ANSWERED
