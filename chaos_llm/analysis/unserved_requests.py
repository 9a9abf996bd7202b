"""Requests that checks do not judge: to endpoints that chaos_llm does not simulate, and a client's.

A vendor's own client asks for settings and reports telemetry: that is no use of the model's API.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from chaos_llm.journal.journal import Exchange
from chaos_llm.protocol.messages import CLIENT, UNSERVED
from chaos_llm.providers.unserved import PREFIX

_SHOWN = 5  # endpoints that a report names


def divided(exchanges: Iterable[Exchange]) -> tuple[list[Exchange], list[Exchange]]:
    """The exchanges that checks judge, and those with endpoints that are not simulated.

    What a vendor's client asks for beside the model is in neither.
    """
    served: list[Exchange] = []
    unserved: list[Exchange] = []
    for exchange in exchanges:
        if exchange.surface != CLIENT:
            (unserved if exchange.surface == UNSERVED else served).append(exchange)
    return served, unserved


def unserved_text(unserved: Sequence[Exchange]) -> str:
    """Name the endpoints in a sentence, those with most requests first."""
    requests = Counter(_endpoint(exchange) for exchange in unserved)
    shown = requests.most_common(_SHOWN)
    named = [f"{name} ({count})" if count > 1 else name for name, count in shown]
    more = [f"{len(requests) - _SHOWN} more"] if len(requests) > _SHOWN else []
    went = "one request went" if len(unserved) == 1 else f"{len(unserved)} requests went"
    return f"{went} to endpoints that chaos_llm does not simulate: {', '.join([*named, *more])}"


def _endpoint(exchange: Exchange) -> str:
    """The method and the path of a request, read from the message of its reply."""
    return exchange.error_message.removeprefix(PREFIX).partition(": ")[0] or exchange.path
