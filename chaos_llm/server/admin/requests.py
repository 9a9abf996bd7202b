"""What the API is asked: one request to it, and one thing that it can be asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from chaos_llm.errors import UsageError
from chaos_llm.server.connections.shared_state import SharedState
from chaos_llm.server.runs.runs import DEFAULT, ServedRun


@dataclass(frozen=True)
class AdminRequest:
    """One request to the API: for which run, and with what."""

    server: SharedState
    run_name: str
    given: dict[str, Any]

    @property
    def run(self) -> ServedRun:
        """The run that is meant; it begins here, if it is new."""
        return self.server.runs.named(self.run_name or DEFAULT)

    def need(self, name: str) -> Any:
        """An argument that must be there."""
        if name not in self.given:
            raise UsageError(f"{name!r} is missing")
        return self.given[name]


@dataclass(frozen=True)
class AdminOperation:
    """One thing to ask for: its method and name, the arguments it takes, and what it does."""

    method: str
    name: str
    says: str
    do: Callable[[AdminRequest], Any]
    takes: tuple[str, ...] = ()
    takes_any: bool = False
