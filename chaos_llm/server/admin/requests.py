"""One request to the admin API and its arguments, and one operation that it can ask for."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from chaos_llm.errors import UsageError, shown
from chaos_llm.server.connections.shared_state import SharedState
from chaos_llm.server.runs.runs import DEFAULT, ServedRun

RUN_NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_RUN_RULE = "a run's name is 1 to 64 letters, digits, '.', '_' and '-'"
LARGEST_SEED = (1 << 64) - 1


def run_name(value: object) -> str:
    """The name of a run, "" for none; raises UsageError for what could break a listing."""
    if value in ("", None):
        return ""
    if not isinstance(value, str) or not RUN_NAME.fullmatch(value):
        raise UsageError(f"{_RUN_RULE}; got {shown(value)}")
    return value


def whole(arguments: Mapping[str, Any], name: str, most: int, what: str) -> int | None:
    """A whole number from 0 to `most`, None where it was not given; raises UsageError."""
    number = arguments.get(name)
    if number is None:
        return None
    if isinstance(number, str) and number.isascii() and number.isdecimal() and len(number) < 21:
        number = int(number)
    if type(number) is not int or not 0 <= number <= most:
        raise UsageError(f"{what}, from 0 to {most}; got {shown(number)}")
    return number


def text(arguments: Mapping[str, Any], name: str, longest: int, default: str = "") -> str:
    """The argument `name`, a text of at most `longest` letters; otherwise raises UsageError."""
    value = arguments.get(name, default)
    if not isinstance(value, str):
        raise UsageError(f"{name} is a text; got {shown(value)}")
    if len(value) > longest:
        raise UsageError(f"{name} has {len(value)} letters; {longest} are the most")
    return value


class NoSuchRun(UsageError):
    """A GET, or a DELETE, of a run that has not begun."""


@dataclass(frozen=True)
class AdminRequest:
    """One request to the API: for which run, and with what; a POST begins a run that is new."""

    server: SharedState
    run_name: str
    arguments: dict[str, Any]
    begins: bool = False

    @property
    def run(self) -> ServedRun:
        """The run that is meant; raises NoSuchRun, or UsageError where there are too many."""
        name = self.run_name or DEFAULT
        if self.begins:
            return self.server.runs.named(name)
        run = self.server.runs.begun(name)
        if run is None:
            raise NoSuchRun(
                f'there is no run {name!r}; POST /__chaos/runs {{"run": "{name}"}}, or its first '
                "request to a provider, begins it"
            )
        return run

    def need(self, name: str) -> Any:
        """An argument that must be there."""
        if name not in self.arguments:
            raise UsageError(f"{name!r} is missing")
        return self.arguments[name]


@dataclass(frozen=True)
class Slowly:
    """An answer that takes its time: `work` is done in a thread, `then` with its result."""

    work: Callable[[], Any]
    then: Callable[[Any], Any] = lambda found: found


@dataclass(frozen=True)
class AdminOperation:
    """One thing to ask for: its method and name, the arguments it takes, and what it does."""

    method: str
    name: str
    says: str
    do: Callable[[AdminRequest], Any]
    takes: tuple[str, ...] = ()
    takes_any: bool = False
