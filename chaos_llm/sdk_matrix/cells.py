"""Measure the cells of the matrix: send a fault to an SDK, and describe what it raised or read."""

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
_HOUSEKEEPING = (DeprecationWarning, ResourceWarning)  # they do not concern the answer


class Cell(NamedTuple):
    """What an SDK did with one fault, called in one way.

    `outcome` is an exception with its attributes; or SILENT with how much of the answer was read
    without an exception (`whole`, `part`, `nothing`, `wrong`); or the fault's effect, where it is
    `unsupported` by the wire format or had `no_effect`, and the whole answer came.
    """

    client: str
    fault: str
    way: str
    outcome: str


@dataclass
class _Observed:
    """What an app sees of a request: the text it reads, an exception, and warnings."""

    text: str = ""
    error: Exception | None = None
    warnings: str = ""

    def described(self, whole: str) -> str:
        if self.error is None:
            return f"{SILENT} {compared(self.text, whole)}{self.warnings}"
        after = f" after {compared(self.text, whole)}" if self.text else ""
        return f"{raised(self.error)}{after}{self.warnings}"


def cells(clients: Sequence[Client], progress: Progress | None = None) -> Iterator[Cell]:
    """Measure every cell of these clients, in the order of the catalogues."""
    planned = [
        (client, fault, way) for client in clients for fault in SPECIMENS for way in client.ways
    ]
    for number, (client, fault, way) in enumerate(planned):
        if progress:
            progress(client.name, number / len(planned))
        yield measure(client, fault, way)


def measure(client: Client, fault: Fault, way: str) -> Cell:
    """Send a fault to an SDK, in a new outage."""
    with warnings.catch_warnings(), outage() as chaos:
        # A fault that a reply cannot express is a cell of its own.
        warnings.filterwarnings("ignore", ".* and never applied")
        chaos.on(client.provider).inject(fault).answers(scene_of(fault).called_by(way).answer)
        outcome = outcome_of(client, _sdk_client(client), fault, way, lambda: chaos.journal)
    return Cell(client.name, repr(fault), way, outcome)


def outcome_of(
    client: Client, sdk: Any, fault: Fault, way: str, journal: Callable[[], Exchanges]
) -> str:
    """What an SDK does with a fault that is already injected; `journal` is called afterwards."""
    scene = scene_of(fault).called_by(way)
    observed = _observe(lambda: getattr(client, way)(sdk, scene), requests_of(fault))
    return _outcome(journal(), observed.described(scene.whole))


@cache
def _sdk_client(client: Client) -> Any:
    """One client object for all cells: making its TLS context takes longer than many of them."""
    return client.new_client()


def _observe(call: Callable[[], Iterator[str]], times: int) -> _Observed:
    """Call an SDK so many times; what is kept is the text of the last call."""
    observed = _Observed()
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        for _ in range(times):
            observed.text = ""
            try:
                for piece in call():
                    observed.text += piece
            except Exception as error:
                observed.error = error
    kinds = {w.category.__name__ for w in warned if not issubclass(w.category, _HOUSEKEEPING)}
    observed.warnings = "".join(f" with {kind}" for kind in sorted(kinds))
    return observed


def _outcome(journal: Exchanges, described: str) -> str:
    """What the app saw; or the fault's effect, if it was not applied."""
    if not len(journal):
        return f"nothing sent: {described}"
    effects = {applied.effect for applied in journal[-1].fault_effects}
    if "applied" in effects:
        return described
    effect = " and ".join(sorted(effects))
    return effect if described == f"{SILENT} whole" else f"{effect}: {described}"


def compared(text: str, whole: str) -> str:
    """Which part of the whole answer was read; "wrong" for a text that is not part of it."""
    if text == whole:
        return "whole"
    if not text:
        return "nothing"
    return "part" if whole.startswith(text) else "wrong"


def raised(error: Exception) -> str:
    """An exception as text: the shortest name that can be imported, and its attributes."""
    shown = {name: getattr(error, name, None) for name in _ATTRIBUTES}
    response: Any = getattr(error, "response", None)
    if isinstance(response, dict):  # botocore's errors keep both values in it
        shown["status_code"] = response.get("ResponseMetadata", {}).get("HTTPStatusCode")
        shown["code"] = response.get("Error", {}).get("Code")
    code = shown["code"]
    if callable(code):  # grpc's errors have a method, which returns a member of an enum
        shown["code"] = getattr(code(), "name", None)
    attributes = (
        f" {name}={value}" for name, value in shown.items() if isinstance(value, str | int)
    )
    return _name(type(error)) + "".join(attributes)


def _name(kind: type) -> str:
    parts = kind.__module__.split(".")
    for length in range(1, len(parts)):
        module = ".".join(parts[:length])
        if getattr(sys.modules.get(module), kind.__name__, None) is kind:
            return f"{module}.{kind.__name__}"
    return f"{kind.__module__}.{kind.__name__}".removeprefix("builtins.")
