"""What can go wrong with chaos_llm itself.

    Exception
     +-- ChaosError                a mistake; the message says how to mend it
          +-- UsageError           a wrong name, argument or combination
          |    +-- UnknownName     an unknown profile, window, fault, tag, surface or key
          +-- ProfileError         a profile that cannot be read: file, line, what was expected
          +-- Unsupported        a dialect cannot say what a fault asks for
    BaseException
     +-- HarnessError              the simulation cannot go on; no `except Exception` may hide it
          +-- HorizonReached       virtual time ran past the horizon
          +-- Standstill           a loop polls at one instant, and never waits
          +-- Deadlock             nobody can run and no timer is pending
          +-- RealWaitExceeded     a real socket or thread held the clock for too long
          +-- ForeignThread        a provider was called from a thread not on the outage's clock
          |    +-- ForeignCall     the same, raised in that thread; an Exception, too
          +-- UncaughtEgress       a request to a provider's host that no interception caught
          |    +-- ChildEgress     the same in a child process; an Exception, too
          +-- NoReply              answers(), a fault or a provider raised, so nothing can be sent

Harness errors are recorded where they happen and raised again when the outage ends, because
`gather(return_exceptions=True)` turns even a BaseException into a value.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import SequenceMatcher

_MANY, _NEAREST = 40, 12  # names in a message: so many whole catalogues, of longer ones so many


class ChaosError(Exception):
    """Base of the mistakes that a user of chaos_llm can mend."""


class UsageError(ChaosError, ValueError):
    """A wrong name, argument or combination of them."""


class UnknownName(UsageError):
    """A name that is not in its catalogue; the message lists the known ones, nearest first.

    Of very many it lists the nearest; `all_by` is the command that prints them all.
    """

    def __init__(
        self, kind: str, name: str, known: Iterable[str], *, where: str = "", all_by: str = ""
    ) -> None:
        self.kind, self.name = kind, name
        self.known = tuple(nearest_first(name, known))
        told = self.known if len(self.known) <= _MANY else self.known[:_NEAREST]
        listing = ", ".join(repr(word) for word in told) or "none"
        if len(told) < len(self.known):
            listing += f" and {len(self.known) - len(told)} more"
            listing += f": `{all_by}` lists them" if all_by else ""
        prefix = f"{where}: " if where else ""
        super().__init__(f"{prefix}unknown {kind} {name!r}; known, nearest first: {listing}")


class ProfileError(ChaosError):
    """A profile that cannot be read; the message names file, line and what was expected."""


class Unsupported(ChaosError):
    """A dialect cannot express a fault; the engine journals it and sends the clean reply."""


class HarnessError(BaseException):
    """The simulation cannot go on; raised in the app and again when the outage ends."""


class HorizonReached(HarnessError):
    """Virtual time ran past the horizon: something sleeps or polls in an endless loop."""


class Standstill(HarnessError):
    """A loop reads the clock, or waits for 0 seconds, again and again at one instant."""


class Deadlock(HarnessError):
    """Nobody can run and no timer is pending."""


class RealWaitExceeded(HarnessError):
    """A real socket, child process or thread held the clock for longer than allowed."""


class ForeignThread(HarnessError):
    """A request to a provider came from a thread that is not on the outage's clock."""


class ForeignCall(ForeignThread, Exception):
    """The same, raised in that thread; the outage raises a ForeignThread when it ends.

    It is an Exception, because the thread is not ours to end: any other kills the portal of a
    TestClient that a session shares, or a server, and with it the tests that follow.
    """


class UncaughtEgress(HarnessError):
    """A request to a provider's host that no interception caught."""


class ChildEgress(UncaughtEgress, Exception):
    """The same in a child process, whose parent hears of it otherwise.

    It is an Exception, because a worker of `multiprocessing.Pool` that meets another dies without
    a word, and its parent waits for ever.
    """


class NoReply(HarnessError):
    """What makes a reply raised: a function given to `answers()`, a fault or a provider."""


def nearest_first(name: str, known: Iterable[str]) -> list[str]:
    """Sort names by their likeness to a misspelt one, equal ones by the alphabet."""
    folded = name.casefold()
    return sorted(
        set(known),
        key=lambda word: (-SequenceMatcher(None, folded, word.casefold()).ratio(), word),
    )
