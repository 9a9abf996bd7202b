"""The demo: the ten hours of 2 March 2026 against both bots."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from chaos_llm._outage import Outage
from chaos_llm.calls import Call
from chaos_llm.demo.hardened_bot import HardenedBot
from chaos_llm.demo.naive_bot import NaiveBot
from chaos_llm.reports.report import Report

PROFILE = "anthropic-2026-03-02-three-waves"
UNTIL = "21:16"
EVERY = "30s"


def replay_both(seed: int, on_call: Callable[[str, Call], None]) -> dict[str, Report]:
    """Replay waves one and two against each bot; the same seed means the same bad day."""
    reports = {}
    for name, make in (("naive", NaiveBot), ("hardened", HardenedBot)):
        with Outage(PROFILE, seed=seed) as chaos:
            reports[name] = chaos.replay(
                make().answer,
                every=EVERY,
                until=UNTIL,
                on_call=partial(on_call, name),
            )
    return reports
