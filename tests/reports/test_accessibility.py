"""axe-core finds nothing to complain about on our pages: wide, on a phone, light and dark.

AXE_CORE names its file axe.min.js; the lane `accessibility` of noxfile.py gets it from npm.
"""

from __future__ import annotations

import os
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from support.apps.bots import ask_once
from support.apps.defended import Defended
from support.browser import CHROMIUM, browser
from support.small_profiles import HOUR, profile_of, window

from chaos_llm import load, outage
from chaos_llm.reports.history import session_of
from chaos_llm.reports.html import shown_profile
from chaos_llm.reports.html.page import page_of_test
from chaos_llm.reports.html.session import session_page
from chaos_llm.reports.html.test_matrix import Entry
from chaos_llm.reports.records.tested import Verdict, record_of_test

AXE = os.environ.get("AXE_CORE", "")
pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="needs chromium on the path"),
    pytest.mark.skipif(not AXE, reason="AXE_CORE names no axe.min.js; see nox -s accessibility"),
]
RUN = """axe.run(document, {resultTypes: ["violations"]}).then(found =>
  found.violations.map(each => [each.id, each.nodes[0].html, each.nodes[0].failureSummary]))"""


def record(name, app, verdict):
    with outage(profile_of(window(ends=HOUR)), seed=3) as chaos:
        report = chaos.replay(app, every="30s", warmup="10m", recovery="10m")
        with suppress(AssertionError):
            report.check()
        return record_of_test(
            Verdict(name, verdict, "", 1.0), chaos.plan, chaos.journal, reports=chaos.reports
        )


@pytest.fixture(scope="module")
def pages():
    failed = record("tests/test_bot.py::test_naive", ask_once, "failed")
    passed = record("tests/test_bot.py::test_hardened", Defended(), "passed")
    entries = [Entry(failed, "failed"), Entry(passed, "passed")]
    made = datetime(2026, 3, 2, tzinfo=UTC)
    last = [Entry(failed.model_copy(update={"verdict": "passed"}), ""), entries[1]]
    return {
        "session": session_page(entries, made, [session_of(last, made)]),
        "failed": page_of_test(failed, "failed", "index.html"),
        "passed": page_of_test(passed, "passed", "index.html"),
        "profile": shown_profile.page_of(load("anthropic-2026-03-02-three-waves"), None),
    }


@pytest.fixture(scope="module")
def window_of_chromium(tmp_path_factory):
    with browser(tmp_path_factory.mktemp("chromium")) as opened:
        yield opened


def violations(opened, path, **look):
    page = opened.open(path.as_uri(), **look)
    try:
        page.until("document.readyState === 'complete' && document.querySelector('main, p')")
        page.js(f"{Path(AXE).read_text(encoding='utf-8')};0")
        return page.js(RUN)
    finally:
        page.close()


@pytest.mark.parametrize("name", ["session", "failed", "passed", "profile"])
@pytest.mark.parametrize(
    "look",
    [{"width": width, "dark": dark} for width in (1280, 390) for dark in (False, True)],
    ids=str,
)
def test_axe_finds_no_violation(tmp_path, window_of_chromium, pages, name, look):
    path = tmp_path / "page.html"
    path.write_text(pages[name], encoding="utf-8")
    assert violations(window_of_chromium, path, **look) == []


# A window of 1280 pixels at 200 % shows 640 CSS pixels: WCAG 2.2, 1.4.10, asks for no second scroll
# bar there; an A4 page at 96 dpi, with its margins, is 718 wide.
ZOOMED, PAPER = 640, 718
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
HIDDEN = """[...document.querySelectorAll("details > :not(summary)")]
  .filter(each => !each.checkVisibility()).length"""
CUT = """[...document.querySelectorAll(".scroll")]
  .filter(each => each.getBoundingClientRect().left + each.scrollWidth >
    document.documentElement.clientWidth + 1).map(each => each.ariaLabel)"""


def seen(opened, path, width, *scripts, media=""):
    page = opened.open(path.as_uri(), width=width)
    try:
        page.until("document.readyState === 'complete' && document.querySelector('main, p')")
        if media:
            page.do("Emulation.setEmulatedMedia", media=media)
        return [page.js(script) for script in scripts]
    finally:
        page.close()


@pytest.mark.parametrize("name", ["session", "failed", "passed", "profile"])
def test_at_200_per_cent_nothing_has_to_be_scrolled_sideways(
    tmp_path, window_of_chromium, pages, name
):
    path = tmp_path / "page.html"
    path.write_text(pages[name], encoding="utf-8")
    assert seen(window_of_chromium, path, ZOOMED, OVERFLOW) == [0]


@pytest.mark.parametrize("name", ["session", "failed", "passed", "profile"])
def test_on_paper_nothing_is_folded_away_or_cut_off(tmp_path, window_of_chromium, pages, name):
    path = tmp_path / "page.html"
    path.write_text(pages[name], encoding="utf-8")
    on_paper = seen(window_of_chromium, path, PAPER, HIDDEN, CUT, OVERFLOW, media="print")
    assert on_paper == [0, [], 0]


def test_what_is_too_wide_or_folded_away_is_seen(tmp_path, window_of_chromium):
    path = tmp_path / "page.html"
    path.write_text("<p style='width: 900px'>x</p><details><summary>y</summary><p>z</p></details>")
    overflow, hidden = seen(window_of_chromium, path, ZOOMED, OVERFLOW, HIDDEN)
    assert overflow > 0
    assert hidden == 1


def test_axe_finds_what_is_wrong(tmp_path, window_of_chromium):
    path = tmp_path / "page.html"
    path.write_text("<!doctype html><html><body><p>x</p><img src='x.png'></body></html>")
    found = {each[0] for each in violations(window_of_chromium, path)}
    assert {"html-has-lang", "image-alt"} <= found
