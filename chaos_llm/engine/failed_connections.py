"""Connections to a provider that fail before any request is known."""

from __future__ import annotations

from chaos_llm.decisions import connection_faults
from chaos_llm.engine.engine import Engine
from chaos_llm.faults.fault import FaultContext
from chaos_llm.journal.journal import Effect, Exchange
from chaos_llm.protocol.keyed_random import KeyedRandom
from chaos_llm.protocol.messages import Reply, Request

_NO_REPLY = Reply(0, (), ())


def failed_connection(
    engine: Engine, names: tuple[str, ...], host: str
) -> tuple[Exchange, Reply] | None:
    """The failure of a connection to these providers' host; None if it succeeds.

    For clients whose request is known only once they are connected.
    """
    at = engine.now()
    for name in names:
        key = engine.correlation.key(name, connection_faults.PATH, b"")
        request = Request(name, "", "api", host, connection_faults.PATH)
        decision = connection_faults.decide(engine.overrides, request, key, at)
        hits = tuple(decision.hits)
        if hits:
            exchange = engine.journal.open(at, request, key, decision)
            (_, fault), *others = hits
            masked: Effect = "masked"
            exchange.effects = ("applied", *(masked for _ in others))
            rng = KeyedRandom("strike", engine.seed, fault.name, *key)
            return exchange, fault.on_reply(_NO_REPLY, FaultContext(request, rng))
    return None
