"""Outages that are drawn, to be recorded, imported and compared with what is found."""

from __future__ import annotations

import random
from datetime import UTC, datetime

from chaos_llm.faults import overloaded, rate_limited, server_error
from chaos_llm.profiles.model import Profile, Share, Target, WeightedFault, Window

STARTS = datetime(2026, 5, 4, 8, tzinfo=UTC)
EVERY = 5.0  # seconds of the profile between two calls
KINDS = (server_error(status=500), server_error(status=503), overloaded(), rate_limited(20))


def drawn(seed: int) -> Profile:
    """A profile of one to three windows, from 40 to 150 calls apart and long."""
    rng = random.Random(seed)
    windows, time = [], 0.0
    for number in range(rng.randint(1, 3)):
        begins = time + rng.uniform(60, 120) * EVERY
        time = begins + rng.uniform(40, 120) * EVERY
        faults = rng.sample(KINDS, rng.randint(1, 3))
        windows.append(
            Window(
                f"w{number}",
                (begins, begins),
                (time, time),
                (Target("anthropic"),),
                Share.constant(round(rng.uniform(0.3, 1), 2)),
                tuple(WeightedFault(float(rng.randint(1, 9)), fault) for fault in faults),
            )
        )
    return Profile(f"drawn-{seed}", "a drawn outage", STARTS, time + 60 * EVERY, tuple(windows))
