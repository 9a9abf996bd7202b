"""The shipped profiles, held to what their sources say."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from chaos_llm import profiles
from chaos_llm.decisions.plan import Plan
from chaos_llm.faults import FAULTS, auth_expired, latency, overloaded
from chaos_llm.network import Network
from chaos_llm.profiles import evidence_grades

NAMES = profiles.names()
# No incident: each kind of failure in turn, also by the request, so that retries are tested; and
# answers that no parser takes.
EXERCISES = {
    "every-failure-in-turn",
    "every-failure-in-turn-two-providers",
    "structured-output-regression",
}
VOCABULARY = Path(__file__).parents[2] / "docs" / "reference" / "profile-tags.md"
TAGS = set(re.findall(r"^\| `([\w-]+)` \|", VOCABULARY.read_text(encoding="utf-8"), re.MULTILINE))

WAVES = "anthropic-2026-03-02-three-waves"
LOOP = "anthropic-2026-04-06-login-loop"
STORM = "anthropic-529-storm"
AUTH = "anthropic-2026-04-28-auth"
GPUS = "openai-2025-06-10-gpu-network"
SPIKE = "latency-spike-then-blackout"


def at(profile, day: int, hour: int, minute: int) -> float:
    """A time of the profile's month, as seconds since its start."""
    moment = profile.starts.replace(day=day, hour=hour, minute=minute)
    return (moment - profile.starts).total_seconds()


def worst(profile, time: float, surface: str = "api") -> float:
    """The largest share with which any window certainly hits that surface at that time."""
    return max(
        (
            window.share.at(time)
            for window in profile.windows
            if window.begins[1] <= time < window.ends[0]
            and any(target.surface == surface for target in window.on)
        ),
        default=0.0,
    )


def test_the_promised_profiles_are_shipped():
    assert {WAVES, LOOP, STORM, AUTH, GPUS, SPIKE} <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_shipped_profile_has_known_tags_and_a_confidence(name):
    profile = profiles.load(name)

    assert profile.tags
    assert set(profile.tags) <= TAGS
    assert profile.tags == tuple(sorted(profile.tags))
    assert profile.confidence
    nothing_fails = {"web-only", "healthy"} & set(profile.tags)
    assert 0 < profiles.assumed_share(profile) < 1 or nothing_fails or name in EXERCISES


@pytest.mark.parametrize("name", NAMES)
def test_every_source_has_a_title_and_stands_for_something(name):
    profile = profiles.load(name)
    used = {
        key
        for window in profile.windows
        for b in evidence_grades.facts(window).values()
        for key in b
    }
    used |= {page.evidence for page in profile.status_pages.values()}
    used |= {post.evidence for page in profile.status_pages.values() for post in page.posts}
    used |= {shown.evidence for shown in (*profile.events, *profile.baseline.values())}

    assert all(source.title for source in profile.sources.values())
    assert set(profile.sources) - used <= {"hackernews", "elanews"}  # for further reading


@pytest.mark.parametrize("name", sorted(set(NAMES) - EXERCISES))
def test_partial_windows_have_a_sticky_by(name):
    for window in profiles.load(name).windows:
        if window.simulated and min(part for _, part in window.share.points) < 1:
            assert (window.sticky_by, window.sticky_for is not None) != ("request", False), (
                window.name
            )


@pytest.mark.parametrize("name", NAMES)
def test_every_simulated_window_can_be_planned(name):
    profile = profiles.load(name)

    begins, ends = Plan(profile, seed=1).bounds()

    assert 0 <= begins < ends <= profile.ends
    faults = [w.fault for window in profile.windows for w in window.faults]
    assert all(fault.name in FAULTS or isinstance(fault, Network) for fault in faults)


def test_every_tag_of_the_vocabulary_is_in_use():
    assert set(profiles.tags()) == TAGS


def test_several_profiles_have_5xx():
    assert {WAVES, STORM, AUTH, GPUS} <= set(profiles.with_tag("5xx"))


@pytest.mark.parametrize(
    ("hour", "minute", "api", "chatgpt"),
    [
        (6, 36, 0.05, 0.05),  # "errors remain ~5 %" ...
        (8, 45, 0.05, 0.05),  # ... at 01:45 PDT
        (9, 0, 0.25, 0.35),  # "highest impact between 2:00 AM PDT ...
        (12, 0, 0.25, 0.35),
        (15, 0, 0.25, 0.35),  # ... and 8:00 AM PDT"
        (19, 30, 0.0, None),  # 12:30 PM PDT: API fully recovered
        (22, 0, None, 0.0),  # 3:00 PM PDT: services fully restored
    ],
)
def test_openai_on_10_june_2025_fails_at_the_reported_rates(hour, minute, api, chatgpt):
    profile = profiles.load(GPUS)
    failing = profiles.window(profile, "API: 5 %, then 25 %, then a slow return")
    web = profiles.window(profile, "ChatGPT: 5 %, then 35 %")
    time = at(profile, 10, hour, minute)

    if api is not None:
        assert failing.share.at(time) == pytest.approx(api)
    if chatgpt is not None:
        assert web.share.at(time) == pytest.approx(chatgpt)


def test_openai_on_10_june_2025_rises_between_the_reported_rates_and_falls_after_them():
    profile = profiles.load(GPUS)
    share = profiles.window(profile, "API: 5 %, then 25 %, then a slow return").share

    assert 0.05 < share.at(at(profile, 10, 8, 52)) < 0.25
    assert share.at(at(profile, 10, 16, 40)) < 0.05


def test_openai_on_10_june_2025_documents_chatgpt_and_simulates_the_api():
    profile = profiles.load(GPUS)

    replayed = {window.name: window.simulated for window in profile.windows}

    assert replayed.pop("ChatGPT: 5 %, then 35 %") is False
    assert all(replayed.values())
    assert profile.status_pages["openai"].unknown
    assert profile.baseline["openai"].first_token == 0.45


def test_openai_on_10_june_2025_marks_only_the_published_points_as_reported():
    profile = profiles.load(GPUS)
    window = profiles.window(profile, "API: 5 %, then 25 %, then a slow return")

    grades = [
        evidence_grades.grade(profile.sources, each)
        for each in evidence_grades.facts(window)["share"]
    ]

    assert grades == ["reported"] * 4 + ["assumed"] * 2 + ["reported"]


def test_claude_on_2_march_2026_fails_at_logins_first():
    profile = profiles.load(WAVES)
    noon, afternoon = at(profile, 2, 12, 0), at(profile, 2, 14, 30)

    assert worst(profile, noon, "login") > 0
    assert worst(profile, noon) == 0
    assert worst(profile, afternoon, "login") > 0
    assert worst(profile, afternoon) > 0


@pytest.mark.parametrize(
    ("day", "hour", "minute", "fails"),
    [
        (2, 14, 0, False),  # "the API is working as intended"
        (2, 14, 5, True),  # "some API methods are not functioning"
        (2, 15, 46, True),
        (2, 17, 15, True),  # wave 2: a fix is being implemented
        (2, 17, 30, False),  # monitoring
        (2, 18, 0, True),  # a new investigation
        (2, 18, 10, False),  # monitoring
        (2, 18, 30, True),  # the issue repeats
        (2, 21, 17, False),  # resolved
        (3, 5, 0, False),  # wave 3 names no API
    ],
)
def test_claude_on_2_march_2026_fails_in_the_times_of_its_status_page(day, hour, minute, fails):
    profile = profiles.load(WAVES)

    assert (worst(profile, at(profile, day, hour, minute)) > 0) is fails


def test_claude_on_2_march_2026_was_down_for_nine_hours_and_39_minutes():
    profile = profiles.load(WAVES)
    last = profiles.window(profile, "wave 2: second fix did not hold")

    assert profile.starts == datetime(2026, 3, 2, 11, 37, tzinfo=UTC)
    assert last.ends == (34740.0, 34740.0)


def test_claude_on_2_march_2026_posts_twelve_minutes_late_and_resolves_twice():
    posts = profiles.load(WAVES).status_pages["anthropic"].posts

    assert posts[0].at == 12 * 60
    assert [post.incident for post in posts if post.state == "resolved"] == [1, 3]


def test_a_share_without_a_source_is_assumed():
    profile = profiles.load(WAVES)

    for window in profile.windows:
        assert (
            evidence_grades.grade(profile.sources, evidence_grades.facts(window)["share"])
            == "assumed"
        )


def test_claude_on_28_april_2026_is_hit_from_1734_to_1852():
    profile = profiles.load(AUTH)
    plan = Plan(profile, seed=1)

    assert plan.bounds() == (0.0, 78 * 60)
    assert [(post.at / 60, post.state) for post in profile.status_pages["anthropic"].posts] == [
        (7, "investigating"),
        (17, "identified"),
        (59, ""),
        (85, "monitoring"),
        (101, "resolved"),
    ]
    assert profile.sources["status"].grade == "reported"


def test_claude_on_28_april_2026_ends_with_401s():
    window = profiles.window(profiles.load(AUTH), "API: valid credentials are refused")

    heaviest = max(window.faults, key=lambda weighted: weighted.weight)

    assert heaviest.fault == auth_expired()


def test_a_storm_is_529_without_a_retry_after_and_begins_at_once():
    profile = profiles.load(STORM)
    first = profile.windows[0]

    assert [weighted.fault for weighted in first.faults] == [overloaded()]
    assert first.begins == (0.0, 0.0)
    assert first.share.at(0.0) == 1.0


def test_the_page_is_green_for_all_but_the_last_minutes_of_the_storm():
    profile = profiles.load(STORM)
    (post,) = profile.status_pages["anthropic"].posts

    assert post.at == 54 * 60 + 43
    assert profile.ends == 64 * 60


def test_a_storm_has_six_bursts_of_which_two_outlast_eleven_retries():
    bursts = [window for window in profiles.load(STORM).windows if "burst" in window.name]

    assert len(bursts) == 6
    assert [window.share.at(0.0) for window in bursts].count(1.0) == 2
    assert bursts[-1].ends == (64 * 60, 64 * 60)


def test_the_login_loop_refuses_the_token_and_the_login_alike():
    profile = profiles.load(LOOP)
    later = at(profile, 6, 16, 0)

    assert worst(profile, later) == 1.0
    assert worst(profile, later, "login") > 0
    message = profile.windows[1].faults[0].fault.message
    assert message.startswith("OAuth token has expired.")  # anthropics/claude-code#44264


def test_the_spike_climbs_from_200_ms_to_over_10_s_and_then_goes_black():
    profile = profiles.load(SPIKE)
    ramp = [w.faults[0].fault for w in profile.windows if isinstance(w.faults[0].fault, latency)]

    assert profile.baseline["anthropic"].first_token == 0.2
    assert [fault.seconds for fault in ramp] == [(0, 1), (1, 4), (4, 12)]
    blackout = profiles.window(profile, "blackout")
    assert blackout.share.at(3600.0) == 1.0
    assert blackout.ends[0] - blackout.begins[1] >= 4 * 3600


def test_an_unverified_number_is_marked_as_such():
    profile = profiles.load(SPIKE)

    assert "unverified" in profile.tags
    assert {source.grade for source in profile.sources.values()} == {"claimed"}
