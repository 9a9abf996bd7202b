"""Retries that the core makes by itself, as a channel's service config asks for them: gRFC A6.

Not simulated: retryThrottling, hedging, and a server's `grpc-retry-pushback-ms`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from chaos_llm.interception.grpc.targets import text
from chaos_llm.protocol.grpc_wire import NAMES
from chaos_llm.protocol.keyed_random import KeyedRandom

_MOST_ATTEMPTS = 5  # the core's own bound
_JITTER = (0.8, 1.2)  # the core's, on each pause
_RECONNECT = (1.0, 1.6, 120.0)  # seconds, factor, longest: grpc/doc/connection-backoff.md


@dataclass(frozen=True)
class RetryPolicy:
    """How often an attempt that ended with one of `codes` is repeated; `attempts` counts all."""

    attempts: int = 1
    initial: float = 0.0
    longest: float = 0.0
    factor: float = 1.0
    codes: frozenset[str] = frozenset()

    def pause(self, failed: int, rng: KeyedRandom) -> float:
        """The seconds before the attempt that follows so many failed ones."""
        wait = min(self.initial * self.factor ** (failed - 1), self.longest)
        return wait * rng.between(*_JITTER)


def reconnect_pause(failed: int, rng: KeyedRandom) -> float:
    """The seconds before the next attempt to connect, after so many failed ones."""
    initial, factor, longest = _RECONNECT
    return min(initial * factor ** (failed - 1), longest) * rng.between(*_JITTER)


def retry_policy(options: Iterable[tuple[Any, Any]], method: str) -> RetryPolicy:
    """What a channel's options say of the retries of a method, "/package.Service/Method"."""
    known = {text(name): value for name, value in options}
    config = known.get("grpc.service_config")
    if config is None or not known.get("grpc.enable_retries", 1):
        return RetryPolicy()
    service, _, name = method.strip("/").partition("/")
    ranks = {(service, name): 2, (service, ""): 1, ("", ""): 0}  # the best match counts
    best: tuple[int, Any] = (-1, None)
    for named, policy in _named(json.loads(text(config))):
        best = max(best, (ranks.get(named, -1), policy), key=lambda found: found[0])
    return _read(best[1]) if best[1] else RetryPolicy()


def _named(config: dict[str, Any]) -> Iterator[tuple[tuple[str, str], Any]]:
    for part in config.get("methodConfig", ()):
        for name in part.get("name", ()):
            yield (name.get("service", ""), name.get("method", "")), part.get("retryPolicy")


def _read(policy: dict[str, Any]) -> RetryPolicy:
    return RetryPolicy(
        min(int(policy["maxAttempts"]), _MOST_ATTEMPTS),
        _seconds(policy["initialBackoff"]),
        _seconds(policy["maxBackoff"]),
        float(policy["backoffMultiplier"]),
        frozenset(NAMES[c] if isinstance(c, int) else c for c in policy["retryableStatusCodes"]),
    )


def _seconds(duration: str) -> float:
    return float(duration.removesuffix("s"))
