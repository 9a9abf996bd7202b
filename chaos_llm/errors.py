"""The exceptions of chaos_llm itself.

    Exception
     +-- ChaosError                a mistake of the user; the message says how to correct it
          +-- UsageError           a wrong name, argument or combination
          |    +-- UnknownName     an unknown profile, window, fault, tag, surface or key
          +-- ProfileError         a profile that cannot be read: file, line, what was expected
          +-- Unsupported          a provider's format cannot express a fault
    BaseException
     +-- HarnessError              the simulation cannot go on; `except Exception` must not hide it
          +-- HorizonReached       virtual time ran past the horizon
          +-- Standstill           a loop polls at one instant and never waits
          +-- Deadlock             all tasks and threads wait, and no timer is pending
          +-- RealWaitExceeded     a real socket or thread stopped virtual time for too long
          +-- ForeignThread        a provider was called from a thread not on the outage's clock
          |    +-- ForeignCall     the same, raised in that thread; an Exception, too
          +-- UncaughtEgress       a request to a provider's host that no interception caught
          |    +-- ChildEgress     the same in a child process; an Exception, too
          +-- NoReply              answers(), a fault or a provider raised, so there is no reply

Harness errors are recorded where they happen and raised again when the outage ends, because
`gather(return_exceptions=True)` turns even a BaseException into a value.
"""

from __future__ import annotations

import inspect
import re
import reprlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import Field
from difflib import SequenceMatcher
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from chaos_llm.synonyms import meant_by, words_meant_by

_P = ParamSpec("_P")
_R = TypeVar("_R")
_MANY = 40  # names; a message lists a catalogue of up to this size in full
_NEAREST = 12  # names that a message lists of a larger catalogue
_LONGEST_NAME = 100  # letters of an unknown name that are compared and shown
_BITS = 256  # of the largest whole number that a message shows with its digits


class ChaosError(Exception):
    """Base of the mistakes that a user of chaos_llm can correct."""


class UsageError(ChaosError, ValueError):
    """A wrong name, argument or combination of them."""


class UnknownName(UsageError):
    """A name that is not in its catalogue; the message lists the known names, most similar first.

    For a large catalogue it lists the most similar names only, and `all_by`, the command that
    prints all names. `where` is the place at which the unknown name was found.
    """

    def __init__(
        self, kind: str, name: str, known: Iterable[str], *, where: str = "", all_by: str = ""
    ) -> None:
        self.kind, self.name = kind, name
        name = name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…"
        self.known = tuple(nearest_first(name, known))
        listed = self.known if len(self.known) <= _MANY else self.known[:_NEAREST]
        listing = ", ".join(repr(word) for word in listed) or "none"
        if len(listed) < len(self.known):
            listing += f" and {len(self.known) - len(listed)} more"
            listing += f": `{all_by}` lists them" if all_by else ""
        prefix = f"{where}: " if where else ""
        super().__init__(f"{prefix}unknown {kind} {name!r}; known, nearest first: {listing}")


def refuse_unknown(of: str, given: Iterable[str], known: Iterable[str]) -> None:
    """Raise UnknownName for the first of the given keyword arguments that is not a known one.

    Where there is none at all it is a UsageError that says so.
    """
    known = tuple(known)
    for name in given:
        if not known:
            raise UsageError(f"{of} takes no arguments; got {name!r}")
        if name not in known:
            raise UnknownName(f"argument of {of}", name, known)


def refuse_excess(
    of: str, given: Sequence[object], fields: Sequence[Field[Any]], hint: str = ""
) -> None:
    """Raise UsageError for more positional arguments than the fields of a dataclass take."""
    if len(given) <= sum(not field.kw_only for field in fields):
        return
    takes = ", ".join(f"{field.name}=" for field in fields) or "no arguments"
    raise UsageError(f"{of} takes {takes}; got {', '.join(map(shown, given))}{hint}")


def refusing_unknown(name: str) -> Callable[[Callable[_P, _R]], Callable[_P, _R]]:
    """Let a function answer a wrong keyword with the known ones; `name` is the one in messages."""

    def decorate(function: Callable[_P, _R]) -> Callable[_P, _R]:
        parameters = inspect.signature(function).parameters
        known = [each for each in parameters if each not in ("self", "cls")]

        @wraps(function)
        def checked(*args: _P.args, **options: _P.kwargs) -> _R:
            refuse_unknown(name, options, known)
            return function(*args, **options)

        return checked

    return decorate


class ProfileError(ChaosError):
    """A profile that cannot be read; the message names file, line and what was expected."""


class Unsupported(ChaosError):
    """A provider's format cannot express a fault; the healthy reply is sent and journalled."""


class HarnessError(BaseException):
    """The simulation cannot go on; raised in the app and again when the outage ends."""


class HorizonReached(HarnessError):
    """Virtual time ran past the horizon: something sleeps or polls in an endless loop."""


class Standstill(HarnessError):
    """A loop reads the clock, or waits for 0 seconds, again and again at one instant."""


class Deadlock(HarnessError):
    """All tasks and threads wait for each other, and no timer is pending."""


class RealWaitExceeded(HarnessError):
    """A real socket, child process or thread stopped virtual time for longer than allowed."""


class ForeignThread(HarnessError):
    """A request to a provider came from a thread that is not on the outage's clock."""


class ForeignCall(ForeignThread, Exception):
    """A ForeignThread error as raised in that thread; the outage raises ForeignThread at its end.

    It is an Exception, because a BaseException would end the thread: a server, or the portal of a
    TestClient that a session shares, and with it the tests that follow.
    """


class UncaughtEgress(HarnessError):
    """A request to a provider's host that no interception caught."""


class ChildEgress(UncaughtEgress, Exception):
    """An UncaughtEgress error as raised in a child process; the outage raises it at its end, too.

    It is an Exception, because a BaseException silently ends a worker of `multiprocessing.Pool`,
    and the parent process would wait for ever.
    """


class NoReply(HarnessError):
    """A function given to `answers()`, a fault or a provider raised while it made a reply."""


def shown(value: object, longest: int = 60) -> str:
    """The repr of a value for an error message, cut to about `longest` letters.

    A repr has no control characters. The letters of a text are counted before it is escaped.
    """
    if isinstance(value, int) and value.bit_length() > _BITS:
        return f"a number of {value.bit_length()} bits"
    if isinstance(value, str | bytes):
        return repr(value) if len(value) <= longest else f"{value[: longest - 1]!r}…"
    is_container = isinstance(value, list | dict | set | tuple)
    written = reprlib.repr(value) if is_container else repr(value)
    return written if len(written) <= longest else f"{written[: longest - 1]}…"


def nearest_first(name: str, known: Iterable[str]) -> list[str]:
    """Sort names by what a wrong one may mean, then by similarity, then alphabetically.

    Names of several words, such as profiles', come first by how many of the words they have.
    """
    folded, names = name[:_LONGEST_NAME].casefold(), set(known)
    meant, words = meant_by(folded, names), words_meant_by(folded) if "/" not in folded else set()
    return sorted(
        names,
        key=lambda word: (
            word != re.sub(r"[ _]", "-", folded),
            meant.index(word) if word in meant else len(meant),
            -len(words.intersection(word.split("-"))) if "-" in word else 0,
            -SequenceMatcher(None, folded, word.casefold()).ratio(),
            word,
        ),
    )
