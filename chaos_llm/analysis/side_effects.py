"""Side effects of the app besides its answers, as far as a test marks them."""

from __future__ import annotations

import functools
import inspect
import re
from collections.abc import Callable
from typing import Any, NamedTuple, ParamSpec, TypeVar, overload

from chaos_llm.errors import UsageError

_P = ParamSpec("_P")
_R = TypeVar("_R")
_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")


class SideEffect(NamedTuple):
    """One execution of a side effect: name, call, time (seconds of the profile) and arguments.

    `arguments` is a text that is equal for equal arguments.
    """

    name: str
    call: int
    at: float
    arguments: str


class Marker:
    """Records effects that a call must have at most once: a charge, a mail, a ticket.

    As a decorator, `@chaos.side_effect`, it records each execution of a sync or async function,
    before that begins. Called with a name, `chaos.side_effect("charge", order)`, it records one
    execution. The check `side_effects_happen_once()` reads the records. Raises UsageError for
    anything that is neither a function nor a name.
    """

    def __init__(
        self, recorded: list[SideEffect], here: Callable[[], int], now: Callable[[], float]
    ) -> None:
        self._recorded, self._here, self._now = recorded, here, now
        self.failed_in: set[int] = set()  # calls in which a marked function or a service failed

    def note_failure(self) -> None:
        """Record that a service of the app's own failed in the call that runs here."""
        self.failed_in.add(self._here())

    @overload
    def __call__(self, effect: Callable[_P, _R]) -> Callable[_P, _R]: ...

    @overload
    def __call__(self, effect: str, *arguments: object) -> None: ...

    def __call__(self, effect: str | Callable[..., object], *arguments: object) -> object:
        if isinstance(effect, str) and effect:
            self._record(effect, arguments, {})
            return None
        if not callable(effect):
            raise UsageError(
                f"mark a function, as in @chaos.side_effect, or give a name; got {effect!r}"
            )
        name = getattr(effect, "__qualname__", "").rpartition("<locals>.")[2] or repr(effect)
        if inspect.iscoroutinefunction(effect):

            @functools.wraps(effect)
            async def marked_async(*given: Any, **named: Any) -> Any:
                self._record(name, given, named)
                try:
                    return await effect(*given, **named)
                except Exception:
                    self.note_failure()
                    raise

            return marked_async

        @functools.wraps(effect)
        def marked(*given: Any, **named: Any) -> Any:
            self._record(name, given, named)
            try:
                return effect(*given, **named)
            except Exception:
                self.note_failure()
                raise

        return marked

    def _record(self, name: str, given: tuple[Any, ...], named: dict[str, Any]) -> None:
        self._recorded.append(SideEffect(name, self._here(), self._now(), _as_text(given, named)))


def _as_text(arguments: tuple[Any, ...], named: dict[str, Any]) -> str:
    """Arguments as a text, without the addresses of objects, which differ between calls."""
    parts = [repr(each) for each in arguments]
    parts += [f"{name}={value!r}" for name, value in sorted(named.items())]
    return _ADDRESS.sub("", ", ".join(parts))
