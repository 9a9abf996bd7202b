"""Several apps side by side: the first that a user sees of it."""

from __future__ import annotations

import pytest
from support.apps.bots import ask
from support.apps.defended import Defended
from support.small_profiles import HOUR, MINUTE, profile_of, window

from chaos_llm import outage
from chaos_llm.analysis.call import OUTCOMES
from chaos_llm.profiles.model import Post, StatusPage
from chaos_llm.reports.comparison import MEANINGS, comparison_text

PAGES = {"anthropic": StatusPage("anthropic", (Post(10 * MINUTE, "investigating"),))}
BAD_DAY = profile_of(window(ends=HOUR), status_pages=PAGES)


@pytest.fixture(scope="module")
def reports():
    made = {}
    for name, app in (("plain", ask), ("defended", Defended())):
        with outage(BAD_DAY, seed=3) as chaos:
            made[name] = chaos.replay(app, every="30s")
    return made


def section(text, begins):
    lines = text.splitlines()
    start = next(n for n, line in enumerate(lines) if line.startswith(begins))
    return lines[start : lines.index("", start)]


@pytest.mark.parametrize("width", [60, 80, 100, 120])
def test_no_line_is_wider_than_the_terminal(reports, width):
    assert max(map(len, comparison_text(reports, width).splitlines())) <= width


def test_the_outage_is_drawn_once_and_the_requests_for_each_app(reports):
    text = comparison_text(reports)
    assert text.splitlines()[0] == "A bad day"
    assert text.count("anthropic hit") == text.count("  status page") == 1
    assert text.count("  users got") == text.count("anthropic load") == 2
    assert text.count("openai load") == 1


def test_the_bars_of_all_apps_have_one_measure(reports):
    plain = section(comparison_text(reports), "plain")[1]
    defended = section(comparison_text(reports), "defended")[1]
    assert "█" in plain
    assert "█" not in defended


def test_outcomes_are_shown_in_words_and_shares(reports):
    table = section(comparison_text(reports), "what users got")
    rows = {line[:42].strip(): line[42:].split() for line in table}
    assert rows["what users got"] == ["plain", "defended"]
    assert rows["P  answered by the primary provider"] == ["40.0%", "40.0%"]
    assert rows["F  answered by another provider"] == ["0.0%", "60.0%"]
    assert rows["x  an exception, or nothing"] == ["60.0%", "0.0%"]
    assert rows["answered"] == ["40.0%", "100.0%"]
    assert rows["longest downtime"] == ["1", "h", "none"]
    assert rows["requests to openai"] == ["0", "120"]


def test_verdicts_are_shown_with_the_reason_of_a_failure(reports):
    table = section(comparison_text(reports), "verdicts of the checks")
    rows = {line[:42].strip(): line[42:].split() for line in table}
    assert rows["stops_calling anthropic"] == ["FAIL", "pass"]
    assert rows["retries_stay_under"] == ["pass", "pass"]
    assert "stops_calling openai" not in rows  # nothing to tell about it
    shown = " ".join(" ".join(table).split())
    assert "plain fails stops_calling anthropic: 120 calls in a row used anthropic" in shown
    assert "(12:04 UTC)" in shown


def test_columns_align(reports):
    table = section(comparison_text(reports), "what users got")
    assert len({len(line) for line in table}) == 1


def test_every_outcome_has_its_words():
    assert set(MEANINGS) == set(OUTCOMES)
    assert len(set(MEANINGS.values())) == len(OUTCOMES)
