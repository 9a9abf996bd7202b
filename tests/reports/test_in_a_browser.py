"""The pages as Chromium lays them out: nothing sticks out, nothing complains."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from datetime import UTC, datetime
from html import unescape

import pytest
from support.apps.bots import ask_once
from support.apps.defended import Defended
from support.small_profiles import HOUR, profile_of, window

from chaos_llm import outage
from chaos_llm.reports.html.page import page_of_test
from chaos_llm.reports.html.session import session_page
from chaos_llm.reports.html.test_matrix import Entry
from chaos_llm.reports.records.tested import Verdict, record_of_test

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "google-chrome", "chrome"))), None)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs chromium on the path")

WIDE, NARROW = 1400, 500
LONG = "test_" + "a_name_that_goes_on_and_on_" * 6
MEASURE = """<script>
const root = document.documentElement;
const out = [...document.querySelectorAll("main *, footer *")].filter(each =>
  !each.closest(".scroll, svg") && each.getBoundingClientRect().right > root.clientWidth + 1);
root.dataset.seen = JSON.stringify({
  width: root.clientWidth, overflow: root.scrollWidth - root.clientWidth,
  out: out.map(each => each.outerHTML.slice(0, 80)), text: document.body.innerText,
  charts: [...document.querySelectorAll(".chart svg")].map(each => each.clientWidth),
  background: getComputedStyle(document.body).backgroundColor,
});
</script>"""


def look(folder, page, width, *flags):
    """What a browser of that width makes of a page, and what it said on its console."""
    path = folder / "page.html"
    path.write_text(page.replace("</body>", f"{MEASURE}</body>"), encoding="utf-8")
    command = [CHROMIUM, "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
    shown = ["--enable-logging=stderr", "--dump-dom", f"--user-data-dir={folder / 'chromium'}"]
    size = f"--window-size={width},1200"
    done = subprocess.run(
        [*command, *shown, size, *flags, path.as_uri()],
        capture_output=True,
        text=True,
        check=True,
    )
    seen = json.loads(unescape(re.search(r'data-seen="(.*?)"', done.stdout, re.DOTALL)[1]))
    return seen | {"console": [line for line in done.stderr.splitlines() if "CONSOLE" in line]}


def played(number, name, app, profile):
    with outage(profile, seed=number) as chaos:
        report = chaos.replay(app, every="30s", warmup="10m", recovery="10m")
        try:
            report.check()
            verdict = Verdict(name, "passed", "", 1.5)
        except AssertionError as error:
            verdict = Verdict(name, "failed", str(error).splitlines()[0], 1.5)
    return record_of_test(verdict, chaos.plan, chaos.journal, reports=chaos.reports)


@pytest.fixture(scope="module")
def records():
    days = [
        profile_of(window(ends=HOUR, name="a window with quite a long name, as some have them"))
    ]
    return [
        played(1, f"tests/test_bot.py::{LONG}[naive]", ask_once, days[0]),
        played(2, "tests/test_bot.py::test_hardened", Defended(), days[0]),
    ]


@pytest.fixture(scope="module")
def session(records):
    """Forty tests, each with one of twelve profiles."""
    entries = []
    for number in range(40):
        record = records[number % 2]
        name = f"a-provider-2026-03-{number % 12 + 1:02}-with-a-long-name"
        profile = record.profile.model_copy(update={"name": name})
        test = f"tests/test_bot_{number % 3}.py::{LONG}{number}[{name}]"
        entries.append(
            Entry(record.model_copy(update={"profile": profile, "test": test}), "a-page")
        )
    return session_page(entries, datetime(2026, 3, 2, tzinfo=UTC))


def assert_it_fits(seen):
    assert (seen["overflow"], seen["out"]) == (0, [])
    assert seen["console"] == []


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_a_run_fits_and_shows_its_findings(tmp_path, records, width):
    seen = look(tmp_path, page_of_test(records[0], "stem", "index.html"), width)
    assert seen["width"] == width
    assert_it_fits(seen)
    assert "120 of 160 calls (75 %) went unanswered." in seen["text"]
    assert "calls in a row used anthropic while it was down" in seen["text"]
    assert "Why it matters" in seen["text"]
    assert LONG in seen["text"]
    assert min(seen["charts"]) > (700 if width == WIDE else 300)


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_a_session_of_forty_tests_fits(tmp_path, session, width):
    seen = look(tmp_path, session, width)
    assert_it_fits(seen)
    assert "20 of 40 tests on 12 outage profiles failed." in seen["text"]


def test_it_is_dark_where_the_reader_wants_that(tmp_path, records):
    page = page_of_test(records[1])
    light = look(tmp_path, page, WIDE)["background"]
    dark = look(tmp_path, page, WIDE, "--blink-settings=preferredColorScheme=0")["background"]
    assert (light, dark) == ("rgb(255, 255, 255)", "rgb(20, 23, 27)")


def test_overflow_and_console_errors_are_detected(tmp_path):
    broken = (
        "<!doctype html><html><body><main><p style='width:3000px'>wide</p></main>"
        "<script>console.error('oh no'); nowhere()</script></body></html>"
    )
    seen = look(tmp_path, broken, WIDE)
    assert seen["overflow"] > 1000
    assert "wide" in seen["out"][0]
    assert len(seen["console"]) == 2
