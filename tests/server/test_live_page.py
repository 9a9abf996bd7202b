"""The live page at `/__chaos/`, as a browser shows it and a hand works it."""

from __future__ import annotations

import threading
from html import unescape

import pytest
from support.browser import CHROMIUM, browser
from support.raw_sockets import ASKED, asked, request
from support.waiting import PATIENCE

from chaos_llm.faults import latency
from chaos_llm.server.launch.server_handle import ServerThread
from chaos_llm.server.launch.settings import Settings

pytestmark = pytest.mark.exhaustive(of_file=6)  # each opens a page of a real server in a browser

STORM = "anthropic-529-storm"
HTML = {"accept": "text/html,application/xhtml+xml"}
CHAT = {"model": "gpt-5.2", "messages": [{"role": "user", "content": "Hi."}]}
LAID_OUT = """(() => {
  const root = document.documentElement;
  const out = [...document.querySelectorAll("main *, footer *")].filter(each =>
    !each.closest(".scroll, .needles, canvas") &&
    each.getBoundingClientRect().right > root.clientWidth + 1);
  return [root.scrollWidth - root.clientWidth, out.map(each => each.outerHTML.slice(0, 80))];
})()"""
NAMED = """[...document.querySelectorAll("button, input, select")]
  .filter(each => !each.innerText && !each.labels?.length && !each.ariaLabel).length"""

needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="needs chromium on the path")


@pytest.fixture(scope="module")
def tabs(tmp_path_factory):
    with browser(tmp_path_factory.mktemp("browser")) as opened:
        yield opened


@pytest.fixture
def page(tabs, chaos_server):
    opened = tabs.open(f"{chaos_server.url}/__chaos/")
    opened.until("!document.querySelector('#live').hidden")
    yield opened
    opened.close()
    assert not opened.complaints


def test_a_browser_is_given_the_page_and_a_program_the_index(chaos_server):
    for path in ("/__chaos", "/__chaos/"):
        shown = asked(chaos_server.url, request(path, b"", "GET", **HTML))
        assert b"content-type: text/html" in shown.head
        assert shown.body.startswith(b"<!doctype html>")
        assert "ask" in asked(chaos_server.url, request(path, b"", "GET")).json


def test_the_page_loads_nothing_from_anywhere(chaos_server):
    shown = asked(chaos_server.url, request("/__chaos/", b"", "GET", **HTML))
    text = unescape(shown.body.decode())
    assert "default-src 'none'" in text
    for word in (" src=", "@import", "url(", "://"):
        assert word not in text


@needs_chromium
@pytest.mark.chaos(STORM)
def test_the_page_shows_the_day_and_where_now_is(page):
    assert page.text(
        "#title"
    ) == "Claude: overloaded in six bursts within the hour, and nobody " + (
        "says when to come back"
    )
    assert page.text("#now") == "05:03:00 UTC, 30 Jul 2026"
    assert page.text("#clock") == "0 s into the day; time stands until you advance it"
    assert page.text("#open .ill b") == "anthropic"
    assert page.js("document.querySelectorAll('#chart .span').length") == 7


@needs_chromium
@pytest.mark.chaos(STORM)
def test_requests_stream_in_with_their_faults(page, chaos_server):
    for _ in range(3):
        asked(chaos_server.url, request())
    page.until("document.querySelectorAll('#rows tr').length === 3")
    row = page.text("#rows tr:first-child")
    assert "anthropic" in row
    assert "529" in row
    assert "overloaded" in row
    assert [page.text(f"#n-{name}") for name in ("requests", "applied", "failed")] == [
        "3",
        "3",
        "3",
    ]
    asked(chaos_server.url, request("/openai/v1/chat/completions", CHAT, authorization="Bearer k"))
    page.until("document.querySelectorAll('#rows tr').length === 4")
    page.click("#only")
    page.until("document.querySelectorAll('#rows tr').length === 3")


@needs_chromium
@pytest.mark.chaos(STORM)
def test_the_buttons_let_time_pass(page, chaos_server):
    page.click("[data-by='1m']")
    page.until("document.querySelector('#now').innerText.startsWith('05:04:00')")
    page.js("document.querySelector('#by').value = '90s'")
    page.click("#advance [type=submit]")
    page.until("document.querySelector('#now').innerText.startsWith('05:05:30')")
    assert chaos_server.now == 150
    page.js("document.querySelector('#by').value = 'soon'")
    page.click("#advance [type=submit]")
    page.until("document.querySelector('#told').innerText.includes(\"'soon' is not a duration\")")


@needs_chromium
@pytest.mark.chaos(STORM)
def test_the_next_pause_is_one_click_away(page, chaos_server):
    chaos_server.on("openai").inject(latency(seconds=45), times=1)
    bytes_ = request("/openai/v1/chat/completions", CHAT, authorization="Bearer k")
    answers = []
    asking = threading.Thread(target=lambda: answers.append(asked(chaos_server.url, bytes_)))
    asking.start()
    page.until("document.querySelector('#next').innerText === 'To the next pause (45 s)'")
    assert page.text("#n-waiting") == "1"
    assert "under way" in page.text("#rows tr")
    page.click("#next")
    asking.join(PATIENCE)
    assert answers[0].status == 200
    page.until("!document.querySelector('#rows').innerText.includes('under way')")


@needs_chromium
@pytest.mark.chaos(STORM)
def test_go_leads_to_a_window_ahead_and_begins_anew_at_one_that_is_over(page, chaos_server):
    page.js("document.querySelector('#window').value = 'burst 2'")
    page.js("document.querySelector('#window').dispatchEvent(new Event('change'))")
    page.click("#go")
    page.until("document.querySelector('#now').innerText.startsWith('05:15:00')")
    assert chaos_server.now == 720
    asked(chaos_server.url, request())
    page.until("document.querySelectorAll('#rows tr').length === 1")
    page.js("document.querySelector('#window').value = 'burst 1: outlasts eleven retries'")
    page.js("document.querySelector('#window').dispatchEvent(new Event('change'))")
    assert page.text("#go") == "Begin anew there"
    page.click("#go")
    page.until("document.querySelectorAll('#rows tr').length === 0")
    assert (chaos_server.now, chaos_server.journal) == (0, [])


@needs_chromium
@pytest.mark.chaos(STORM)
def test_heal_ends_what_hits_a_provider(page, chaos_server):
    assert asked(chaos_server.url).status == 529
    page.click("[aria-label='Heal anthropic']")
    page.until("document.querySelector('#open .well')")
    assert asked(chaos_server.url).status == 200


@needs_chromium
@pytest.mark.chaos(STORM)
def test_everything_can_be_done_from_the_keyboard(page, chaos_server):
    page.js("document.body.focus()")
    for _ in range(20):
        page.press("Tab")
        if page.js("document.activeElement.dataset.by") == "10s":
            break
    assert page.js("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.press("Enter", "\r")
    page.until("document.querySelector('#now').innerText.startsWith('05:03:10')")
    assert chaos_server.now == 10
    page.js("document.querySelector('#chart button').focus()")
    chaos_server.advance("1s")  # the chart is drawn anew, and the focus stays where it was
    page.until("document.querySelector('#now').innerText.startsWith('05:03:11')")
    focused = page.js("document.activeElement.innerText")
    assert focused == "burst 1: outlasts eleven retries"
    assert page.js(NAMED) == 0


@needs_chromium
@pytest.mark.chaos(STORM)
@pytest.mark.parametrize(("width", "dark"), [(1400, False), (1400, True), (420, False)])
def test_nothing_sticks_out_and_both_schemes_are_there(tabs, chaos_server, width, dark):
    for _ in range(30):
        asked(chaos_server.url, request(x_chaos_call="1"))
    opened = tabs.open(f"{chaos_server.url}/__chaos/", width=width, dark=dark)
    opened.until("document.querySelectorAll('#rows tr').length === 30")
    assert opened.js(LAID_OUT) == [0, []]
    light = opened.js("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert light is not dark


@needs_chromium
def test_every_run_can_be_looked_at(page, chaos_server):
    assert page.js("document.querySelector('#runs').hidden")
    asked(chaos_server.url, request(x_chaos_run="mine"))
    page.until("document.querySelector('#run').options.length === 2")
    page.js("document.querySelector('#run').value = 'mine'")
    page.js("document.querySelector('#run').dispatchEvent(new Event('change'))")
    page.until("document.querySelectorAll('#rows tr').length === 1")


@needs_chromium
def test_what_clients_send_is_text_and_never_markup(page, chaos_server):
    evil = ASKED | {"model": "<img src=x onerror=\"document.title='pwned'\">"}
    asked(chaos_server.url, request(body=evil))
    page.until("document.querySelector('#rows').innerText.includes('<img')")
    assert page.js("document.querySelectorAll('#rows img').length") == 0
    assert page.js("document.title") != "pwned"


@needs_chromium
def test_the_verdict_is_told_where_it_is_asked_for(page, chaos_server):
    page.click("#judge summary")
    page.until("document.querySelector('#verdict').innerText.length > 20")


@needs_chromium
def test_the_page_asks_for_the_admin_token_and_keeps_it_in_the_tab(tabs):
    with ServerThread(Settings([STORM], clock="manual", admin_token="hush")) as thread:
        address = f"{thread.hand().url}/__chaos/"
        opened = tabs.open(address)
        opened.until("!document.querySelector('#gate').hidden")
        assert opened.text("#title") == "An outage, live"
        assert STORM not in opened.js("document.documentElement.outerHTML")
        opened.js("document.querySelector('#token').value = 'wrong'")
        opened.click("#gate [type=submit]")
        opened.until("document.querySelector('#link').innerText === 'needs its token'")
        opened.js("document.querySelector('#token').value = 'hush'")
        opened.click("#gate [type=submit]")
        opened.until("document.querySelector('#name').innerText === 'anthropic-529-storm'")
        linked = tabs.open(f"{address}#token=hush")
        linked.until("document.querySelector('#name').innerText === 'anthropic-529-storm'")
        assert "hush" not in linked.js("location.href")
