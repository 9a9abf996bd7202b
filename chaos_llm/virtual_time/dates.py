"""The date for set-up code before an outage, and a note on errors that a wrong date may cause."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

from chaos_llm.virtual_time.native.native_clocks import NativeClocks

_NANO = 1_000_000_000
# Words by which PyJWT, libraries like it, google-auth and OpenSSL reject what begins in the future.
_FROM_THE_FUTURE = ("not yet valid", "immature", "issued in the future", "used too early")


class RunningDate:
    """A wall clock that starts at a date and runs in real time; monotonic clocks stay real.

    Another mock of the wall clock, active before or started meanwhile, is not touched.
    """

    def __init__(self, begins: datetime, real_packages: frozenset[str]) -> None:
        self._begins, self._native = begins, NativeClocks(real_packages)
        self._undo = ExitStack()

    def __enter__(self) -> Self:
        import time_machine  # noqa: PLC0415 - not until a test asks for an outage

        if time_machine.escape_hatch.is_travelling():
            return self
        ahead = self._begins - datetime.now(UTC)
        travel = time_machine.travel(self._begins, tick=True)
        try:
            traveller = travel.start()
        except RuntimeError:  # freezegun is active, for which the outage raises an error
            return self
        with ExitStack() as undo:
            undo.callback(_stop, travel, traveller)
            seconds = ahead.days * 86_400 + ahead.seconds
            self._native.shift_wall(undo, seconds * _NANO + ahead.microseconds * 1_000)
            self._undo = undo.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.end()

    def end(self) -> None:
        """Restore the real date; a second call has no effect."""
        self._undo.close()


def _stop(travel: object, traveller: object) -> None:
    """End our time travel.

    time-machine ends the one that began last. If another has begun since ours, ours is taken from
    the stack instead.
    """
    import time_machine  # noqa: PLC0415 - it is loaded

    stack = vars(time_machine).get("traveller_stack", vars(time_machine).get("coordinates_stack"))
    if stack is not None and traveller in stack[:-1]:
        stack.remove(traveller)
    else:
        travel.stop()  # type: ignore[attr-defined]  # a time_machine.travel


def add_date_note(error: BaseException, today: datetime) -> None:
    """Add a note with the outage's date to an error about something that is not valid yet."""
    if any(word in _words(cause) for cause in _causes(error) for word in _FROM_THE_FUTURE):
        day = f"{today.day} {today:%B %Y}"
        error.add_note(
            f"chaos_llm: the date in this outage is {day}, and this is dated later: it was made "
            "before the outage. Make it in the test, or in a fixture that requests `chaos` first"
        )


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def _words(error: BaseException) -> str:
    return f"{type(error).__name__} {error}"[:1000].casefold()
