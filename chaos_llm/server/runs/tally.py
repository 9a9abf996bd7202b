"""Counts of all that a server answered: requests, faults, and how long replies took."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from typing import Any, NamedTuple

from chaos_llm.journal.journal import Exchange

# Seconds of a run's clock; from a healthy first token to what clients wait for at most.
BUCKETS = (0.01, 0.05, 0.1, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 600.0)


class Answered(NamedTuple):
    """What requests are told apart by."""

    provider: str
    status: int
    end: str


class Tally:
    """One worker's counts, from its start on: also of runs that were begun anew since."""

    def __init__(self) -> None:
        self.requests: Counter[Answered] = Counter()
        self.faults: Counter[tuple[str, str]] = Counter()  # by provider and fault
        self.durations: dict[str, list[int]] = {}  # by provider: replies in each bucket, and beyond
        self.seconds = defaultdict[str, float](float)  # by provider: of all replies
        self._at_once: dict[str, int] = {}  # by provider: whole replies that took no time

    def note(self, exchange: Exchange) -> None:
        """Count an exchange that has ended."""
        provider, took = exchange.provider, exchange.until - exchange.at
        self.requests[Answered(provider, exchange.status, exchange.end)] += 1
        counts = self.durations.get(provider)
        if counts is None:
            counts = self.durations[provider] = [0] * (len(BUCKETS) + 1)
        counts[bisect_left(BUCKETS, took)] += 1
        self.seconds[provider] += took
        if exchange.effects:
            self.faults.update((provider, hit.fault) for hit in exchange.applied)

    def note_at_once(self, provider: str) -> None:
        """Count a healthy reply that was sent whole as soon as it was asked for, as most are."""
        self._at_once[provider] = self._at_once.get(provider, 0) + 1

    def _add_those_at_once(self) -> None:
        for provider, count in self._at_once.items():
            self.requests[Answered(provider, 200, "complete")] += count
            self.durations.setdefault(provider, [0] * (len(BUCKETS) + 1))[0] += count
            self.seconds[provider] += 0.0
        self._at_once.clear()

    def to_record(self) -> dict[str, Any]:
        """The same as JSON, for another process."""
        self._add_those_at_once()
        return {
            "requests": [[*key, count] for key, count in self.requests.items()],
            "faults": [[*key, count] for key, count in self.faults.items()],
            "durations": self.durations,
            "seconds": self.seconds,
        }
