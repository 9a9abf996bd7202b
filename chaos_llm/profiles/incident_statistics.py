"""Statistics of real incidents: durations, frequencies, hours, severities and delays, by provider.

Two machine captures of the providers' own status feeds make 2026 readable post by post. They hold
what a provider opened and resolved, not what failed: "open" includes incidents that were minor.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from chaos_llm.profiles.sources import Source
from chaos_llm.protocol.keyed_random import KeyedRandom

__all__ = [
    "CORPUS",
    "FEEDS",
    "HOURS",
    "LAGS",
    "VENDORS",
    "WEEKDAYS",
    "Feed",
    "Severity",
    "Vendor",
    "at_quantile",
]

CORPUS = Source(
    "corpus",
    "monitor",
    "llm-service-analysis: incidents of LLM services until August 2024 (arXiv 2501.12469)",
    "https://github.com/atlarge-research/llm-service-analysis",
)
FEEDS = Source(
    "feeds",
    "monitor",
    "The status feeds of 2026 in two public machine captures: ai-status-archive, "
    "ai-status-leaderboard",
    "https://github.com/junxit/ai-status-archive",
)
LAGS = Source("lags", "monitor", "First posts of the incidents in the catalogue of chaos_llm")

# Incidents that Anthropic opened in each four hours of the day (UTC), and on each day of the week
# from Monday on, 25 April to 30 June 2026. For other providers they are assumed: working hours of
# the US that both share explain the minutes in which both had an incident open (0.62 %, where
# independent ones would have come to 0.48 %).
HOURS = (9, 16, 15, 25, 21, 13)
WEEKDAYS = (21, 24, 18, 10, 13, 11, 2)

Curve = tuple[tuple[float, float], ...]  # (quantile, minutes)


@dataclass(frozen=True, slots=True)
class Feed:
    """The incidents of a provider in one capture: how many in how many days, and their minutes."""

    dates: str
    days: float
    count: int
    minutes: Curve

    def quantile(self, part: float) -> float:
        """The minutes from opened to resolved that a part of the incidents stays under."""
        return at_quantile(self.minutes, part, logarithmic=True)


@dataclass(frozen=True, slots=True)
class Severity:
    """The worst state of a component, how many incidents had it, and what it means here."""

    state: str
    impact: str
    count: int
    share: tuple[float, float]  # of requests that fail: assumed, since no provider reports it


@dataclass(frozen=True, slots=True)
class Vendor:
    """Statistics of one vendor's incidents."""

    feeds: tuple[Feed, ...]
    severities: tuple[Severity, ...]
    monitoring: Curve  # (quantile, share of the duration) in that state
    identified: float  # share of the time until "monitoring", from the medians of both gaps
    retroactive: float  # share of incidents with a single post, made when they are over
    lags: tuple[float, ...]  # minutes from the first failure to the first post

    @property
    def per_day(self) -> float:
        """Incidents a day, over all captures."""
        return sum(feed.count for feed in self.feeds) / sum(feed.days for feed in self.feeds)

    def minutes(self, rng: KeyedRandom, part: float) -> float:
        """The duration at a quantile, of a capture drawn by its number of incidents."""
        feed = rng.weighted(self.feeds, [feed.count for feed in self.feeds])
        return feed.quantile(part)

    def severity(self, rng: KeyedRandom) -> Severity:
        """Draw how bad an incident is."""
        return rng.weighted(self.severities, [each.count for each in self.severities])


def at_quantile(curve: Curve, part: float, *, logarithmic: bool = False) -> float:
    """The value at a quantile, interpolated between known ones: linearly, or by logarithms."""
    after = bisect_right(curve, part, key=lambda point: point[0])
    if after == 0:
        return curve[0][1]
    if after == len(curve):
        return curve[-1][1]
    (q0, v0), (q1, v1) = curve[after - 1], curve[after]
    along = (part - q0) / (q1 - q0)
    if logarithmic:
        return math.exp(math.log(v0) + (math.log(v1) - math.log(v0)) * along)
    return v0 + (v1 - v0) * along


def _minutes(p25: float, p50: float, p75: float, p90: float, p99: float) -> Curve:
    """A curve of durations; the shortest is assumed."""
    return ((0, 5), (0.25, p25), (0.5, p50), (0.75, p75), (0.9, p90), (0.99, p99))


def _severities(degraded: int, partial: int, major: int) -> tuple[Severity, ...]:
    return (
        Severity("degraded_performance", "minor", degraded, (0.01, 0.1)),
        Severity("partial_outage", "major", partial, (0.1, 0.6)),
        Severity("major_outage", "critical", major, (0.6, 1.0)),
    )


_P99 = 1777.0  # OpenAI's until August 2024; for Anthropic, and for 2026, it is assumed
# Minutes from the first failure to the first post, in the order of the catalogue's table.
_ANTHROPIC = (6, 7, 12, 13, 19, 37, 107, 158, 11, 5, 54, 17, 237, 9, 17, 71, 146, 13, 3, 23)
_OPENAI = (12, 19, 20, 32, 32, 12, 19, 171)

VENDORS: Mapping[str, Vendor] = MappingProxyType(
    {
        "anthropic": Vendor(
            (
                Feed("25 April to 30 June 2026", 67, 99, _minutes(26, 52, 98, 157, _P99)),
                Feed("22 July to 15 September 2026", 56, 49, _minutes(29, 63, 101, 215, _P99)),
            ),
            _severities(69, 26, 3),
            ((0.5, 21 / 55), (0.9, 152 / 321)),
            24 / 25,
            1 / 50,  # 22 July to 15 September 2026; until August 2024 it was 21 %
            _ANTHROPIC,
        ),
        "openai": Vendor(
            (
                Feed("7 May to 27 June 2026", 52, 52, _minutes(60, 100, 183, 687, _P99)),
                Feed("21 August to 15 September 2026", 26, 25, _minutes(51, 117, 277, 634, 1238)),
            ),
            _severities(47, 5, 1),
            ((0.5, 29 / 77), (0.9, 178 / 323)),
            32 / 44,
            0.10,  # until August 2024; of 2026 it is not known
            _OPENAI,
        ),
        "groq": Vendor(  # severities, states and lags: assumed, Anthropic's
            (Feed("August 2025 to March 2026", 243, 24, _minutes(47, 91, 116, 150, 967)),),
            _severities(69, 26, 3),
            ((0.5, 21 / 55), (0.9, 152 / 321)),
            24 / 25,
            1 / 50,
            _ANTHROPIC,
        ),
    }
)
