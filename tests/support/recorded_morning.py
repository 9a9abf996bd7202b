"""A made-up morning: an hour of calls with an outage whose truth is known, for each format."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, datetime

STARTS = datetime(2026, 5, 4, 8, tzinfo=UTC).timestamp()
PLANTED = "PLANTED-SECRET"
PROMPT = "a question of a customer, private"
USERS = 7


@dataclass
class Call:
    at: float
    status: int
    seconds: float
    user: str
    model: str = "claude-sonnet-5-5"


def calls(seed: int = 1, every: float = 5.0, hours: float = 1.0) -> list[Call]:
    """08:10 to 08:25: a share of 0.9 fails, 529 to 500 as 6 to 4; 08:30 to 08:35: 0.4 of 529."""
    rng = random.Random(seed)
    made = []
    for number in range(int(hours * 3600 / every)):
        at = number * every + rng.random()
        minute, status = at / 60, 200
        if 10 <= minute < 25 and rng.random() < 0.9:
            status = 529 if rng.random() < 0.6 else 500
        elif 30 <= minute < 35 and rng.random() < 0.4:
            status = 529
        seconds = rng.lognormvariate(0.3, 0.3) if status == 200 else 0.3
        made.append(Call(STARTS + at, status, seconds, f"u{number % USERS}"))
    return made


def iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
