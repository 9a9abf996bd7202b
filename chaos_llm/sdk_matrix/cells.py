"""One cell of the matrix: a fault is played, an SDK reads it, and what it did is written down."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

from chaos_llm import outage
from chaos_llm.faults import Fault
from chaos_llm.journal.journal import Exchange, Journal
from chaos_llm.sdk_matrix.client import Client
from chaos_llm.sdk_matrix.fault_scenes import SPECIMENS, requests_of, scene_of

SILENT = "SILENT"
Exchanges = Journal | Sequence[Exchange]
Progress = Callable[[str, float], None]

_ATTRIBUTES = ("status_code", "type", "code", "status", "errno")
_HOUSEKEEPING = (DeprecationWarning, ResourceWarning)  # nothing about the answer


class Cell(NamedTuple):
    """What an SDK made of one fault, asked one way.

    `outcome` is the exception with its attributes; or SILENT with what of the answer was read
    without one (`whole`, `part`, `nothing`, `wrong`); or that the fault was `not expressible` in
    this wire format or `not struck`, and the whole answer came.
    """

    client: str
    fault: str
    way: str
    outcome: str


@dataclass
class _Seen:
    """What one request came to, in the app's eyes."""

    told: str = ""
    error: Exception | None = None
    warned: str = ""

    def described(self, whole: str) -> str:
        if self.error is None:
            return f"{SILENT} {compared(self.told, whole)}{self.warned}"
        after = f" after {compared(self.told, whole)}" if self.told else ""
        return f"{raised(self.error)}{after}{self.warned}"


def cells(clients: Sequence[Client], progress: Progress | None = None) -> Iterator[Cell]:
    """Every cell of these clients, in the catalogues' order."""
    asked = [
        (client, fault, way) for client in clients for fault in SPECIMENS for way in client.ways
    ]
    for number, (client, fault, way) in enumerate(asked):
        if progress:
            progress(client.name, number / len(asked))
        yield play(client, fault, way)


def play(client: Client, fault: Fault, way: str) -> Cell:
    """Have an SDK meet a fault, with an outage of its own."""
    with outage() as chaos:
        chaos.on(client.provider).inject(fault).answers(scene_of(fault).answer)
        outcome = outcome_of(client, _made(client), fault, way, lambda: chaos.journal)
    return Cell(client.name, repr(fault), way, outcome)


def outcome_of(
    client: Client, sdk: Any, fault: Fault, way: str, journal: Callable[[], Exchanges]
) -> str:
    """What an SDK makes of a fault that is in force; `journal` is looked at behind it."""
    scene = scene_of(fault)
    seen = _asked(lambda: getattr(client, way)(sdk, scene), requests_of(fault))
    return _outcome(journal(), seen.described(scene.whole))


@cache
def _made(client: Client) -> Any:
    """One client of the SDK for all its cells: its TLS context takes longer than many of them."""
    return client.made()


def _asked(ask: Callable[[], Iterator[str]], times: int) -> _Seen:
    seen = _Seen()
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        for _ in range(times):
            seen.told = ""
            try:
                for piece in ask():
                    seen.told += piece
            except Exception as error:
                seen.error = error
    kinds = {w.category.__name__ for w in warned if not issubclass(w.category, _HOUSEKEEPING)}
    seen.warned = "".join(f" with {kind}" for kind in sorted(kinds))
    return seen


def _outcome(journal: Exchanges, described: str) -> str:
    """What the app saw, or that there was nothing to see."""
    if not len(journal):
        return f"nothing sent: {described}"
    effects = {met.effect for met in journal[-1].fault_effects}
    if "applied" in effects:
        return described
    effect = " and ".join(sorted(effects))
    return effect if described == f"{SILENT} whole" else f"{effect}: {described}"


def compared(told: str, whole: str) -> str:
    """How what was read compares with the whole answer."""
    if told == whole:
        return "whole"
    if not told:
        return "nothing"
    return "part" if whole.startswith(told) else "wrong"


def raised(error: Exception) -> str:
    """An exception by the shortest name that it can be imported by, with what it says of itself."""
    shown = {name: getattr(error, name, None) for name in _ATTRIBUTES}
    response: Any = getattr(error, "response", None)
    if isinstance(response, dict):  # botocore's errors have it all in there
        shown["status_code"] = response.get("ResponseMetadata", {}).get("HTTPStatusCode")
        shown["code"] = response.get("Error", {}).get("Code")
    told = (f" {name}={value}" for name, value in shown.items() if isinstance(value, str | int))
    return _name(type(error)) + "".join(told)


def _name(kind: type) -> str:
    parts = kind.__module__.split(".")
    for length in range(1, len(parts)):
        module = ".".join(parts[:length])
        if getattr(sys.modules.get(module), kind.__name__, None) is kind:
            return f"{module}.{kind.__name__}"
    return f"{kind.__module__}.{kind.__name__}".removeprefix("builtins.")
