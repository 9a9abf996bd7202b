"""The demo: replay the ten hours of 2 March 2026 against both bots."""

from __future__ import annotations

from collections.abc import Callable

from chaos_llm.analysis.call import Call
from chaos_llm.decisions.start_position import offset
from chaos_llm.demo.hardened_bot import HardenedBot
from chaos_llm.demo.naive_bot import NaiveBot
from chaos_llm.outage_context import Outage
from chaos_llm.reports.report import Report

PROFILE = "anthropic-2026-03-02-three-waves"
UNTIL = "21:16"
EVERY = "30s"
WARMUP, RECOVERY = 600.0, 1800.0  # seconds of healthy time before the outage, and of time after it
BOTS: dict[str, Callable[[], NaiveBot | HardenedBot]] = {
    "naive bot": NaiveBot,
    "hardened bot": HardenedBot,
}


def replay_both(seed: int, progress: Callable[[str, float], None]) -> dict[str, Report]:
    """Replay waves one and two against each bot; both get the same failures for the same seed.

    `progress` is called with the name of the current bot and the share of the whole, 0 to 1.
    """
    reports: dict[str, Report] = {}
    for name, make in BOTS.items():
        with Outage(PROFILE, seed=seed) as chaos:
            ends = offset(UNTIL, chaos.plan, 0.0) + RECOVERY

            def report_progress(call: Call, name: str = name, ends: float = ends) -> None:
                share = (call.due + WARMUP) / (ends + WARMUP)
                progress(name, (len(reports) + share) / len(BOTS))

            reports[name.partition(" ")[0]] = chaos.replay(
                make().answer,
                every=EVERY,
                until=UNTIL,
                warmup=WARMUP,
                recovery=RECOVERY,
                on_call=report_progress,
            )
    return reports
