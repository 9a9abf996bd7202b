"""A date for what comes before an outage: the wall clock runs on from there, all else is real."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

from chaos_llm.virtual_time.native.native_clocks import NativeClocks

_NANO = 1_000_000_000


class RunningDate:
    """The wall clock of the process, running on from a date; `time.monotonic` does not notice.

    Where another clock is active already, or is started meanwhile, that one is left alone.
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
        except RuntimeError:  # freezegun is active; the outage will say so
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
        """Show the real date again; it may have been ended before."""
        self._undo.close()


def _stop(travel: object, traveller: object) -> None:
    """End ours; time-machine ends the last that began, so one that began since must stay last."""
    import time_machine  # noqa: PLC0415 - it is loaded

    stack = vars(time_machine).get("traveller_stack", vars(time_machine).get("coordinates_stack"))
    if stack is not None and traveller in stack[:-1]:
        stack.remove(traveller)
    else:
        travel.stop()  # type: ignore[attr-defined]  # a time_machine.travel
