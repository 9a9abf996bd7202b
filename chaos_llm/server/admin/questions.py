"""Questions that every worker of a server answers for the runs that live on it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from chaos_llm.server.admin.requests import Slowly
from chaos_llm.server.admin.run_state import run_state
from chaos_llm.server.connections.shared_state import SharedState


class Counts(NamedTuple):
    """What one worker has seen; `now` is the time of its default run."""

    requests: int
    applied: int
    connections: int
    now: float
    runs: list[str]
    problems: list[str]


def _counts(server: SharedState) -> Counts:
    return Counts(
        server.requests,
        sum(run.journal.applied for run in server.runs),
        len(server.connections),
        server.runs.default.now,
        _names(server),
        server.problems,
    )


def _names(server: SharedState) -> list[str]:
    """The runs that live here; each worker has a default one, and only its owner's counts."""
    return [run.name for run in server.runs if not _is_elsewhere(server, run.name)]


def _states(server: SharedState) -> dict[str, Any]:
    return {name: run_state(server.runs.named(name)) for name in _names(server)}


def _is_elsewhere(server: SharedState, run: str) -> bool:
    return server.peers is not None and server.peers.is_elsewhere(run)


def _metrics(server: SharedState) -> dict[str, Any]:
    return {
        **server.tally.to_record(),
        "runs": len(_names(server)),
        "connections": len(server.connections),
        "loop_lag_seconds": server.lag.largest,
    }


QUESTIONS: Mapping[str, Callable[[SharedState], Any]] = {
    "counts": _counts,
    "runs": _states,
    "metrics": _metrics,
}


def of_all_workers(
    server: SharedState, question: str, merged: Callable[[Sequence[Any]], Any]
) -> Any:
    """What all workers answer, as one; a thread waits for the others."""
    peers = server.peers
    if peers is None:
        return merged([QUESTIONS[question](server)])
    return Slowly(lambda: peers.ask(question), merged)
