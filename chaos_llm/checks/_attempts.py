"""Which request repeats which: what checks of retries share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from chaos_llm.journal.conversation_digest import ConversationDigest
from chaos_llm.journal.journal import Exchange
from chaos_llm.requests.correlation import Key


class Attempt(NamedTuple):
    """A request, how many failed ones it repeats, and the last of those, if there is one."""

    exchange: Exchange
    retry: int
    before: Exchange | None = None

    @property
    def pause(self) -> float:
        """The seconds between the failure and this request; 0 where it repeats none."""
        return self.exchange.at - self.before.until if self.before else 0.0

    @property
    def told(self) -> bool:
        """Whether the failure had said when to come back, and this came no earlier."""
        told = retry_after_of(self.before) if self.before else None
        return told is not None and self.pause >= 0.99 * told


def retry_after_of(refused: Exchange) -> float | None:
    """The wait in seconds that a refusal asked for, if it did and arrived."""
    return refused.retry_after if refused.end == "complete" else None


def attempts(api: Sequence[Exchange]) -> list[Attempt]:
    """The requests of a run with what each repeats, one endpoint and model of a call at a time.

    A step that another model has answered is over: what asks something else later begins anew.
    """
    twins, good = asks_twice_at_once(api), _answers(api)
    return [
        each
        for row in _rows(api)
        for each in _tries(row, good.get(row[0].key.call, ()), twins=twins)
    ]


def _answers(api: Iterable[Exchange]) -> dict[int, list[Exchange]]:
    """The answers that each call got."""
    good: dict[int, list[Exchange]] = {}
    for made in api:
        if made.ok and not made.is_empty and made.key.call >= 0:
            good.setdefault(made.key.call, []).append(made)
    return good


def _rows(api: Iterable[Exchange]) -> Iterable[list[Exchange]]:
    """The requests that may repeat each other."""
    rows: dict[tuple[Key, str], list[Exchange]] = {}
    for made in api:
        rows.setdefault((made.key._replace(attempt=0), made.model), []).append(made)
    # What nobody's call asks again although it was answered comes at intervals, as a ping does.
    return [row for row in rows.values() if row[0].key.call >= 0 or not _is_ping(row)]


def _is_ping(row: Sequence[Exchange]) -> bool:
    return any(exchange.ok for exchange in row[:-1])


def asks_twice_at_once(api: Iterable[Exchange]) -> bool:
    """Whether the app has one question answered several times at once, to choose the best."""
    good = [e for e in api if e.ok and e.call >= 0]
    return any(
        (first.call, first.at, first.body_hash) == (second.call, second.at, second.body_hash)
        and first.provider == second.provider
        for first, second in pairwise(good)
    )


def _tries(row: Sequence[Exchange], good: Sequence[Exchange], *, twins: bool) -> Iterator[Attempt]:
    """Each request takes up a failed one that had ended and that no other has taken up."""
    failed: list[Attempt] = []
    for exchange in row:
        before = [
            each
            for each in failed
            if _may_repeat(exchange, each.exchange, twins=twins)
            and not _asks_the_next(exchange, each.exchange, good)
        ]
        taken = min(before, key=lambda each: (each.retry, each.exchange.until), default=None)
        this = Attempt(exchange, taken.retry + 1, taken.exchange) if taken else Attempt(exchange, 0)
        if taken is not None:
            failed.remove(taken)
        if exchange.failed:
            failed.append(this)
        yield this


def _may_repeat(exchange: Exchange, failed: Exchange, *, twins: bool) -> bool:
    if failed.until == exchange.at:  # at once: a hasty retry, or one of several at the same time
        return failed.body_hash == exchange.body_hash and not (twins and failed.at == exchange.at)
    return failed.until < exchange.at


def _asks_the_next(exchange: Exchange, failed: Exchange, good: Sequence[Exchange]) -> bool:
    """Whether another model had meanwhile answered what failed, and this asks something else."""
    if exchange.body_hash == failed.body_hash:
        return False
    prompt = ConversationDigest.unpacked(failed.conversation_digest).prompt
    return any(
        failed.until <= answer.at
        and answer.until <= exchange.at
        and (answer.provider, answer.model) != (failed.provider, failed.model)
        and ConversationDigest.unpacked(answer.conversation_digest).prompt == prompt
        for answer in good
    )
