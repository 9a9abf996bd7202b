"""What `chaos-llm profiles` and `chaos-llm show` print."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from chaos_llm import profiles
from chaos_llm.errors import UnknownName
from chaos_llm.faults import hang, overloaded, server_error
from chaos_llm.profiles.model import (
    Event,
    Post,
    Profile,
    Share,
    Source,
    StatusPage,
    Target,
    WeightedFault,
    Window,
)
from chaos_llm.reports.profiles import catalogue_text, timeline

HOUR = 3600.0


def window(name: str, begins: object, ends: object, share: Share, surface: str = "api") -> Window:
    spans = [each if isinstance(each, tuple) else (each, each) for each in (begins, ends)]
    mix = (WeightedFault(3, server_error()), WeightedFault(1, hang(seconds=15)))
    return Window(name, *spans, on=(Target("anthropic", surface),), share=share, faults=mix)


def profile(*windows: Window, **changes: object) -> Profile:
    starts = datetime(2026, 3, 2, 22, 0, tzinfo=UTC)
    return Profile("a-day", "A day", starts, 6 * HOUR, windows, **changes)


def rows(drawn: Profile, width: int = 71) -> dict[str, str]:
    """The drawing's rows by label; with width 71 and labels of 10, a column is six minutes."""
    lines = timeline.draw(drawn, width).splitlines()
    return {line[:10].rstrip(): line[11:] for line in lines}


def test_a_bar_begins_and_ends_where_its_window_does_and_is_as_dark_as_its_share():
    drawn = profile(
        window("ten chars!", 0.0, HOUR, Share.constant(1.0)),
        window("half", HOUR, 2 * HOUR, Share.constant(0.5)),
        window("quarter", 2 * HOUR, 3 * HOUR, Share.constant(0.3)),
        window("less", 5 * HOUR, 6 * HOUR, Share.constant(0.01)),
    )

    assert rows(drawn)["ten chars!"] == "█" * 10
    assert rows(drawn)["half"] == " " * 10 + "▓" * 10
    assert rows(drawn)["quarter"] == " " * 20 + "▒" * 10
    assert rows(drawn)["less"] == " " * 50 + "░" * 10


def test_a_line_darkens_and_fades():
    line = Share(((0.0, 0.0), (3 * HOUR, 1.0), (6 * HOUR, 0.0)))

    row = rows(profile(window("ten chars!", 0.0, 6 * HOUR, line)))["ten chars!"]

    assert row[0], row[29] == ("░", "█")
    assert row == row[::-1]


def test_ranges_of_times_and_documented_windows_are_drawn_as_such():
    drawn = profile(
        window("ten chars!", (0.0, HOUR), (2 * HOUR, 3 * HOUR), Share.constant(1.0)),
        window("told", 0.0, HOUR, Share.constant(1.0), surface="web"),
    )

    assert rows(drawn)["ten chars!"] == "╌" * 10 + "█" * 10 + "╌" * 10
    assert rows(drawn)["told"] == "·" * 10


def test_a_window_shorter_than_a_column_is_still_seen():
    drawn = profile(window("ten chars!", 60.0, 61.0, Share.constant(1.0)))

    assert rows(drawn)["ten chars!"] == "█"


def test_the_axis_is_in_utc_and_marks_midnight():
    axis, ruler = timeline.draw(
        profile(window("ten chars!", 0.0, HOUR, Share.constant(1.0))), 71
    ).splitlines()[:2]

    assert axis[11:].split() == ["22:00", "23:00", "03", "Mar", "01:00", "02:00", "03:00"]
    assert [column for column, mark in enumerate(ruler[11:]) if mark == "┬"] == [
        0,
        10,
        20,
        30,
        40,
        50,
    ]


def test_posts_have_a_row_with_their_state():
    posts = (
        Post(0.0, "investigating"),
        Post(HOUR, "", "still on it"),
        Post(2 * HOUR, "resolved"),
    )
    pages = {"a": StatusPage("a", posts), "b": StatusPage("b", unknown=True), "c": StatusPage("c")}

    drawn = timeline.draw(profile(status_pages=pages), 80).splitlines()

    assert drawn[2].split() == ["status", "page", "a", "i", "+", "r"]
    assert drawn[3].endswith("(its posts were not found)")
    assert drawn[4].endswith("(no post all the time)")


@pytest.mark.exhaustive(sample=12)
@pytest.mark.parametrize("name", profiles.names())
@pytest.mark.parametrize("width", [80, 100])
def test_no_line_but_an_address_is_wider_than_the_given_width(name, width):
    lines = catalogue_text.show(name, width=width).splitlines()

    assert [line for line in lines if len(line) > width and "://" not in line] == []


@pytest.mark.exhaustive(sample=12)
@pytest.mark.parametrize("name", profiles.names())
def test_a_shipped_profile_is_shown_with_all_its_windows_sources_and_posts(name):
    shown = " ".join(catalogue_text.show(name).split())
    shipped = profiles.load(name)

    for each in shipped.windows:
        assert each.name in shown
    for source in shipped.sources.values():
        assert source.address in shown
    for page in shipped.status_pages.values():
        assert all(post.says in shown for post in page.posts)


def test_each_fact_is_shown_with_its_evidence():
    sources = {"page": Source("page", "provider"), "blog": Source("blog", "press")}
    basis = {
        "from": "page",
        "until": "blog",
        "on": ("page", "blog"),
        "share": "assumed",
        "faults": "page",
        "weights": "assumed",
    }
    shown = catalogue_text.render_profile(
        profile(
            Window(
                "w",
                (0.0, HOUR),
                (2 * HOUR, 2 * HOUR),
                (Target("anthropic", model="claude-*"),),
                Share(((0.0, 0.2),), until=0.4),
                (WeightedFault(3, server_error()), WeightedFault(1, hang(seconds=15))),
                evidence=basis,
                note="A note.",
            ),
            sources=sources,
        )
    )

    assert "  from  between 02 Mar 22:00 and 02 Mar 23:00  [reported: page]\n" in shown
    assert "  until 03 Mar 00:00  [claimed: blog]\n" in shown
    assert "  hits  anthropic api model claude-*  [reported: page] [claimed: blog]\n" in shown
    assert "  share 20 % to 40 %, the seed picks  [assumed]\n" in shown
    assert "75 % server_error(status=500), 25 % hang(seconds=15)" in shown
    assert "[faults reported: page] [weights assumed]" in " ".join(shown.split())
    assert "  note  A note.\n" in shown


def test_the_first_symptom_is_shown_for_each_surface():
    shown = catalogue_text.render_profile(
        profile(
            window("late", HOUR, 2 * HOUR, Share.constant(0.5)),
            window("early", 0.0, HOUR, Share.constant(1.0), surface="login"),
            window("later", 2 * HOUR, 3 * HOUR, Share.constant(1.0)),
        )
    )

    output = shown[shown.index("What a client sees first") :].split("\n\n")[0].splitlines()
    assert [line.split(":")[0:2] for line in output[1:]] == [
        ["  02 Mar 22", "00 anthropic login, 100 %"],
        ["  02 Mar 23", "00 anthropic api, 50 %"],
    ]


def test_the_assumed_share_is_shown_first():
    assert "100 % of the simulated facts are assumed" in catalogue_text.render_profile(
        profile(window("w", 0.0, HOUR, Share.constant(1.0)))
    )


def test_a_source_without_an_address_says_so():
    sources = {"blog": Source("blog", "press", "A blog")}

    assert "no address is known" in catalogue_text.render_profile(profile(sources=sources))


def test_events_are_shown_beside_the_timeline():
    shown = catalogue_text.render_profile(profile(events=(Event(HOUR, "a thing happened"),)))

    assert "  02 Mar 23:00 a thing happened  [assumed]\n" in shown


def test_a_time_on_another_date_has_its_date():
    day = profile(events=(Event(-60.0, "just before"), Event(30 * HOUR, "much later")))
    short = Profile(day.name, day.title, day.starts, HOUR, events=day.events)

    shown = catalogue_text.render_profile(short)

    assert "  21:59 just before" in shown
    assert "  04 Mar 04:00 much later" in shown


def test_the_catalogue_lists_every_profile_with_its_evidence():
    listed = " ".join(catalogue_text.catalogue().split())

    for name in profiles.names():
        assert f"{name} {profiles.load(name).title}" in listed
    storm = profiles.load("anthropic-529-storm")
    output = f"{round(profiles.assumed_share(storm) * 100)} % assumed; {', '.join(storm.tags)}"
    assert output in listed


def test_the_catalogue_of_a_tag_lists_only_its_profiles():
    listed = catalogue_text.catalogue("overload")

    assert "anthropic-529-storm" in listed
    assert "openai-2025-06-10-gpu-network" not in listed


def test_an_unknown_tag_or_profile_lists_the_known_ones_nearest_first():
    with pytest.raises(UnknownName, match="nearest first: 'latency'"):
        catalogue_text.catalogue("latencies")
    with pytest.raises(UnknownName, match="nearest first: 'anthropic-529-storm'"):
        catalogue_text.show("529-storm")


def test_colour_is_optional_and_changes_no_word():
    plain = catalogue_text.show("anthropic-529-storm")
    painted = catalogue_text.show("anthropic-529-storm", colour=True)

    assert "\x1b" not in plain
    assert "\x1b[31m[assumed]\x1b[0m" in painted
    assert re.sub(r"\x1b\[\d+m", "", painted) == plain


def test_a_fault_without_arguments_is_spelled_as_in_python():
    drawn = profile(
        Window(
            "w",
            (0.0, 0.0),
            (HOUR, HOUR),
            (Target("a"),),
            Share.constant(1.0),
            (WeightedFault(1, overloaded()),),
        )
    )

    assert "overloaded()  [assumed]" in catalogue_text.render_profile(drawn)
