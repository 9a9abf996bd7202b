"""What the API is asked: one request to it, and one thing that it can be asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from chaos_llm.errors import UsageError
from chaos_llm.server.connections.shared_state import SharedState
from chaos_llm.server.runs.runs import DEFAULT, ServedRun


class NoSuchRun(UsageError):
    """A GET, or a DELETE, of a run that has not begun."""


@dataclass(frozen=True)
class AdminRequest:
    """One request to the API: for which run, and with what; a POST begins a run that is new."""

    server: SharedState
    run_name: str
    given: dict[str, Any]
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
        if name not in self.given:
            raise UsageError(f"{name!r} is missing")
        return self.given[name]


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
