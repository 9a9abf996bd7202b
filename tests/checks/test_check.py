"""Properties of all checks, and the checks that need no configuration."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from support.apps.bots import ask
from support.apps.defended import Defended
from support.judging import Replay
from support.small_profiles import BAD_TIME

from chaos_llm import outage
from chaos_llm.checks import Check, retries_stay_under, standard, stops_calling
from chaos_llm.demo.hardened_bot import HardenedBot
from chaos_llm.demo.naive_bot import NaiveBot

report = Replay(BAD_TIME, {"every": "30s"})


@dataclass(frozen=True, repr=False)
class AnswersSoon(Check):
    """A check of a team's own."""

    why = "nobody waits for so long"
    within: float = 10.0

    def __call__(self, run):
        slow = [call for call in run.calls if call.seconds > self.within]
        return self.failed("too slow", slow[0].began) if slow else self.passed("all were quick")


def test_the_repr_of_a_check_has_its_arguments():
    assert repr(stops_calling("anthropic")) == (
        "stops_calling(provider='anthropic', within_calls=8, probe_after='1m', within=0)"
    )
    assert retries_stay_under(2).name == "retries_stay_under"


def test_a_check_of_ones_own_is_a_dataclass():
    finding = AnswersSoon()(report(ask).run)
    assert finding.check == "test_check(within=10.0)"
    assert (finding.verdict, finding.why) == ("pass", "nobody waits for so long")


def test_checks_with_equal_arguments_are_equal():
    assert stops_calling("anthropic") == stops_calling("anthropic", within_calls=8)
    assert stops_calling("anthropic") != stops_calling("openai")


def test_the_standard_checks_cover_every_provider_with_requests():
    made = report(Defended())
    names = [(check.name, getattr(check, "provider", "")) for check in standard(made.run)]
    assert len(names) == len(set(names))
    for provider in ("anthropic", "openai"):
        assert {
            ("stops_calling", provider),
            ("probes_with_one_request", provider),
            ("returns_to", provider),
            ("restores_traffic_to", provider),
        } <= set(names)
    assert {name for name, provider in names if not provider} >= {
        "retries_stay_under",
        "backs_off",
        "honours_retry_after",
        "never_waits_past",
        "auth_failures_are_not_hammered",
        "refreshes_token_once",
        "recovers_without_a_herd",
        "never_caches_the_outage",
        "answers_are_whole",
        "falls_back",
        "fallback_is_faithful",
        "fallback_has_its_own_credential",
        "serves_stale_within",
        "side_effects_happen_once",
        "streams_do_not_hang",
        "pool_is_not_exhausted",
    }


@pytest.mark.parametrize("seed", range(3))
def test_the_hardened_bot_passes_them_where_the_naive_one_fails(seed):
    verdicts = []
    for make in (HardenedBot, NaiveBot):
        with outage("anthropic-529-storm", seed=seed) as chaos:
            made = chaos.replay(make().answer, every="30s")
        verdicts.append({check(made.run).verdict for check in standard(made.run)})
    hardened, naive = verdicts
    assert "fail" not in hardened
    assert "fail" in naive


@pytest.mark.parametrize(
    ("profile", "failing"),
    [
        ("anthropic-2026-03-02-three-waves", "stops_calling"),
        ("anthropic-absurd-retry-after", "never_waits_past"),
        ("anthropic-2026-02-26-hangs", "never_waits_past"),
    ],
)
def test_the_naive_bot_fails_where_it_deserves_it_in_a_default_replay(profile, failing):
    with outage(profile, seed=0) as chaos:
        made = chaos.replay(NaiveBot().answer)
    names = {check.name for check in standard(made.run) if check(made.run).verdict == "fail"}
    assert names == {failing}
