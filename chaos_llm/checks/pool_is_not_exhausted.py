"""Streams are closed and work is given up, so that the connection pool is not exhausted."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import accumulate
from typing import ClassVar

from chaos_llm.analysis.call import CallError
from chaos_llm.analysis.run import Run
from chaos_llm.checks._limits import counted
from chaos_llm.checks.check import Check, Finding, whole_number
from chaos_llm.journal.journal import Exchange

# The exceptions of httpx, urllib3 and aiohttp for a pool without a free connection.
_TIMEOUTS = {"PoolTimeout", "EmptyPoolError", "ConnectionTimeoutError"}
# Seconds (assumed). The garbage collector may run at any time, so a stream that it closed later
# than this counts like one that was never closed.
_LINGERS = 20.0
# Seconds that a request goes on after its call had failed, and how many such requests at once are a
# pile (both assumed). A time-out of the client that is a little longer than the user's patience is
# common, a pool of threads that works on for a cache is bounded, and each user may leave one more.
_WORKS_ON, _PILE = 60.0, 10


@dataclass(frozen=True, repr=False)
class PoolIsNotExhausted(Check):
    """No call fails because the pool has no free connection, and streams are closed.

    A stream that is still open when its call has ended is a leak, whoever closes it later: the
    event loop at its end, the garbage collector, or the app. One that is read to its end in the
    background is none. One that outlives its call by 20 seconds counts until the run ends, because
    the garbage collector may close it late or never. From `open_streams` leaks at the same time on
    they are a failure; the default, ten, is a tenth of httpx's default pool.

    So are ten requests at the same time, and more than two for each user, that go on for a minute
    and longer after their calls had failed: in threads that `Thread.join(timeout)` left behind, in
    an executor, or in tasks. Calls that return anything do not count, because an app may want the
    answers later. Not applicable if no stream broke off or leaked.
    """

    why: ClassVar[str] = (
        "each stream that is never closed keeps a connection; once the pool has none left, the app "
        "is down although the provider is back"
    )
    open_streams: int = 10

    def __post_init__(self) -> None:
        whole_number("open_streams", self.open_streams)

    def __call__(self, run: Run) -> Finding:
        for call in run.calls:
            if call.error is not None and (name := _pool_timeout(call.error)):
                return self.failed(f"call {call.number} found no connection: {name}", call.ended)
        ended = {call.number: call.ended for call in run.calls if call.outcome != "missed"}
        left = [e for e in run.api if e.call in ended and _outlives(e, ended[e.call])]
        if (most := _most_at_once(left, ended)) >= self.open_streams:
            ((provider, _),) = Counter(e.provider for e in left).most_common(1)
            seen = f"{most} streams were still open when their calls had ended"
            return self.failed(f"{seen}, most of them to {provider}", left[0].at)
        if pile := _pile(run):
            return self._piled_up(*pile)
        broken = [e for e in run.api if e.stream and e.failed and e.status == 200]
        if not left and not broken:
            return self.not_applicable("no stream broke off or stayed open")
        closed = [f"{counted(len(broken), 'stream')} broke off and closed again"] if broken else []
        rest = f"{counted(len(left), 'stream')} stayed open after the call"
        rest += f", fewer than {self.open_streams} at once"
        return self.passed("; ".join([*closed, rest] if left else closed))

    def _piled_up(self, most: int, first: Exchange) -> Finding:
        return self.failed(
            f"{most} requests were at work at the same time for calls that had failed a minute ago "
            f"or earlier, the first to {first.provider} in call {first.call}",
            first.at,
        )


def _pile(run: Run) -> tuple[int, Exchange] | None:
    """The most requests that go on at once for failed calls, and the first one; None for few."""
    failed = {
        call.number: call.ended
        for call in run.calls
        if call.outcome == "failed" and (call.error is not None or call.is_blank)
    }
    changes: list[tuple[float, int]] = []
    first = None
    for exchange in run.api:
        until = run.ends if exchange.end == "open" else exchange.until
        ended = failed.get(exchange.call)
        if ended is not None and until > ended + _WORKS_ON:
            changes += [(ended + _WORKS_ON, 1), (until, -1)]
            first = first or exchange
    most = max(accumulate(change for _, change in sorted(changes)), default=0)
    users = len({call.user for call in run.calls})
    return (most, first) if first is not None and most >= max(_PILE, 2 * users + 1) else None


def _outlives(exchange: Exchange, ended: float) -> bool:
    """Whether a stream stayed open after its call, and was not read to its end either."""
    if exchange.status != 200 or not exchange.stream:
        return False
    return exchange.end == "open" or (exchange.end == "abandoned" and exchange.until > ended)


def _most_at_once(leaks: list[Exchange], ended: dict[int, float]) -> int:
    """How many of these streams were open at the same time after their calls."""
    changes = [(ended[e.call], 1) for e in leaks]
    closed = (e for e in leaks if e.end == "abandoned" and e.until - ended[e.call] < _LINGERS)
    changes += [(e.until, -1) for e in closed]
    return max(accumulate(change for _, change in sorted(changes)), default=0)


def _pool_timeout(error: CallError) -> str:
    names = (kind.__name__ for kind in (error.kind, *error.causes))
    return next((name for name in names if name in _TIMEOUTS), "")
