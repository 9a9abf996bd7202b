"""What tokens were billed for, and what came of them."""

from __future__ import annotations

from collections.abc import Iterator

from chaos_llm.analysis.run import Run
from chaos_llm.journal.journal import Exchange

_LOST = ("failed", "degraded", "error_text", "truncated")


def tokens_of(exchange: Exchange) -> int:
    """All tokens that were billed for an exchange."""
    return exchange.input_tokens + exchange.output_tokens


def wasted(run: Run) -> Iterator[Exchange]:
    """Exchanges that were billed, and whose answer nobody got.

    It broke off or was not waited for, the same request was sent again in its call, or the call
    gave its user nothing after all.
    """
    lost = {call.number for call in run.calls if call.outcome in _LOST}
    last: dict[tuple[int, str, str, int], int] = {}
    for exchange in run.api:
        last[_what(exchange)] = exchange.number
    for exchange in run.api:
        if not tokens_of(exchange):
            continue
        repeated = exchange.call >= 0 and last[_what(exchange)] != exchange.number
        if not exchange.ok or exchange.call in lost or repeated:
            yield exchange


def _what(exchange: Exchange) -> tuple[int, str, str, int]:
    return exchange.call, exchange.provider, exchange.model, exchange.body_hash
