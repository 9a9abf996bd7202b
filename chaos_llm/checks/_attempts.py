"""Which request of a call retries which: shared by the checks of retries."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from chaos_llm.journal.conversation_digest import ConversationDigest
from chaos_llm.journal.journal import Exchange
from chaos_llm.requests.correlation import Key

_TIMER_TOLERANCE = 0.99  # share of a retry-after that counts as waiting for all of it
# Times a retry-after from which a pause is not explained by it; pauses with jitter are up to twice.
OVERLONG = 3.0


class Attempt(NamedTuple):
    """A request, how many failed requests it retries (0: none), and the last one of those."""

    exchange: Exchange
    retry: int
    previous: Exchange | None = None

    @property
    def pause(self) -> float:
        """Seconds from the end of the failed request to this one; 0 if this is not a retry."""
        return self.exchange.at - self.previous.until if self.previous else 0.0

    @property
    def respected_retry_after(self) -> bool:
        """Whether the failed reply had a retry-after, and this retry waited for it."""
        wait = retry_after_of(self.previous) if self.previous else None
        return wait is not None and self.pause >= _TIMER_TOLERANCE * wait


def retry_after_of(failed: Exchange) -> float | None:
    """The wait in seconds that a reply asked for; None if it named none or did not arrive."""
    return failed.retry_after if failed.end == "complete" else None


def attempts(exchanges: Sequence[Exchange]) -> list[Attempt]:
    """Say for each request of a run which failed request it retries, if any.

    Only requests of one call to one endpoint and model can retry each other. Once another model
    has answered, that step of the call is over, and a later request with other content starts a
    new one. A request that opened a websocket is a part of the attempt that the session serves.
    """
    exchanges = [exchange for exchange in exchanges if not exchange.opens_session]
    duplicates, answered = has_parallel_duplicates(exchanges), _answered_by_call(exchanges)
    return [
        attempt
        for group in _groups(exchanges)
        for attempt in _match_retries(
            group, answered.get(group[0].key.call, ()), duplicates=duplicates
        )
    ]


def _answered_by_call(exchanges: Iterable[Exchange]) -> dict[int, list[Exchange]]:
    """The exchanges with an answer, by the number of their call."""
    answered: dict[int, list[Exchange]] = {}
    for exchange in exchanges:
        if exchange.ok and not exchange.is_empty and exchange.key.call >= 0:
            answered.setdefault(exchange.key.call, []).append(exchange)
    return answered


def _groups(exchanges: Iterable[Exchange]) -> Iterable[list[Exchange]]:
    """The requests of each call, endpoint and model: only those may retry each other."""
    groups: dict[tuple[Key, str], list[Exchange]] = {}
    for exchange in exchanges:
        groups.setdefault((exchange.key._replace(attempt=0), exchange.model), []).append(exchange)
    # A background request that is sent again after an answer is periodic, like a health check,
    # and so not a retry.
    return [group for group in groups.values() if group[0].key.call >= 0 or not _is_periodic(group)]


def _is_periodic(group: Sequence[Exchange]) -> bool:
    return any(exchange.ok for exchange in group[:-1])


def has_parallel_duplicates(exchanges: Iterable[Exchange]) -> bool:
    """Whether the app sends one request several times in parallel, to choose the best answer."""
    answered = [e for e in exchanges if e.ok and e.call >= 0]
    return any(
        (first.call, first.at, first.body_hash) == (second.call, second.at, second.body_hash)
        and first.provider == second.provider
        for first, second in pairwise(answered)
    )


def _match_retries(
    group: Sequence[Exchange], answered: Sequence[Exchange], *, duplicates: bool
) -> Iterator[Attempt]:
    """Match each request with a failed one that had ended and that no other request retries."""
    unmatched: list[Attempt] = []
    for exchange in group:
        candidates = [
            failed
            for failed in unmatched
            if _may_repeat(exchange, failed.exchange, duplicates=duplicates)
            and not _is_next_step(exchange, failed.exchange, answered)
        ]
        failed = min(candidates, key=lambda each: (each.retry, each.exchange.until), default=None)
        if failed is None:
            attempt = Attempt(exchange, 0)
        else:
            attempt = Attempt(exchange, failed.retry + 1, failed.exchange)
            unmatched.remove(failed)
        if exchange.failed:
            unmatched.append(attempt)
        yield attempt


def _may_repeat(exchange: Exchange, failed: Exchange, *, duplicates: bool) -> bool:
    if failed.until == exchange.at:  # a retry without a pause, or one of several parallel requests
        same = failed.body_hash == exchange.body_hash
        return same and not (duplicates and failed.at == exchange.at)
    return failed.until < exchange.at


def _is_next_step(exchange: Exchange, failed: Exchange, answered: Sequence[Exchange]) -> bool:
    """Whether another model answered the failed request, and this one has other content."""
    if exchange.body_hash == failed.body_hash:
        return False
    prompt = ConversationDigest.unpacked(failed.conversation_digest).prompt
    return any(
        failed.until <= answer.at
        and answer.until <= exchange.at
        and (answer.provider, answer.model) != (failed.provider, failed.model)
        and ConversationDigest.unpacked(answer.conversation_digest).prompt == prompt
        for answer in answered
    )
