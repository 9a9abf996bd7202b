"""Rows of a timeline: each mark stands in the column of its time."""

from __future__ import annotations

import pytest
from support.apps.bots import ask_once
from support.apps.defended import Defended
from support.small_profiles import HOUR, MINUTE, profile_of, window

from chaos_llm import outage
from chaos_llm.analysis.call import OUTCOMES, Call
from chaos_llm.profiles.model import Post, Share, StatusPage
from chaos_llm.reports.drawing import LABEL, LETTERS, Drawing, bar, outcome_mark, row, shade


def run_of(profile, app=ask_once, **options):
    with outage(profile, seed=3) as chaos:
        sent = {"every": "1m", "warmup": 0, "recovery": "1h", **options}
        return chaos.replay(app, **sent).run


def marks(text):
    return text[LABEL:]


@pytest.fixture(scope="module")
def run():
    """Two hours, the first of them bad; a call a minute."""
    return run_of(profile_of(window(ends=HOUR)))


def test_a_column_is_a_stretch_of_time(run):
    drawing = Drawing(run, 24)  # five minutes a column
    assert marks(drawing.hit("anthropic")) == "█" * 12
    assert marks(drawing.users_got()) == "x" * 12 + "P" * 12
    assert marks(drawing.requests("anthropic")) == "█" * 24
    assert marks(drawing.unanswered()) == "█" * 12


def test_the_axis_has_round_times_above_its_ticks(run):
    labels, ruler = Drawing(run, 96).axis()
    assert labels.split() == [f"1{hour}:{ten}0" for hour in "23" for ten in range(6)]
    for hour in ("12:00", "13:00"):
        assert ruler[labels.index(hour)] == "┬"
    assert len(labels) <= LABEL + 96 == len(ruler)


def test_all_rows_are_of_one_width(run):
    drawing = Drawing(run, 77)
    rows = [*drawing.axis(), drawing.hit("anthropic"), drawing.requests("anthropic")]
    assert all(len(each) <= LABEL + 77 for each in [*rows, drawing.users_got()])


def test_a_falling_share_fades():
    falling = Share(((0.0, 1.0), (HOUR, 0.0)))
    drawing = Drawing(run_of(profile_of(window(share=falling))), 16)
    assert marks(drawing.hit("anthropic")) == "███▓▓▒▒░"


def test_a_short_window_is_not_lost_between_the_columns():
    blink = window(begins=61 * MINUTE, ends=62 * MINUTE)
    drawing = Drawing(run_of(profile_of(window(ends=MINUTE, name="first"), blink)), 20)
    assert marks(drawing.hit("anthropic")).count("█") == 2


def test_bars_are_relative_to_the_busiest_column(run):
    busy = Drawing(run, 24)
    assert busy.busiest == 5
    assert marks(Drawing(run, 24, most=10).requests("anthropic")) == "▄" * 24


def test_a_column_with_calls_and_no_request_has_a_dot():
    drawing = Drawing(run_of(profile_of(window(ends=HOUR)), Defended(), recovery="30m"), 18)
    assert marks(drawing.requests("openai"))[12:] == "······"
    assert "·" not in marks(drawing.requests("openai"))[:12]


def test_where_no_call_was_due_there_is_nothing():
    waves = profile_of(window(ends=HOUR), window(begins=9 * HOUR, ends=10 * HOUR, name="again"))
    drawing = Drawing(run_of(waves, every="5m"), 22)  # half an hour a column
    assert marks(drawing.users_got()) == "xxP" + " " * 14 + "Pxx PP".replace(" ", "")
    assert marks(drawing.requests("anthropic"))[3:17] == " " * 14


def test_without_a_gap_there_is_no_row_of_gaps():
    assert Drawing(run_of(None, until="1h", recovery=0), 20).unanswered() == ""


POSTS = (
    Post(-HOUR, "resolved", incident=0),
    Post(10 * MINUTE, "investigating"),
    Post(20 * MINUTE, says="still at it"),
    Post(40 * MINUTE, "monitoring"),
    Post(70 * MINUTE, "resolved"),
    Post(90 * MINUTE, "investigating", incident=2),
    Post(5 * HOUR, "resolved", incident=2),
)


def test_the_status_page_row_shows_posts_and_open_incidents():
    profile = profile_of(
        window(ends=HOUR), status_pages={"anthropic": StatusPage("anthropic", POSTS)}
    )
    drawing = Drawing(run_of(profile), 24)
    assert marks(drawing.page("anthropic")) == "  i─+───m─────r   i─────"


def test_an_incident_that_began_before_the_run_is_open():
    posts = (Post(-HOUR, "investigating"), Post(HOUR, "resolved"))
    profile = profile_of(
        window(ends=HOUR), status_pages={"anthropic": StatusPage("anthropic", posts)}
    )
    assert marks(Drawing(run_of(profile), 24).page("anthropic")) == "─" * 12 + "r"


@pytest.mark.parametrize(
    "pages", [{}, {"anthropic": StatusPage("anthropic")}, {"openai": StatusPage("openai", POSTS)}]
)
def test_without_posts_there_is_no_row_for_them(pages):
    assert (
        Drawing(run_of(profile_of(window(ends=HOUR), status_pages=pages)), 24).page("anthropic")
        == ""
    )


def test_every_outcome_has_a_letter_of_its_own():
    assert set(LETTERS) == set(OUTCOMES)
    assert len(set(LETTERS.values())) == len(OUTCOMES)


def calls(*outcomes):
    return [Call(0, 0, 0.0, "", "", fresh=True, outcome=outcome) for outcome in outcomes]


@pytest.mark.parametrize(
    ("outcomes", "mark"),
    [
        ([], " "),
        (["primary"], "P"),
        (["primary", "primary", "failed"], "P"),
        (["primary", "failed"], "x"),
        (["failed", "degraded", "primary", "degraded", "failed"], "x"),
    ],
)
def test_a_columns_letter_is_its_most_frequent_outcome_and_the_worse_of_two(outcomes, mark):
    assert outcome_mark(calls(*outcomes)) == mark


@pytest.mark.parametrize(
    ("share", "mark"),
    [(0, " "), (0.01, "░"), (0.25, "▒"), (0.5, "▓"), (0.74, "▓"), (0.75, "█"), (1.0, "█")],
)
def test_a_share_is_a_shade(share, mark):
    assert shade(share) == mark


@pytest.mark.parametrize(
    ("part", "mark"), [(0, " "), (0.01, "▁"), (0.5, "▄"), (0.9, "▇"), (1.0, "█"), (1.5, "█")]
)
def test_a_part_is_a_bar(part, mark):
    assert bar(part) == mark


def test_a_long_label_is_shortened():
    assert row("a provider with a long name hit", "█") == "a provider with… █"
    assert len(row("x" * (LABEL - 1), "█")) == LABEL + 1
