"""`replay_all` replays outages one after the other and counts what users lost in each."""

from __future__ import annotations

import json
from itertools import pairwise

import httpx
import pytest
from support.apps.plain import PlainApp

from chaos_llm import outage
from chaos_llm.demo.hardened_bot import HardenedBot
from chaos_llm.demo.naive_bot import NaiveBot
from chaos_llm.errors import UsageError
from chaos_llm.profiles import catalogue, loading, packs
from chaos_llm.profiles.generated_month import month
from chaos_llm.profiles.model import Target
from chaos_llm.years import replay_all, year

pytestmark = pytest.mark.exhaustive(of_file=9)  # each plays many outages

JULY = "anthropic-2026-07-29-all-models"
RESETS = "anthropic-2026-06-05-staged-return"


def naive():
    return NaiveBot().answer


def hardened():
    return HardenedBot().answer


def test_a_year_has_the_dated_profiles_of_a_provider_in_their_order():
    found = year(2026, "openai")
    names = [profile.name for profile in found]

    assert {"both-down-2026-09-03", "openai-2026-06-03-false-429"} <= set(names)
    assert not {"openai-billing-hard-limit", "openai-2025-07-01-billing", JULY} & set(names)
    assert "openai-2026-09-regional-chatgpt" not in names  # it hits no API and no login
    assert all(earlier.starts <= later.starts for earlier, later in pairwise(found))


def test_a_year_of_all_providers_has_more():
    assert {profile.name for profile in year(2026)} > {p.name for p in year(2026, "anthropic")}


@pytest.mark.parametrize(("number", "provider"), [(1999, None), (2026, "tgi")])
def test_a_year_without_dated_profiles_is_refused(number, provider):
    with pytest.raises(UsageError, match=f"no dated profile.* is of the year {number}"):
        year(number, provider)


def test_a_pack_is_the_year_in_order():
    names = [profile.name for profile in packs.expanded("year-2024:openai")]

    assert names == [profile.name for profile in year(2024, "openai")]
    assert len(names) > 5
    assert set(names) < {profile.name for profile in packs.expanded("year-2024")}


def test_a_pack_is_replayed_by_its_name():
    replays = replay_all("year-2022:openai", lambda: PlainApp(Target("openai")), calls=5)
    assert [each.profile.name for each in replays] == [p.name for p in year(2022, "openai")]


def test_an_outage_says_that_a_pack_is_many():
    with pytest.raises(UsageError, match="year-2026 is a pack of many profiles") as raised:
        outage("year-2026")
    assert "`chaos-llm replay`" in str(raised.value)


def test_a_team_s_profile_of_a_pack_s_name_comes_first(tmp_path):
    text = catalogue.find("anthropic-529-storm").read_text(encoding="utf-8")
    (tmp_path / "ours").mkdir()
    (tmp_path / "ours" / "year-2026.toml").write_text(text, encoding="utf-8")
    settings = '[tool.chaos_llm]\nprofiles = ["ours"]\n'
    (tmp_path / "pyproject.toml").write_text(settings, encoding="utf-8")

    (found,) = packs.expanded("year-2026", tmp_path)
    assert found.windows == loading.load("anthropic-529-storm").windows


def test_pages_of_all_outages_are_linked_from_one(tmp_path):
    replays = replay_all([JULY, RESETS], naive, calls=5)
    index = replays.write(tmp_path / "pages", "our bot").read_text(encoding="utf-8")

    for page in (f"001-{JULY}.html", f"002-{RESETS}.html"):
        assert f'href="{page}"' in index
        assert (tmp_path / "pages" / page).stat().st_size > 10_000
    assert replays.in_all in index


def test_the_figures_are_plain_values():
    replays = replay_all([JULY], naive, calls=20)
    said = json.loads(json.dumps(replays.json()))

    (one,) = said["outages"]
    assert (one["profile"], one["lasted"], one["calls"]) == (JULY, 6060, 20)
    assert said["downtime"] == one["downtime"] == replays.downtime > 0
    assert said["availability"] == replays.availability()


def test_each_outage_has_a_report_and_all_have_an_availability():
    replays = replay_all([JULY, RESETS], naive, calls=60)
    july, resets = replays

    assert [each.profile.name for each in replays] == [JULY, RESETS]
    assert july.lasted == 101 * 60  # 19:45 to 21:26
    assert july.answered < 0.5
    assert july.downtime == pytest.approx(july.lasted * (1 - july.answered))
    assert (resets.answered, resets.downtime) == (1.0, 0.0)  # none of the bot's models
    assert replays.downtime == july.downtime
    assert replays.availability(1) == pytest.approx(1 - july.downtime / 86400)
    assert replays.availability() == pytest.approx(1 - july.downtime / 86400 / 365)
    assert july.report.calls == 60


def test_the_same_outages_have_the_same_figures():
    assert str(replay_all([JULY], naive)) == str(replay_all([JULY], naive))


def test_they_are_shown_with_a_line_for_each_outage():
    shown = str(replay_all([JULY], hardened))

    assert shown.splitlines()[1].startswith("2026-07-29       1.7    100.0%         0.0  anthropic")
    assert shown.endswith("an availability of 100.000% over 365 days")


def test_stretches_that_overlap_count_once_and_quiet_ones_not_at_all():
    (incident,) = replay_all(["both-down-2026-09-03"], lambda: PlainApp(Target("openai")), calls=9)

    sonnet = 9 * 60 + 44  # 12:37:31 to 12:47:15
    afternoon = 173 * 60  # 13:23 to 16:16, with OpenAI's 38 minutes inside
    assert incident.lasted == sonnet + afternoon


def test_no_call_within_an_outage_is_no_downtime():
    (incident,) = replay_all([JULY], lambda: PlainApp(Target("openai")), calls=1)
    assert (incident.answered, incident.downtime) == (1.0, 0.0)


def test_an_app_is_made_anew_in_each_outage_where_placeholder_keys_are_set():
    made = []

    def make():
        made.append(httpx.Client())
        return NaiveBot().answer

    replay_all([JULY, RESETS], make, calls=5)
    assert len(made) == 2


@pytest.mark.exhaustive
def test_a_fallback_keeps_nearly_all_of_what_the_naive_bot_loses_in_2026():
    without, with_fallback = (replay_all(year(2026, "anthropic"), bot) for bot in (naive, hardened))

    assert len(without) == len(with_fallback) >= 35
    assert without.downtime > 20 * with_fallback.downtime
    assert without.availability() < 0.995
    assert with_fallback.availability() > 0.999


@pytest.mark.exhaustive
def test_a_generated_year_can_be_replayed():
    generated = month(3, days=365, providers=["anthropic"])
    replays = replay_all([generated], naive, calls=2000)
    assert 0.95 < replays.availability() < 0.999
