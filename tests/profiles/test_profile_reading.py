"""What a file means: times, shares, targets, mixes, `like`, bases."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from chaos_llm import profiles
from chaos_llm.faults import hang, latency, overloaded, rate_limited, raw, server_error
from chaos_llm.profiles import assumed_share
from chaos_llm.profiles.model import HealthyLatency, Post, Share, Target, WeightedFault

HOUR = 3600.0


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ('"+30m"', (0.5 * HOUR, 0.5 * HOUR)),
        ('"+1h30m"', (1.5 * HOUR, 1.5 * HOUR)),
        ("2026-03-02T11:45:00Z", (0.75 * HOUR, 0.75 * HOUR)),
        ("2026-03-02T12:45:00+01:00", (0.75 * HOUR, 0.75 * HOUR)),
        ('["+10m", "+20m"]', (600.0, 1200.0)),
        ('[2026-03-02T11:10:00Z, "+20m"]', (600.0, 1200.0)),
    ],
)
def test_a_time_is_a_date_an_offset_or_a_range_of_them(read, written, expected):
    assert read(from_=written, until='"+2h"').windows[0].begins == expected


def test_a_bare_date_may_mean_its_first_second_or_its_last(read):
    days = {"starts": "2025-08-05", "ends": "2025-08-20"}

    profile = read(days, from_="2025-08-05", until="2025-08-20")

    assert profile.starts == datetime(2025, 8, 5, tzinfo=UTC)
    assert profile.windows[0].begins == (0.0, 24 * HOUR)
    assert profile.windows[0].ends == (15 * 24 * HOUR, 16 * 24 * HOUR)
    assert profile.ends == 16 * 24 * HOUR


def test_a_profile_that_starts_some_time_in_a_range_starts_at_its_earliest(read):
    profile = read({"starts": "[2026-03-02T11:00:00Z, 2026-03-02T11:05:00Z]"})

    assert profile.starts == datetime(2026, 3, 2, 11, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("0.5", Share.constant(0.5)),
        ("1", Share.constant(1.0)),
        ("[0.8, 0.9]", Share(((0.0, 0.8),), until=0.9)),
        ("[0, 1]", Share(((0.0, 0.0),), until=1.0)),
        ("{ from = 0.8, to = 0.9 }", Share(((0.0, 0.8),), until=0.9)),
        ("{ below = 0.01 }", Share(((0.0, 0.01),), bound=True)),
        ('[["+0m", 0.1], ["+30m", 0.9]]', Share(((0.0, 0.1), (1800.0, 0.9)))),
        (
            '[[2026-03-02T11:00:00Z, 0.1], ["+30m", 0.1], ["+30m", 0.9]]',
            Share(((0.0, 0.1), (1800.0, 0.1), (1800.0, 0.9))),
        ),
    ],
)
def test_two_numbers_are_a_range_and_pairs_are_a_line(read, written, expected):
    assert read(share=written).windows[0].share == expected


def test_a_target_takes_all_its_selectors(read):
    written = (
        '[{ provider = "openai", surface = "login", model = "gpt-*", path = "/v1/*",'
        ' region = "eu", stream = true, larger_than = 70_000 }, { provider = "*" }]'
    )

    assert read(on=written).windows[0].on == (
        Target("openai", "login", "gpt-*", "/v1/*", "eu", stream=True, larger_than=70_000),
        Target("*"),
    )


@pytest.mark.parametrize(
    ("written", "fault"),
    [
        ('fault = "server_error", status = 503', server_error(status=503)),
        ('fault = "hang", seconds = "10m"', hang(seconds="10m")),
        ('fault = "hang"', hang()),
        ('fault = "latency", seconds = [1, 4]', latency(seconds=(1, 4))),
        ('fault = "latency", times = 3', latency(times=3)),
        ('fault = "rate_limited", retry_after = false', rate_limited(retry_after=None)),
        (
            'fault = "raw", status = 401, headers = { "x-a" = "b" }, json = { error = false }',
            raw(401, {"x-a": "b"}, json={"error": False}),
        ),
    ],
)
def test_the_parameters_of_a_fault_are_its_fields(read, written, fault):
    assert read(faults=f"[{{ {written} }}]").windows[0].faults == (WeightedFault(1.0, fault),)


def test_faults_keep_their_weights(read):
    mix = '[{ weight = 8, fault = "overloaded" }, { weight = 2, fault = "server_error" }]'

    assert read(faults=mix).windows[0].faults == (
        WeightedFault(8.0, overloaded()),
        WeightedFault(2.0, server_error()),
    )


def test_sticky_for_is_a_duration(read):
    window = read(sticky_by='"credential"', sticky_for='"10m"').windows[0]

    assert (window.sticky_by, window.sticky_for) == ("credential", 600.0)


def test_a_window_that_is_like_another_has_its_facts_and_keeps_its_own(read):
    profile = read(
        rest="""
        [[window]]
        name = "again"
        from = "+1h"
        until = "+2h"
        extends = "w"
        share = 0.1
        evidence = { from = "page", until = "page", extends = "page", share = "assumed" }
        """,
        sticky_by='"client"',
        sticky_for="60",
    )

    first, again = profile.windows
    assert (again.on, again.faults, again.sticky_by, again.sticky_for) == (
        first.on,
        first.faults,
        "client",
        60.0,
    )
    assert again.share == Share.constant(0.1)


def test_likeness_passes_through_several_windows_in_any_order(read):
    like = (
        '[[window]]\nname = "{}"\nfrom = "+1h"\nuntil = "+2h"\n'
        'extends = "{}"\nevidence = "assumed"\n'
    )

    profile = read(rest=like.format("c", "b") + like.format("b", "w"))

    assert [window.share for window in profile.windows] == [Share.constant(0.5)] * 3


BASES = (
    '{ from = "page", until = "blog", on = "page", share = "blog", '
    'faults = "assumed", sticky_by = "page" }'
)


@pytest.mark.parametrize(
    ("alike", "expected"),
    [
        ("page", {"on": "page", "share": "blog", "sticky_by": "page", "faults": "assumed"}),
        ("blog", {"on": "blog", "share": "blog", "sticky_by": "blog", "faults": "assumed"}),
        ("assumed", dict.fromkeys(("on", "share", "sticky_by", "faults"), "assumed")),
    ],
)
def test_an_inherited_fact_has_the_weaker_of_two_confidences(read, alike, expected):
    again = (
        '[[window]]\nname = "again"\nfrom = "+1h"\nuntil = "+2h"\nextends = "w"\n'
        f'evidence = {{ from = "page", until = "page", extends = "{alike}" }}\n'
    )

    profile = read(rest=again, evidence=BASES, sticky_by='"client"')

    assert dict(profile.windows[1].evidence) == {"from": "page", "until": "page", **expected}


def test_own_faults_bring_their_evidence_and_replace_the_inherited_weights(read):
    profile = read(
        rest="""
        [[window]]
        name = "again"
        from = "+1h"
        until = "+2h"
        extends = "w"
        faults = [{ fault = "hang" }]
        evidence = { from = "page", until = "page", extends = "page", faults = "page" }
        """,
        faults='[{ fault = "overloaded" }, { fault = "server_error" }]',
        evidence='{ from = "page", until = "page", on = "page", share = "page", faults = "page", '
        'weights = "blog" }',
    )

    assert "weights" not in profile.windows[1].evidence


def test_a_window_that_is_all_assumed_has_an_empty_basis_like_one_built_in_python(read):
    assert read(evidence='"assumed"').windows[0].evidence == {}


def test_one_source_may_stand_for_all_facts_of_a_window(read):
    assert read(evidence='"blog"').windows[0].evidence == dict.fromkeys(
        ("from", "until", "on", "share", "faults"), "blog"
    )


@pytest.mark.parametrize(
    ("basis", "share"),
    [('"assumed"', 1.0), ('"page"', 0.0), (BASES, 1 / 6)],
)
def test_assumed_share_counts_the_facts_that_are_assumed(read, basis, share):
    assert assumed_share(read(evidence=basis, sticky_by='"client"')) == pytest.approx(share)


def test_documented_windows_do_not_count_as_evidence(read):
    web = '[{ provider = "openai", surface = "web" }]'

    assert assumed_share(read(on=web, evidence='"page"')) == 0.0
    assert assumed_share(read(on=web, evidence='"assumed"')) == 0.0


def test_each_point_of_a_line_counts_on_its_own(read):
    profile = read(
        share='[["+0m", 0.1], ["+10m", 0.2], ["+20m", 0.3]]',
        evidence='{ from = "page", until = "page", on = "page", faults = "page", '
        'share = ["page", "assumed", "assumed"] }',
    )

    assert assumed_share(profile) == pytest.approx(2 / 7)


def test_status_pages_events_and_the_baseline_are_read(read):
    profile = read(
        rest="""
        [status_page.anthropic]
        evidence = "page"
        posts = [
          { at = "+5m", state = "investigating", says = "hm" },
          { at = "+9m", incident = 2, evidence = "blog" },
        ]
        [status_page.openai]
        unknown = true
        [[event]]
        at = "-5m"
        says = "before it all"
        evidence = "blog"
        [baseline.openai]
        first_token = "450ms"
        token = 0.01
        evidence = "blog"
        """
    )

    assert profile.status_pages["anthropic"].posts == (
        Post(300.0, "investigating", "hm", 1, "page"),
        Post(540.0, "", "", 2, "blog"),
    )
    assert profile.status_pages["openai"].unknown
    assert [(aside.at, aside.says) for aside in profile.events] == [(-300.0, "before it all")]
    assert profile.baseline == {"openai": HealthyLatency(0.45, 0.01, "blog")}


def test_several_sources_of_one_fact_count_once_and_as_the_weakest(read):
    mix = (
        '{ from = ["page", "assumed"], until = "page", on = "page", '
        'share = "page", faults = "page" }'
    )

    assert assumed_share(read(evidence=mix)) == pytest.approx(1 / 5)


def test_the_schema_knows_the_keys_of_the_format():
    definitions = profiles.schema()["$defs"]

    assert {"from", "until", "on", "share", "extends"} <= set(
        definitions["WindowTable"]["properties"]
    )
