"""Checks of requests that no replay made: what they can judge without calls and return values."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from chaos_llm import checks as catalogue
from chaos_llm.analysis.run import Run
from chaos_llm.checks import Finding

# The checks that look at requests alone, and those that ask which request belongs to which call.
# Whatever is in neither, an installed pack's too, needs to know what the app returned.
BY_REQUESTS = (
    "auth_failures_are_not_hammered",
    "backs_off",
    "honours_retry_after",
    "refreshes_token_once",
    "retries_stay_under",
    "streams_do_not_hang",
)
BY_CALLS = (
    "restores_traffic_to",
    "probes_with_one_request",
    "recovers_without_a_herd",
    "returns_to",
    "stops_calling",
)
# In process nothing says which request belongs to which call, so a question that a test asks twice
# looks like a retry: whatever counts retries is left out.
_WITHOUT_CALLS = (
    "auth_failures_are_not_hammered",
    "fallback_has_its_own_credential",
    "refreshes_token_once",
    "stays_within",
    "streams_do_not_hang",
)
_IN_PROCESS = "no replay made these requests, so the calls are not known: use chaos.replay(...)"


def found_without_calls(run: Run, claims: Iterable[Callable[[Run], Finding]]) -> list[Finding]:
    """What each check finds in requests that a test made itself, or why it cannot judge them.

    A check that is no part of chaos_llm judges whatever it wants.
    """
    return [
        Finding(repr(claim), "not judged", _IN_PROCESS, why=getattr(claim, "why", ""))
        if _name(claim) in catalogue.__all__ and _name(claim) not in _WITHOUT_CALLS
        else claim(run)
        for claim in claims
    ]


def _name(claim: object) -> str:
    return str(getattr(claim, "name", ""))
