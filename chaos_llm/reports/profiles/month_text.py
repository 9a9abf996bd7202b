"""A generated month's statistics beside those of the status feeds that it was drawn from."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from statistics import quantiles

from chaos_llm.profiles.incident_statistics import VENDORS
from chaos_llm.profiles.model import Profile, StatusPage

_MINUTE, _DAY, _MONTH = 60.0, 86400.0, 30
_LONGEST = 10 * 3600.0  # seconds: longer ones are left out of the minutes that providers share
_PARTS = (0.25, 0.5, 0.75, 0.9)
_HEAD = f"{'':<42}{'n':>5}{'per 30 days':>13}{'p25':>7}{'p50':>7}{'p75':>7}{'p90':>7}\n"
_NOTE = """
Minutes from the first post to the last, without incidents that have one post. "Open" is an incident
of any severity, up to ten hours long; in the feeds of 7 May to 26 June 2026 Anthropic had one open
in 8.4 % of all minutes, OpenAI in 5.7 %, both in 0.62 %, and independent ones would have come to
0.48 %: times 1.3.
"""


def render(profile: Profile, days: float) -> str:
    """A table by provider, and the share of the minutes in which providers had incidents open."""
    text = _HEAD
    for name, page in profile.status_pages.items():
        text += f"{name}\n"
        for feed in VENDORS[name].feeds:
            curve = [feed.quantile(part) for part in _PARTS]
            text += _row(f"  {feed.dates}", feed.count, feed.days, curve)
        lengths = [last - first for first, last in _open(page)]
        count = len({post.incident for post in page.posts})
        text += _row("  generated", count, days, _curve(lengths))
    return text + "\n" + _shared(profile, days) + _NOTE


def _row(name: str, count: int, days: float, curve: Sequence[float]) -> str:
    cells = "".join(f"{minutes:>7.0f}" for minutes in curve)
    return f"{name:<42}{count:>5}{count / days * _MONTH:>13.1f}{cells}\n"


def _open(page: StatusPage) -> list[tuple[float, float]]:
    """When each incident that was posted in stages was opened and resolved, in minutes."""
    posts: dict[int, list[float]] = {}
    for post in page.posts:
        posts.setdefault(post.incident, []).append(post.at / _MINUTE)
    return [(min(times), max(times)) for times in posts.values() if len(times) > 1]


def _curve(lengths: Sequence[float]) -> list[float]:
    """The quantiles of the table; none of fewer than two incidents."""
    if len(lengths) < 2:  # statistics.quantiles wants two
        return []
    cuts = quantiles(lengths, n=20)
    return [cuts[round(part * 20) - 1] for part in _PARTS]


def _shared(profile: Profile, days: float) -> str:
    """The share of minutes in which each provider, and each two of them, had an incident open."""
    total = days * _DAY / _MINUTE
    minutes = {name: _minutes(page) for name, page in profile.status_pages.items()}
    text = "".join(
        f"{name} has an incident open in {len(open_) / total:.2%} of the minutes\n"
        for name, open_ in minutes.items()
    )
    for one, other in combinations(minutes, 2):
        both = len(minutes[one] & minutes[other]) / total
        alone = len(minutes[one]) * len(minutes[other]) / total**2
        text += f"{one} and {other} both in {both:.2%}; independent ones would in {alone:.2%}\n"
    return text


def _minutes(page: StatusPage) -> set[int]:
    """The minutes in which an incident was open that was over within ten hours."""
    return {
        minute
        for first, last in _open(page)
        if (last - first) * _MINUTE <= _LONGEST
        for minute in range(int(first), int(last))
    }
