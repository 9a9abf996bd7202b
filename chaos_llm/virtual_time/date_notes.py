"""A note on errors that a date from before the outage can have caused."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

# The words of PyJWT, its twins, google-auth and OpenSSL for what begins in the future.
_FROM_THE_FUTURE = ("not yet valid", "immature", "issued in the future", "used too early")


def note_on_dates(error: BaseException, today: datetime) -> None:
    """Say which date it is in the outage, where an error is about one that is still to come."""
    if any(word in _words(cause) for cause in _causes(error) for word in _FROM_THE_FUTURE):
        day = f"{today.day} {today:%B %Y}"
        error.add_note(
            f"chaos_llm: in this outage it is {day}, and this is dated later: it was made before "
            "the outage. Make it in the test, or in a fixture that asks for `chaos` first"
        )


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def _words(error: BaseException) -> str:
    return f"{type(error).__name__} {error}"[:1000].casefold()
