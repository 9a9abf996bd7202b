"""Which connections fail: decided by the host alone, before any request is known.

It is not decided again for the requests on that connection.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from chaos_llm.decisions.overrides import Overrides
from chaos_llm.decisions.plan import Decision, Draw
from chaos_llm.faults.fault import Fault
from chaos_llm.protocol.messages import Request
from chaos_llm.requests.correlation import Key

PATH = "(connection)"  # of the request that stands for one
FAULTS = frozenset({"connect_timeout", "dns_failure", "refuse_connection", "tls_failure"})


def decide(
    overrides: Overrides, request: Request, key: Key, at: float, faults: Collection[str] = FAULTS
) -> Decision:
    """The faults that end this connection, if any; no other injection is used up by it."""
    injected = _injected(overrides, request, key, at, faults)
    draws = (*injected, *_planned(overrides, request, key, at, faults))
    if not draws:  # the request on this connection will be counted
        return Decision()
    overrides.meter.count(request, at)
    return Decision(draws)


def without(decision: Decision, faults: Collection[str] = FAULTS) -> Decision:
    """The decision about a request whose connection succeeded."""
    if not any(_is_one(draw, faults) for draw in decision.draws):
        return decision
    return Decision(tuple(draw for draw in decision.draws if not _is_one(draw, faults)))


def _injected(
    overrides: Overrides, request: Request, key: Key, at: float, faults: Collection[str]
) -> Iterator[Draw]:
    for number, injection in enumerate(overrides.injections):
        ours = _has_one(injection.faults, faults)
        if not ours or not injection.is_open(at) or not injection.target.hits(request):
            continue
        if injection.spares(overrides.dice_of(number, key)) is None:
            yield from (draw for draw in injection.draws(at) if _is_one(draw, faults))


def _planned(
    overrides: Overrides, request: Request, key: Key, at: float, faults: Collection[str]
) -> Iterator[Draw]:
    healed_at = overrides.healed_at(request, at)
    for window in overrides.plan.open_at(at):
        if window.opened <= healed_at or not _has_one(window.faults, faults):
            continue
        if not window.hits(request):
            continue
        draw = window.draw(request, key, at, overrides.meter.loads)
        if _is_one(draw, faults):
            yield draw


def _has_one(drawn: Collection[Fault], faults: Collection[str]) -> bool:
    return any(fault.name in faults for fault in drawn)


def _is_one(draw: Draw, faults: Collection[str]) -> bool:
    return draw.fault is not None and draw.fault.name in faults
