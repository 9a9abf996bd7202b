"""Requests to endpoints that chaos_llm does not play: kept apart from the rest, and named."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from chaos_llm.journal.journal import Exchange
from chaos_llm.protocol.messages import UNSERVED

_SHOWN = 5
_PREFIX = "chaos_llm does not play "


def divided(exchanges: Iterable[Exchange]) -> tuple[list[Exchange], list[Exchange]]:
    """The exchanges that were served, and those that nobody here serves."""
    served: list[Exchange] = []
    unserved: list[Exchange] = []
    for exchange in exchanges:
        (unserved if exchange.surface == UNSERVED else served).append(exchange)
    return served, unserved


def unserved_text(unserved: Sequence[Exchange]) -> str:
    """Name the endpoints, the most asked first: "... does not play: POST /v1/fine_tuning/jobs"."""
    asked = Counter(_asked(exchange) for exchange in unserved)
    shown = asked.most_common(_SHOWN)
    named = [f"{name} ({count})" if count > 1 else name for name, count in shown]
    more = [f"{len(asked) - _SHOWN} more"] if len(asked) > _SHOWN else []
    went = "one request went" if len(unserved) == 1 else f"{len(unserved)} requests went"
    return f"{went} to endpoints that chaos_llm does not play: {', '.join([*named, *more])}"


def _asked(exchange: Exchange) -> str:
    """The method and the path, which our own refusal names."""
    return exchange.error_message.removeprefix(_PREFIX).partition(": ")[0] or exchange.path
