"""A call: one invocation of the user's function by a replay, and what its user got."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Outcome = Literal[
    "primary",  # answered by the provider that answers on a healthy day
    "fallback",  # answered by another provider
    "cached",  # answered from a fresh cache
    "stale",  # answered from a cache that has gone stale
    "degraded",  # a text of the app's own: an apology, a notice
    "truncated",  # an answer that stops in the middle, shown as whole
    "corrupted",  # an answer to something else than was asked
    "error_text",  # an error message, shown as an answer
    "failed",  # an exception, or nothing at all
    "late",  # an answer after the user's patience had ended
    "missed",  # due, and never begun: the user was still waiting for the call before
    "unjudged",  # no evidence; `outcome=` decides
]
OUTCOMES: tuple[Outcome, ...] = Outcome.__args__  # type: ignore[attr-defined] # a Literal has it
ANSWERED: frozenset[Outcome] = frozenset({"primary", "fallback", "cached"})
_LONGEST_TEXT = 2000  # letters of an error's text that are kept
_DEEPEST = 20  # errors behind an error that are looked at


@dataclass(frozen=True, slots=True)
class CallError:
    """What a call raised, without the exception itself: its frames hold all that the call touched.

    `kind` is its class, `text` what it said, `causes` the classes of what it came from, the nearest
    first.
    """

    kind: type[BaseException]
    text: str = ""
    causes: tuple[type[BaseException], ...] = ()

    @classmethod
    def of(cls, error: BaseException) -> CallError:
        """Keep of an exception what is needed later; one that cannot say its text has none."""
        try:
            text = str(error)
        except Exception as failure:  # an app's own class
            text = f"(its text cannot be read: {type(failure).__name__})"
        if len(text) > _LONGEST_TEXT:
            text = f"{text[: _LONGEST_TEXT - 1]}…"
        return cls(type(error), text, tuple(_causes(error)))

    @property
    def name(self) -> str:
        """The name of its class."""
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


@dataclass(slots=True)
class Call:
    """One call as it was made; times are seconds of the profile.

    `text` is what was found in the return value. `outcome` is set by the judge, `inferred` says
    that it rests on the exchanges alone. `age` is that of an answer from a cache.
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

    @property
    def seconds(self) -> float:
        """How long the user waited, from when the call was due."""
        return self.ended - self.due

    @property
    def is_blank(self) -> bool:
        """Whether the app gave nothing at all."""
        return self.returned is None or (isinstance(self.returned, str) and not self.text.strip())

    @property
    def answered(self) -> bool:
        return self.outcome in ANSWERED
