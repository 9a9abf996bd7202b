"""A call: one invocation of the app's function by a replay, and its outcome for the user."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

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


@dataclass(slots=True)
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
    error: BaseException | None = None
    outcome: Outcome = "unjudged"
    inferred: bool = False
    age: float = 0.0

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
