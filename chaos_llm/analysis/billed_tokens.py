"""Billed tokens, and which of them paid for answers that no user got."""

from __future__ import annotations

from collections.abc import Iterator

from chaos_llm.analysis.run import Run
from chaos_llm.journal.journal import Exchange

_WITHOUT_ANSWER = ("failed", "degraded", "error_text", "truncated")


def tokens_of(exchange: Exchange) -> int:
    """The input and output tokens that were billed for an exchange."""
    return exchange.input_tokens + exchange.output_tokens


def wasted(run: Run) -> Iterator[Exchange]:
    """Yield the exchanges that were billed although no user got their answer.

    The answer broke off, the client left before it came, the same request was sent again in the
    same call, or the call as a whole returned no provider's answer.
    """
    unanswered = {call.number for call in run.calls if call.outcome in _WITHOUT_ANSWER}
    last: dict[tuple[int, str, str, int], int] = {}
    for exchange in run.api:
        last[_identity(exchange)] = exchange.number
    for exchange in run.api:
        if not tokens_of(exchange):
            continue
        repeated = exchange.call >= 0 and last[_identity(exchange)] != exchange.number
        if not exchange.ok or exchange.call in unanswered or repeated:
            yield exchange


def _identity(exchange: Exchange) -> tuple[int, str, str, int]:
    """What two exchanges share if one repeats the request of the other."""
    return exchange.call, exchange.provider, exchange.model, exchange.body_hash
