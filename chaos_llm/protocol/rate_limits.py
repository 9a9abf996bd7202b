"""The rate limits of a credential: a token bucket for requests, and one for tokens.

    Buckets(Quota(requests_per_minute=60)).take("3f9a...", at=1772451420.0, tokens=900) -> State

Each bucket refills evenly and holds the limit of one minute. A request is allowed if every bucket
holds enough; else it takes from none. `at` is the profile's time in Unix seconds, given by the
caller: nothing here reads a clock.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import NamedTuple

from chaos_llm.errors import UsageError
from chaos_llm.protocol.messages import Reply

_MINUTE = 60.0
_MOST_CREDENTIALS = 10_000  # in memory at once; the oldest one is dropped and would begin full
_ROUNDING = 1e-9  # the part of a request by which sums of floats may be off
_new = tuple.__new__  # makes a NamedTuple in one call instead of two, for each healthy reply


@dataclass(frozen=True, slots=True)
class Quota:
    """The limits of one credential per minute; None sets no limit.

    `tokens_per_minute` counts the tokens of prompts; those of answers have a limit of their own, at
    vendors that document one.
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
    """The level of one bucket: its size, what is left, and the seconds until it is full again."""

    limit: int
    remaining: int
    reset: float


class State(NamedTuple):
    """Whether one request was allowed, and the levels of the buckets after it.

    * retry_after: 0 if the request was allowed; else the seconds until it would be, without other
      requests in between, rounded up to whole ones as in the header. A request larger than the
      bucket is never allowed; its `retry_after` is the time until the bucket is full.
    * cost: the tokens of the request
    """

    at: float
    allowed: bool
    retry_after: float
    requests: Level | None
    tokens: Level | None
    output: Level | None = None
    cost: int = 0


class _TokenBucket:
    """The content of one bucket: full at first, and refilled evenly up to the limit of a minute."""

    def __init__(self, per_minute: float) -> None:
        self.size = self.left = float(per_minute)
        self.rate, self.limit = per_minute / _MINUTE, math.floor(per_minute)
        self.at = -math.inf

    def fill(self, at: float) -> None:
        """Refill for the time since the last call."""
        if at > self.at:
            gained = self.size if self.at == -math.inf else (at - self.at) * self.rate
            self.left, self.at = min(self.size, self.left + gained), at

    def wait(self, amount: float) -> float:
        """The seconds until it holds that much, or until it is full if that is sooner."""
        missing = amount - self.left
        return 0.0 if missing <= _ROUNDING else min(missing, self.size - self.left) / self.rate

    def has(self, amount: float) -> bool:
        return self.left + _ROUNDING >= amount

    def level(self) -> Level:
        return Level(
            self.limit,
            math.floor(self.left + _ROUNDING),
            min(_MINUTE, (self.size - self.left) / self.rate),
        )


class Bucket:
    """The buckets of one credential."""

    def __init__(self, quota: Quota) -> None:
        limits = (
            quota.requests_per_minute,
            quota.tokens_per_minute,
            quota.output_tokens_per_minute,
        )
        self._buckets = tuple(None if limit is None else _TokenBucket(limit) for limit in limits)

    def take(self, at: float, tokens: int, output: int = 0) -> State:
        """Take one request with so many tokens, and so many output tokens, at this time."""
        amounts, allowed, wait = (1.0, float(tokens), float(output)), True, 0.0
        for bucket, amount in zip(self._buckets, amounts, strict=True):
            if bucket is not None:
                bucket.fill(at)
                allowed = allowed and bucket.has(amount)
        after: list[Level | None] = []
        for bucket, amount in zip(self._buckets, amounts, strict=True):
            if bucket is None:
                after.append(None)
                continue
            if allowed:
                bucket.left = max(0.0, bucket.left - amount)
            else:
                wait = max(wait, bucket.wait(amount))
            after.append(bucket.level())
        retry_after = 0.0 if allowed else float(max(1, math.ceil(wait)))
        return State(at, allowed, retry_after, after[0], after[1], after[2], tokens)

    def report(self, at: float, tokens: int, output: int = 0) -> State:
        """Take without a limit, down to nothing, as each healthy reply does."""
        requests, inputs, outputs = self._buckets
        return _new(
            State,
            (
                at,
                True,
                0.0,
                None if requests is None else _reported(requests, at, 1.0),
                None if inputs is None else _reported(inputs, at, tokens),
                None if outputs is None else _reported(outputs, at, output),
                tokens,
            ),
        )


def _reported(bucket: _TokenBucket, at: float, amount: float) -> Level:
    """Refill a bucket, take that much or all that is left, and say its level.

    It is for each bucket of each healthy reply, so it calls nothing that it can do itself.
    """
    size, rate, left = bucket.size, bucket.rate, bucket.left
    if at > bucket.at:
        left += (at - bucket.at) * rate
        bucket.at = at
        left = left if left < size else size  # noqa: FURB136 - `min` would be a call
    bucket.left = left = left - amount if left > amount else 0.0
    reset = (size - left) / rate
    reset = reset if reset < _MINUTE else _MINUTE  # noqa: FURB136 - `min` would be a call
    return _new(Level, (bucket.limit, int(left + _ROUNDING), reset))


class Buckets:
    """The buckets of every credential, all with the same quota.

    `enforced=False`: the limits are reported and never refuse a request.
    """

    def __init__(self, quota: Quota, *, enforced: bool = True) -> None:
        self._quota, self._enforced = quota, enforced
        self._buckets: dict[str, Bucket] = {}

    def take(self, credential: str, at: float, tokens: int, output: int = 0) -> State:
        """Take one request of a credential; the buckets of a new credential are full."""
        bucket = self._buckets.get(credential)
        if bucket is None:
            if len(self._buckets) >= _MOST_CREDENTIALS:
                del self._buckets[next(iter(self._buckets))]
            bucket = self._buckets[credential] = Bucket(self._quota)
        if self._enforced:
            return bucket.take(at, tokens, output)
        return bucket.report(at, tokens, output)


def with_headers(reply: Reply, headers: tuple[tuple[str, str], ...]) -> Reply:
    """Add headers to a reply; they replace its own headers of the same names."""
    if not headers:
        return reply
    names = {name for name, _ in headers}
    kept = tuple([header for header in reply.headers if header[0] not in names])
    return replace(reply, headers=kept + headers)
