"""The timeline of dated profiles, and the pages that its marks lead to."""

from __future__ import annotations

import re
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

from chaos_llm import profiles

sys.path.insert(0, str(Path(__file__).parents[2] / "docs"))

from reference_pages import profile_pages, timeline

DATED = [name for name in profiles.names() if timeline.is_dated(profiles.load(name))]


class Marks(HTMLParser):
    """The attributes of all links, and the options of each filter."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: dict[str, dict[str, str]] = {}
        self.filters: dict[str, list[str]] = {}
        self._filter = ""
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        if tag == "a":
            self.links[given["href"]] = given
        if tag == "select":
            self._filter = given["name"]
            self.filters[self._filter] = []

    def handle_data(self, data):
        if self._filter and data.strip():
            self.filters[self._filter].append(data)

    def handle_endtag(self, tag):
        if tag == "select":
            self._filter = ""


MARKS = Marks(timeline.render())


def test_each_dated_profile_has_one_mark_that_leads_to_its_page():
    assert set(MARKS.links) == {f"profiles/{name}.html" for name in DATED}
    assert len(DATED) > 90
    assert not {"bedrock-legacy-fallback", "healthy-medians-2026"} & set(DATED)


def test_marks_stand_in_the_order_of_their_days():
    days = sorted(DATED, key=lambda name: profiles.load(name).starts)
    places = [float(MARKS.links[f"profiles/{name}.html"]["style"][5:-1]) for name in days]
    assert places == sorted(places)
    assert all(0 <= place <= 100 for place in places)


@pytest.mark.parametrize("name", ["provider", "surface", "kind", "grade"])
def test_each_filter_offers_the_values_of_the_marks(name):
    offered = set(MARKS.filters[name]) - {"all"}
    found = {value for mark in MARKS.links.values() for value in mark[f"data-{name}"].split()}
    assert found == offered


def test_a_mark_can_be_found_by_what_its_profile_is_about():
    mark = MARKS.links["profiles/both-down-2026-09-03.html"]
    assert mark["data-provider"].split() == ["anthropic", "openai"]
    assert "correlated" in mark["data-kind"].split()
    assert mark["data-grade"].split() == ["assumed", "claimed", "reported"]


def test_a_page_has_the_drawing_the_first_sight_the_posts_and_links_to_the_sources():
    body = profile_pages.body(profiles.load("both-down-2026-09-03"))
    assert "What a client sees first" in body
    assert "status page openai" in body
    assert 'href="https://github.com/openai/codex/issues/42559"' in body
    assert "<script" not in body


def test_every_profile_has_a_page_in_the_site():
    made = {name: context for name, context, template in profile_pages.pages(None)}
    assert set(made) == {f"reference/profiles/{name}" for name in profiles.names()}
    assert all(re.match("<h1>", context["body"]) for context in made.values())
