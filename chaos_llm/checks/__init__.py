"""The catalogue of checks: each a claim about a run, made with `report.check(...)`.

`standard(run)` are those that apply without configuration. Their limits: eight calls are what a
breaker with the usual five failures needs under two users; three retries are one more than the
vendors' SDKs make; ten minutes are two of the longest usual breaker cooldowns.
"""

from __future__ import annotations

from chaos_llm.checks.answers_are_whole import AnswersAreWhole as answers_are_whole
from chaos_llm.checks.check import Check, Finding
from chaos_llm.checks.never_caches_the_outage import NeverCachesTheOutage as never_caches_the_outage
from chaos_llm.checks.retries_stay_under import RetriesStayUnder as retries_stay_under
from chaos_llm.checks.returns_to import ReturnsTo as returns_to
from chaos_llm.checks.stops_calling import StopsCalling as stops_calling
from chaos_llm.run import Run

__all__ = [
    "Check",
    "Finding",
    "answers_are_whole",
    "never_caches_the_outage",
    "retries_stay_under",
    "returns_to",
    "standard",
    "stops_calling",
]


def standard(run: Run) -> tuple[Check, ...]:
    """The checks that need no configuration, for every provider that the app asked."""
    of_providers = [
        check(provider) for provider in run.providers for check in (stops_calling, returns_to)
    ]
    return (*of_providers, retries_stay_under(), never_caches_the_outage(), answers_are_whole())
