"""The catalogue of checks: each is one claim about a run, made with `report.check(...)`.

`standard(run)` returns the checks that apply without configuration. The reasons for their limits:

* `stops_calling`, 8 calls: what a breaker with the common threshold of five failures needs with
  two users.
* `probes_with_one_request`, 3 calls at once (assumed): a breaker that only compares times lets
  through every call that arrives meanwhile, and three of them are no crowd yet.
* `returns_to` and `restores_traffic_to`, 10 minutes: twice the longest common breaker cooldown.
* `retries_stay_under`, 5 retries: what an SDK's own two become when one more layer asks twice.
  Three or four are what one layer that backs off is often set to.
* `honours_retry_after`, waits up to a minute: all vendors' SDKs that obey a retry-after at all obey
  one of that length.
* `never_waits_past`, the deadline that the app sets itself around each call; else a minute, as a
  replay's `deadline=`, or twice the longest healthy call.
* `auth_failures_are_not_hammered`, one repetition: the key may have been refreshed meanwhile.
* `recovers_without_a_herd`, 3 times the healthy rate: calls that each use up an SDK's two retries
  send no more than that.
"""

from __future__ import annotations

from collections.abc import Iterator

from chaos_llm import extensions
from chaos_llm.analysis.run import Run
from chaos_llm.checks.acts_on_whole_tool_calls import (
    ActsOnWholeToolCalls as acts_on_whole_tool_calls,
)
from chaos_llm.checks.answers_are_whole import AnswersAreWhole as answers_are_whole
from chaos_llm.checks.auth_failures_are_not_hammered import (
    AuthFailuresAreNotHammered as auth_failures_are_not_hammered,
)
from chaos_llm.checks.backs_off import BacksOff as backs_off
from chaos_llm.checks.check import Check, Finding
from chaos_llm.checks.cools_down import CoolsDown as cools_down
from chaos_llm.checks.cost_stays_under import CostStaysUnder as cost_stays_under
from chaos_llm.checks.downtime_stays_under import DowntimeStaysUnder as downtime_stays_under
from chaos_llm.checks.fallback_has_its_own_credential import (
    FallbackHasItsOwnCredential as fallback_has_its_own_credential,
)
from chaos_llm.checks.fallback_is_accepted import FallbackIsAccepted as fallback_is_accepted
from chaos_llm.checks.fallback_is_faithful import FallbackIsFaithful as fallback_is_faithful
from chaos_llm.checks.falls_back import FallsBack as falls_back
from chaos_llm.checks.first_content_within import FirstContentWithin as first_content_within
from chaos_llm.checks.honours_retry_after import HonoursRetryAfter as honours_retry_after
from chaos_llm.checks.never_caches_the_outage import NeverCachesTheOutage as never_caches_the_outage
from chaos_llm.checks.never_waits_past import NeverWaitsPast as never_waits_past
from chaos_llm.checks.pool_is_not_exhausted import PoolIsNotExhausted as pool_is_not_exhausted
from chaos_llm.checks.probes_with_one_request import ProbesWithOneRequest as probes_with_one_request
from chaos_llm.checks.reconnects_lose_nothing import (
    ReconnectsLoseNothing as reconnects_lose_nothing,
)
from chaos_llm.checks.recovers_without_a_herd import RecoversWithoutAHerd as recovers_without_a_herd
from chaos_llm.checks.refreshes_token_once import RefreshesTokenOnce as refreshes_token_once
from chaos_llm.checks.respects_cancellation import RespectsCancellation as respects_cancellation
from chaos_llm.checks.restores_traffic_to import RestoresTrafficTo as restores_traffic_to
from chaos_llm.checks.retries_cover import RetriesCover as retries_cover
from chaos_llm.checks.retries_stay_under import RetriesStayUnder as retries_stay_under
from chaos_llm.checks.returns_to import ReturnsTo as returns_to
from chaos_llm.checks.serves_stale_within import ServesStaleWithin as serves_stale_within
from chaos_llm.checks.side_effects_happen_once import (
    SideEffectsHappenOnce as side_effects_happen_once,
)
from chaos_llm.checks.stays_available import StaysAvailable as stays_available
from chaos_llm.checks.stays_within import StaysWithin as stays_within
from chaos_llm.checks.stops_calling import StopsCalling as stops_calling
from chaos_llm.checks.streams_do_not_hang import StreamsDoNotHang as streams_do_not_hang
from chaos_llm.checks.waste_stays_under import WasteStaysUnder as waste_stays_under

__all__ = [
    "Check",
    "Finding",
    "acts_on_whole_tool_calls",
    "answers_are_whole",
    "auth_failures_are_not_hammered",
    "backs_off",
    "cools_down",
    "cost_stays_under",
    "downtime_stays_under",
    "fallback_has_its_own_credential",
    "fallback_is_accepted",
    "fallback_is_faithful",
    "falls_back",
    "first_content_within",
    "honours_retry_after",
    "never_caches_the_outage",
    "never_waits_past",
    "pool_is_not_exhausted",
    "probes_with_one_request",
    "reconnects_lose_nothing",
    "recovers_without_a_herd",
    "refreshes_token_once",
    "respects_cancellation",
    "restores_traffic_to",
    "retries_cover",
    "retries_stay_under",
    "returns_to",
    "serves_stale_within",
    "side_effects_happen_once",
    "standard",
    "stays_available",
    "stays_within",
    "stops_calling",
    "streams_do_not_hang",
    "waste_stays_under",
]


def __dir__() -> list[str]:
    """The checks, and no module of this folder."""
    return sorted(__all__)


_PROBES = 3  # calls that may probe a provider at the same time (assumed)


def standard(run: Run) -> tuple[Check, ...]:
    """The checks that need no configuration, for every provider that the app sent requests to."""
    of_providers = [check for provider in run.providers for check in _of_provider(provider)]
    of_answers = (never_caches_the_outage(), answers_are_whole(), acts_on_whole_tool_calls())
    return (
        *of_providers,
        *_of_traffic(run),
        *of_answers,
        *_of_fallbacks_and_streams(run),
        *_of_sessions(run),
        *_of_packs(),
    )


def _of_provider(provider: str) -> tuple[Check, ...]:
    """How the app treats one provider while it is down and after its recovery."""
    return (
        stops_calling(provider),
        probes_with_one_request(provider, at_most=_PROBES),
        returns_to(provider),
        restores_traffic_to(provider),
    )


def _of_traffic(run: Run) -> tuple[Check, ...]:
    """How retries, logins and recoveries load providers, and how long users wait for them."""
    return (
        retries_stay_under(),
        retries_cover(),
        backs_off(),
        honours_retry_after(),
        never_waits_past.with_learned_deadline(run),
        respects_cancellation(),
        auth_failures_are_not_hammered(),
        refreshes_token_once(),
        recovers_without_a_herd(),
    )


def _of_sessions(run: Run) -> tuple[Check, ...]:
    """What becomes of messages, for apps that speak to a model on a websocket."""
    in_sessions = any(exchange.session is not None for exchange in run.api)
    return (reconnects_lose_nothing(),) if in_sessions else ()


def _of_packs() -> Iterator[Check]:
    """The checks that installed packs add."""
    for name, factory in extensions.added("checks"):
        check = factory()
        if not isinstance(check, Check):
            problem = f"expected a callable that returns a Check; got {factory!r}"
            raise extensions.mistake("checks", name, problem)
        yield check


def _of_fallbacks_and_streams(run: Run) -> tuple[Check, ...]:
    """Fallbacks, caches, side effects and streams, with limits that are assumed.

    Half a minute without content is half of what a replay's `deadline=` grants a user, an answer
    older than a day is wrong by now, and ten open streams are a tenth of httpx's pool.
    """
    return (
        falls_back(),
        fallback_is_accepted(),
        fallback_is_faithful(),
        fallback_has_its_own_credential(),
        serves_stale_within(),
        side_effects_happen_once(),
        streams_do_not_hang.with_learned_idle(run),
        pool_is_not_exhausted(),
    )
