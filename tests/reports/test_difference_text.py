"""What `chaos-llm diff` says."""

from __future__ import annotations

from dataclasses import replace

import pytest
from support.small_profiles import HOUR, MINUTE, profile_of, window

from chaos_llm import profiles
from chaos_llm.faults import hang
from chaos_llm.profiles.model import Flap, HealthyLatency, Post, Share, Source, StatusPage, Target
from chaos_llm.reports.profiles.differences import differences, render

ONE = profile_of(window(name="w"), tags=("a",))


@pytest.mark.parametrize("name", profiles.names()[:8])
def test_a_profile_does_not_differ_from_itself(name):
    profile = profiles.load(name)

    assert differences(profile, profile) == {}
    assert render(profile, profile, width=80).endswith("no difference\n")


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"share": 0.5}, "share: 100 % -> 50 %"),
        ({"share": Share(((0.0, 0.2),), until=0.4)}, "share: 100 % -> 20 % to 40 %"),
        ({"begins": 5 * MINUTE}, "from: +0 s -> +5 min"),
        ({"ends": (HOUR, 2 * HOUR)}, "until: +1 h -> between +1 h and +2 h"),
        ({"on": Target("openai")}, "hits: anthropic api -> openai api"),
        ({"flap": Flap(300, 60)}, "flaps: no -> on for 5 min, off for 1 min, and again"),
        ({"sticky_by": "client"}, "stickiness: one per request -> one per client"),
        (
            {"except_": (Target("anthropic", model="x"),)},
            "except: nothing -> anthropic api model x",
        ),
    ],
)
def test_a_changed_key_of_a_window_is_shown(changes, says):
    other = profile_of(window(name="w", **changes), tags=("a",), ends=HOUR)

    assert differences(replace(ONE, ends=HOUR), other) == {"Window 'w'": [says]}


def test_a_changed_fault_is_shown_as_it_is_written():
    found = differences(ONE, profile_of(window(hang(seconds=3), name="w"), tags=("a",)))

    assert found == {"Window 'w'": ["faults: overloaded() -> hang(seconds=3)"]}


def test_windows_that_only_one_has_are_shown_in_full():
    other = profile_of(window(name="w"), window(name="v", share=0.25), tags=("a",))

    assert differences(ONE, other) == {
        "Windows that only other has": ["v: +0 s to +1 h, 25 % of anthropic api: overloaded()"]
    }
    assert list(differences(other, ONE)) == ["Windows that only one has"]


def test_pages_are_compared_post_by_post():
    early = StatusPage("anthropic", (Post(0.0, "investigating"), Post(HOUR, "resolved")))
    late = StatusPage("anthropic", (Post(5 * MINUTE, "investigating"), Post(HOUR, "resolved")))

    found = differences(
        replace(ONE, status_pages={"anthropic": early}),
        replace(ONE, status_pages={"anthropic": late}),
    )

    assert found == {
        "Status page of anthropic": [
            "only one: +0 s: investigating",
            "only other: +5 min: investigating",
        ]
    }
    green = replace(ONE, status_pages={"anthropic": StatusPage("anthropic")})
    assert "it: shows no incident -> is not part of the profile" in str(differences(green, ONE))


def test_the_metadata_of_the_profiles_is_compared():
    other = replace(
        ONE,
        title="Another day",
        tags=("b",),
        sources={"blog": Source("blog", "press")},
        baseline={"anthropic": HealthyLatency(1.0, 0.5)},
    )
    found = differences(ONE, other)

    assert "title: A bad day -> Another day" in found["The profile"]
    assert "tags: a -> b" in found["The profile"]
    assert (
        "healthy anthropic: none -> first token after 1 s, then 500 ms a token"
        in found["The profile"]
    )
    assert found["Sources"] == ["only other: source blog"]


def test_no_line_is_wider_than_the_given_width():
    one, other = (profiles.load(name) for name in profiles.names()[:2])

    assert max(map(len, render(one, other, width=80).splitlines())) <= 80
