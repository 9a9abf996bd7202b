"""Claude by subscription: its limits in headers, and the refusal where they are reached.

The headers are those of a reply of 2026-09-30; a refusal's were pasted in can1357/gajae-code#2444.
Where the windows of five hours and of a week begin is assumed.
"""

from __future__ import annotations

from typing import NamedTuple

from chaos_llm.protocol.messages import Refusal

Headers = tuple[tuple[str, str], ...]

TOKENS = "sk-ant-oat"  # what the access tokens of a subscription begin with
_FIVE_HOURS, _WEEK = 5 * 3600, 7 * 86400
_SPANS = (("5h", _FIVE_HOURS), ("7d", _WEEK))
_USED, _OVER = "0.02", "1.08"  # of a limit: assumed in a healthy reply, pasted in a refusal


class Limit(NamedTuple):
    """One limit of a subscription: its name, and the Unix time at which it is full again."""

    name: str
    resets: int


def limits(now: float) -> tuple[Limit, ...]:
    """The limits of a subscription at a Unix time."""
    return tuple(Limit(name, int(now - now % span + span)) for name, span in _SPANS)


def healthy_headers(now: float) -> Headers:
    """The headers of a reply to a subscription that has used little."""
    return _headers(now, "allowed", _USED)


def refused(refusal: Refusal, now: float) -> Refusal:
    """The refusal of a subscription whose limit of five hours is reached.

    Its words are assumed to be those of an API key's limit.
    """
    wait = float(round(limits(now)[0].resets - now))
    waits = wait if refusal.retry_after is None else refusal.retry_after
    return Refusal("rate_limited", message=refusal.message, retry_after=waits)


def refusal_headers(now: float) -> Headers:
    """The headers of such a refusal."""
    more = (("anthropic-ratelimit-unified-overage-disabled-reason", "org_level_disabled"),)
    return (*_headers(now, "rejected", _OVER), *more)


def _headers(now: float, status: str, used: str) -> Headers:
    five_hours, week = limits(now)
    family = "anthropic-ratelimit-unified"
    return (
        (f"{family}-status", status),
        (f"{family}-5h-status", status),
        (f"{family}-5h-reset", str(five_hours.resets)),
        (f"{family}-5h-utilization", used),
        (f"{family}-7d-status", "allowed"),
        (f"{family}-7d-reset", str(week.resets)),
        (f"{family}-7d-utilization", _USED),
        (f"{family}-representative-claim", "five_hour"),
        (f"{family}-fallback-percentage", "0.5"),
        (f"{family}-reset", str(five_hours.resets)),
    )
