"""The page of a run."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from importlib.resources import files

import pytest
from support.apps.bots import ask_once
from support.apps.defended import Defended
from support.small_profiles import HOUR, MINUTE, profile_of, window

from chaos_llm import outage
from chaos_llm.analysis.call import OUTCOMES
from chaos_llm.faults import truncated_answer
from chaos_llm.profiles.model import Post, Source, StatusPage
from chaos_llm.reports.html.element import Html, el

PAGES = {
    "anthropic": StatusPage("anthropic", (Post(10 * MINUTE, "investigating", "We <look> & see."),))
}
SOURCES = {"press": Source("press", "press", "An article", "example.com/article")}
BAD_HOUR = profile_of(
    window(ends=HOUR, name="the <b>bad</b> hour"), status_pages=PAGES, sources=SOURCES
)
STYLE = files("chaos_llm.reports.html").joinpath("style.css").read_text(encoding="utf-8")


def replay(app=ask_once, profile=BAD_HOUR, check=False, **options):
    with outage(profile, seed=3) as chaos:
        report = chaos.replay(
            app, **{"every": "30s", "warmup": "10m", "recovery": "10m", **options}
        )
        if check:
            with pytest.raises(AssertionError):
                report.check()
        return report


class Seen(HTMLParser):
    """What stands in a page: its texts, and its elements with their attributes."""

    def __init__(self, page):
        super().__init__(convert_charrefs=True)
        self.texts, self.elements, self.open = [], [], []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        if tag not in ("meta", "link", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] not in ("style", "script"):
            self.texts.append(data)

    @property
    def text(self):
        return re.sub(r"\s+", " ", " ".join(self.texts))


@pytest.fixture(scope="module")
def naive():
    return replay(check=True).html("test_naive")


@pytest.fixture(scope="module")
def seen(naive):
    return Seen(naive)


def heading(page):
    return re.search("<h1[^>]*>(.*?)</h1>", page)[1]


def test_every_element_is_closed(seen):
    assert seen.open == []
    assert len(seen.elements) > 100


def test_the_heading_is_a_plain_sentence(naive):
    assert heading(naive) == "120 of 160 calls (75 %) went unanswered."
    assert heading(replay(Defended()).html()) == "Every user was answered: 120 calls were rescued."
    calm = replay(profile=None, calls=9, every=None)
    assert heading(calm.html()) == "Every user was answered, 9 calls in all."
    assert "nothing was tested" in calm.html()


def test_wrong_answers_shown_to_users_come_first():
    message = iter(["primary", "truncated", "failed", "error_text"])
    report = replay(profile=None, calls=4, every=None, outcome=lambda *_: next(message))
    assert heading(report.html()) == "2 calls were shown something wrong as if it were an answer."
    assert "2 of 4 calls" not in report.html()
    assert "3 of 4 calls (75 %) went unanswered." in report.html()


def test_it_shows_the_longest_downtime_and_the_failed_check(seen):
    assert "The longest downtime was 1 h, from 12:00." in seen.text
    assert "One check failed: stops_calling." in seen.text


def test_it_shows_findings_with_why_they_matter(seen):
    assert "✗ fail stops_calling(provider='anthropic'" in seen.text.replace("  ", " ")
    assert "calls in a row used anthropic while it was down" in seen.text
    assert "Why it matters: each user waits in full" in seen.text


def test_a_failed_check_names_its_first_request_and_the_line_that_made_it(seen):
    assert re.search(
        r"First: call \d+ asked anthropic \(claude-\S+\) at \S+\.py:\d+ in ", seen.text
    )


def test_checks_that_the_test_did_not_run_are_in_another_section():
    page = replay().html()
    assert "Findings of the checks" in page
    assert "<h2>Findings</h2>" not in page
    assert "No check was made." in page


def test_it_shows_the_first_failures(seen):
    assert "First failures" in seen.text
    assert "12:00:00 10 failed" in seen.text or "OverloadedError" in seen.text


def test_exposure_is_shown_and_is_no_failure():
    page = replay(profile=profile_of(window(truncated_answer(), ends=HOUR))).html()
    assert "120 calls had an answer that the provider had corrupted" in page
    assert "No check fails because of it" in page


def test_it_draws_the_profile_the_requests_and_the_outcomes(seen):
    names = {name for _, a in seen.elements for name in (a.get("class") or "").split()}
    assert {"hit", "frame", "post", "asked-and-failed", "down", "o-primary", "o-failed"} <= names
    assert "gap" in names
    alone = Seen(replay(Defended()).html())
    assert [a for tag, a in alone.elements if tag == "rect" and a.get("class") == "alone"]


def test_long_times_without_calls_are_cut_out_of_the_drawing():
    hours = (0.0, 500 * HOUR, 1000 * HOUR)
    bursts = profile_of(*(window(begins=at, ends=at + HOUR, name=f"{at:g}") for at in hours))
    seen = Seen(replay(profile=bursts, every="5m").html())
    cut = [a for tag, a in seen.elements if tag == "rect" and a.get("class") == "cut"]
    assert {(float(a["x"]) > 20, float(a["width"]) < 2) for a in cut} == {(True, True)}
    assert len({a["x"] for a in cut}) == 2
    bars = [a for tag, a in seen.elements if tag == "rect" and a.get("class") == "frame"]
    assert len(bars) == 3
    assert all(float(a["width"]) > 5 for a in bars)
    assert "23 Mar" in seen.text


def test_the_drawing_has_alternatives_in_words(seen):
    charts = [a for _, a in seen.elements if a.get("role") == "img"]
    assert charts[0]["aria-label"].startswith("Timeline. 120 of 160 calls")
    assert "The same as a table" in seen.text
    assert all(a.get("aria-hidden") == "true" for tag, a in seen.elements if tag == "svg")


def test_texts_from_outside_are_escaped(naive, seen):
    assert "<b>bad</b>" not in naive
    assert "the <b>bad</b> hour" in seen.text
    assert any("We <look> & see." in (a.get("title") or "") for _, a in seen.elements)
    hostile = replay().html('"><script>alert(1)</script>')
    assert "<script" not in hostile


def test_it_needs_nothing_besides_itself(naive, seen):
    tags = {tag for tag, _ in seen.elements}
    assert not tags & {"script", "img", "iframe"}
    links = {a["href"] for tag, a in seen.elements if tag in ("link", "a")}
    assert links <= {"data:,"}
    assert "@import" not in STYLE
    assert "url(" not in STYLE


def test_an_element_escapes_its_children_and_attributes():
    made = el("p", "<&>", Html("<b>x</b>"), None, ["a", "b"], title='"<', hidden=True, id=None)
    assert made == '<p title="&quot;&lt;" hidden>&lt;&amp;&gt;<b>x</b>ab</p>'
    assert el("meta", charset="utf-8") == '<meta charset="utf-8">'


def test_profiles_without_windows_and_runs_without_calls_have_pages_too():
    report = replay(profile=None, calls=1, every=None)
    empty = type(report)(
        type(report.run)(report.run.overrides, [], [], report.run.evidence, 0.0, 0.0)
    )
    assert heading(empty.html()) == "No call was made."


def test_every_outcome_has_its_colour():
    for outcome in OUTCOMES:
        assert f".o-{outcome} {{ --c: var(--{outcome})" in STYLE
        assert STYLE.count(f"--{outcome}:") == 2, "one for light and one for dark"


def colours(scheme):
    block = STYLE.split("prefers-color-scheme: dark")[scheme == "dark"].split("}")[0]
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", block))


def luminance(colour):
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_texts_have_enough_contrast(scheme):
    """The bounds are those of WCAG 2.2 AA: 4.5 for text, 3 for shapes."""
    known = colours(scheme)
    on = [("text", "bg"), ("text", "panel"), ("muted", "bg"), ("muted", "panel"), ("link", "bg")]
    on += [(kind, f"{kind}-bg") for kind in ("good", "bad", "warn", "odd")]
    on += [(kind, "bg") for kind in ("good", "bad", "warn", "odd")] + [("text", "bad-bg")]
    weak = {pair: contrast(known[pair[0]], known[pair[1]]) for pair in on}
    assert {pair: ratio for pair, ratio in weak.items() if ratio < 4.5} == {}
    shapes = ("primary", "fallback", "failed", "truncated", "asked", "alone", "hit", "incident")
    faint = {name: contrast(known[name], known["panel"]) for name in shapes}
    assert {name: ratio for name, ratio in faint.items() if ratio < 3} == {}
