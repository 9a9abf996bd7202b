"""What an app does to the world besides answering, as far as a test has marked it."""

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
    """One execution: of what, in which call, when (seconds of the profile), with which arguments.

    `arguments` is a text that is equal for equal arguments.
    """

    name: str
    call: int
    at: float
    arguments: str


class Marker:
    """Marks what a call must do once at most: a charge, a mail, a ticket.

    As a decorator, `@chaos.side_effect`, it writes down each execution of a function, sync or
    async, before it begins; given a name, `chaos.side_effect("charge", order)`, this one. The check
    `side_effects_happen_once()` reads them.
    """

    def __init__(
        self, kept: list[SideEffect], here: Callable[[], int], now: Callable[[], float]
    ) -> None:
        self._kept, self._here, self._now = kept, here, now

    @overload
    def __call__(self, effect: Callable[_P, _R]) -> Callable[_P, _R]: ...

    @overload
    def __call__(self, effect: str, *arguments: object) -> None: ...

    def __call__(self, effect: str | Callable[..., object], *arguments: object) -> object:
        if isinstance(effect, str) and effect:
            self._note(effect, arguments, {})
            return None
        if not callable(effect):
            raise UsageError(
                f"a side effect is a function, as in @chaos.side_effect, or a name; got {effect!r}"
            )
        name = getattr(effect, "__qualname__", "").rpartition("<locals>.")[2] or repr(effect)
        if inspect.iscoroutinefunction(effect):

            @functools.wraps(effect)
            async def marked_async(*given: Any, **named: Any) -> Any:
                self._note(name, given, named)
                return await effect(*given, **named)

            return marked_async

        @functools.wraps(effect)
        def marked(*given: Any, **named: Any) -> Any:
            self._note(name, given, named)
            return effect(*given, **named)

        return marked

    def _note(self, name: str, given: tuple[Any, ...], named: dict[str, Any]) -> None:
        self._kept.append(SideEffect(name, self._here(), self._now(), _spelled(given, named)))


def _spelled(arguments: tuple[Any, ...], named: dict[str, Any]) -> str:
    """Arguments as a text, without the addresses of objects."""
    said = [repr(each) for each in arguments]
    said += [f"{name}={value!r}" for name, value in sorted(named.items())]
    return _ADDRESS.sub("", ", ".join(said))
