"""A rule: one thing that a vendor's API refuses, its error message, and the source."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import KW_ONLY, dataclass, field
from typing import Any, Literal, NamedTuple

from chaos_llm.providers.refusals.checked_request import CheckedRequest, Place

# How sure it is that the vendor says this in these words; the surest first.
Evidence = Literal[
    "recorded",  # in a recording of the vendor's own reply
    "captured",  # from the live API, as a public repository's tests or notes say
    "pasted",  # by a user, in a public issue
    "documented",  # by the vendor
    "server code",  # the vendor's own server or validator is public
    "client code",  # quoted in public client code or tests
    "assumed",  # without a source: the refusal, or its wording, is a guess
]

_SHOWN = 60  # letters of a value that a sentence repeats in full


class Source(NamedTuple):
    """Where a rule is from."""

    evidence: Evidence
    where: str


class Found(NamedTuple):
    """What is wrong in a request: where, from the place that a rule looks at, and with what."""

    at: Place = ()
    values: Mapping[str, object] = {}


Wrong = Callable[[Any, CheckedRequest], Found | None]


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing that an API refuses.

    `wrong` is called with each value at the path `looks_at` (see `CheckedRequest.at`). `message` is
    the vendor's sentence; `why` is the report's, which continues the vendor's name. Both, and
    `param`, are format strings: `{at}` is the path, `{i}` and `{j}` the indexes in it, `{value}`
    the value.
    """

    name: str
    looks_at: str
    wrong: Wrong
    message: str
    why: str
    source: Source
    _: KW_ONLY
    kind: str = "invalid_request"
    status: int | None = None
    type: str | None = None
    code: str | None = None
    param: str | None = None
    details: Callable[[Mapping[str, object]], Any] | None = None  # besides, in its own form
    head: str = field(init=False)  # the key of the body without which there is nothing to look at

    def __post_init__(self) -> None:
        head = self.looks_at.partition(".")[0].partition("[")[0]
        object.__setattr__(self, "head", head)


def shown(value: object) -> object:
    """A value of a request in a sentence: a number as it is, of a long text both ends.

    OpenAI cuts what it repeats in this way; for all others it is assumed. What stands in the wrong
    place may be a whole prompt.
    """
    if isinstance(value, int | float):
        return value
    text = str(value)
    return text if len(text) <= _SHOWN else f"{text[:3]}...{text[-3:]}"


def found(*at: str | int, **values: object) -> Found:
    """What is wrong, at this place below the one that was looked at."""
    return Found(at, values)
