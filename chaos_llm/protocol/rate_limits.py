"""How much one credential may ask for: a token bucket for requests, and one for tokens.

    Buckets(Quota(requests_per_minute=60)).take("3f9a...", at=1772451420.0, tokens=900) -> State

Two tanks that fill evenly hold a minute's worth each; a request must find enough in both, or takes
from neither. `at` is the profile's time as Unix seconds, given by the caller: nothing here reads a
clock.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import NamedTuple

from chaos_llm.errors import UsageError
from chaos_llm.protocol.messages import Reply

_MINUTE = 60.0
_MOST_CREDENTIALS = 10_000  # credentials whose use is remembered; the oldest begin anew
_NONE_SPENT = 1e-9  # what adding up floats may lose of a whole request


@dataclass(frozen=True, slots=True)
class Quota:
    """What one credential may spend in a minute; None sets no limit.

    Tokens are those of prompts; those of answers have their own limit, at vendors that show it.
    """

    requests_per_minute: float | None = None
    tokens_per_minute: float | None = None
    output_tokens_per_minute: float | None = None

    def __post_init__(self) -> None:
        limits = (self.requests_per_minute, self.tokens_per_minute, self.output_tokens_per_minute)
        for limit in limits:
            if limit is not None and not (limit >= 1 and math.isfinite(limit)):
                raise UsageError(f"a quota is 1 or more per minute, or none; got {limit!r}")


class Level(NamedTuple):
    """How full one tank is: its size, what is left, and the seconds until it is full again."""

    limit: int
    remaining: int
    reset: float


class State(NamedTuple):
    """What became of one request at that time, and what is left after it.

    `retry_after` is 0 if the request was allowed; else the whole seconds, rounded up as in the
    header, after which it would be, if no other request comes before. A request larger than the
    bucket never is: it gets the time at which the bucket is full. `cost` is its tokens.
    """

    at: float
    allowed: bool
    retry_after: float
    requests: Level | None
    tokens: Level | None
    output: Level | None = None
    cost: int = 0


class _Tank:
    """Fills evenly to a minute's worth; full at first."""

    def __init__(self, per_minute: float) -> None:
        self.size = self.left = float(per_minute)
        self._rate = per_minute / _MINUTE
        self._at = -math.inf

    def fill(self, at: float) -> None:
        """Let in what came since the last time; a clock that stands still brings nothing."""
        if at > self._at:
            gained = self.size if self._at == -math.inf else (at - self._at) * self._rate
            self.left, self._at = min(self.size, self.left + gained), at

    def wait(self, wanted: float) -> float:
        """Count the seconds until that much is there, or until it is full; 0 where it is."""
        missing = wanted - self.left
        return 0.0 if missing <= _NONE_SPENT else min(missing, self.size - self.left) / self._rate

    def has(self, wanted: float) -> bool:
        return self.left + _NONE_SPENT >= wanted

    def level(self) -> Level:
        return Level(
            math.floor(self.size),
            math.floor(self.left + _NONE_SPENT),
            min(_MINUTE, (self.size - self.left) / self._rate),
        )


class Bucket:
    """One credential's token buckets.

    `enforced=False`: the limits are shown in headers and never refuse a request.
    """

    def __init__(self, quota: Quota, *, enforced: bool = True) -> None:
        self._requests = _tank(quota.requests_per_minute)
        self._tokens = _tank(quota.tokens_per_minute)
        self._output = _tank(quota.output_tokens_per_minute)
        self._enforced = enforced

    def take(self, at: float, tokens: int, output: int = 0) -> State:
        """Ask for one request with that many tokens, and so many of its answer, at this time."""
        wanted = [
            (tank, float(amount))
            for tank, amount in (
                (self._requests, 1),
                (self._tokens, tokens),
                (self._output, output),
            )
            if tank is not None
        ]
        for tank, _ in wanted:
            tank.fill(at)
        allowed = not self._enforced or all(tank.has(amount) for tank, amount in wanted)
        wait = 0.0
        for tank, amount in wanted:
            if allowed:
                tank.left = max(0.0, tank.left - amount)
            else:
                wait = max(wait, tank.wait(amount))
        return State(
            at,
            allowed,
            0.0 if allowed else float(max(1, math.ceil(wait))),
            self._requests.level() if self._requests else None,
            self._tokens.level() if self._tokens else None,
            self._output.level() if self._output else None,
            tokens,
        )


class Buckets:
    """A bucket for each credential, all under one quota."""

    def __init__(self, quota: Quota, *, enforced: bool = True) -> None:
        self._quota, self._enforced = quota, enforced
        self._buckets: dict[str, Bucket] = {}

    def take(self, credential: str, at: float, tokens: int, output: int = 0) -> State:
        """Ask for one request on a credential; a new one finds its tanks full."""
        bucket = self._buckets.get(credential)
        if bucket is None:
            if len(self._buckets) >= _MOST_CREDENTIALS:
                del self._buckets[next(iter(self._buckets))]
            bucket = Bucket(self._quota, enforced=self._enforced)
            self._buckets[credential] = bucket
        return bucket.take(at, tokens, output)


def with_headers(reply: Reply, headers: tuple[tuple[str, str], ...]) -> Reply:
    """Put headers on a reply, in the place of its own of the same names."""
    names = {name for name, _ in headers}
    kept = tuple(header for header in reply.headers if header[0] not in names)
    return replace(reply, headers=kept + headers) if headers else reply


def _tank(per_minute: float | None) -> _Tank | None:
    return None if per_minute is None else _Tank(per_minute)
