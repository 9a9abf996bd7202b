"""The document: what the reports' pages look like, with the controls of a running day."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from chaos_llm.reports.html.element import Child, Html, el
from chaos_llm.reports.html.shell import page

_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
    "connect-src 'self'; img-src data:; form-action 'none'; base-uri 'none'"
)
_SCRIPTS = ("words.js", "api.js", "timeline.js", "requests.js", "live.js")
_STEPS = (("1s", "+1 s"), ("10s", "+10 s"), ("1m", "+1 min"), ("10m", "+10 min"), ("1h", "+1 h"))
_VIEWS = (("0", "whole day"), ("14400", "4 h"), ("3600", "1 h"), ("600", "10 min"), ("60", "1 min"))


@cache
def document() -> bytes:
    """The whole page; it names no profile, so it may be shown before the token is entered."""
    return page(
        "chaos_llm: an outage, live",
        _top(),
        _ask_for_token(),
        el("div", _controls(), _numbers(), _day(), _requests(), _verdict(), id="live", hidden=""),
        el("noscript", el("p", "This page needs JavaScript; the API under /__chaos/ does not.")),
        el("script", Html("(() => {\n" + "".join(map(_text, _SCRIPTS)) + "})();\n")),
        head=(
            el("meta", http_equiv="Content-Security-Policy", content=_POLICY),
            el("style", Html(_text("live.css"))),
        ),
    ).encode()


def _top() -> Html:
    return el(
        "header",
        el(
            "p",
            el("span", "connecting", id="link", class_="badge", role="status"),
            " ",
            el("span", id="name"),
            class_="name",
        ),
        el("h1", "An outage, live", id="title"),
        el("p", id="about", class_="muted"),
        el("label", "Run ", el("select", id="run"), id="runs", class_="runs", hidden=""),
    )


def _ask_for_token() -> Html:
    return el(
        "form",
        el("label", "This server was started with an admin token", for_="token"),
        el(
            "p",
            el("input", id="token", type="password", autocomplete="off", required=""),
            " ",
            el("button", "Show the day", type="submit"),
            class_="together",
        ),
        el("p", "It stays in this tab.", class_="muted"),
        id="gate",
        hidden="",
    )


def _controls() -> Html:
    steps: list[Child] = [el("button", label, type="button", data_by=by) for by, label in _STEPS]
    return el(
        "section",
        el(
            "div",
            el("p", el("time", "…", id="now"), class_="clock"),
            el("p", id="clock", class_="muted"),
            class_="when",
        ),
        el(
            "div",
            el("div", *steps, class_="together", role="group", aria_label="Let time pass"),
            el(
                "form",
                el("label", "Advance by ", el("input", id="by", size="6", placeholder="5m")),
                el("button", "Advance", type="submit"),
                el("button", "To the next pause", type="button", id="next", disabled=""),
                id="advance",
                class_="together",
            ),
            el(
                "form",
                el("label", "Go to ", el("select", id="window")),
                el("button", "Go", type="submit", id="go"),
                id="travel",
                class_="together",
            ),
            class_="steps",
        ),
        el("div", id="open", aria_label="What is wrong now", role="region"),
        el("p", id="told", role="alert"),
        class_="controls",
        aria_label="Time and healing",
    )


def _numbers() -> Html:
    named = (("requests", "requests"), ("applied", "applied"), ("failed", "failed, of those shown"))
    boxes = [el("div", el("dt", label), el("dd", "0", id=f"n-{name}")) for name, label in named]
    waiting = el("div", el("dt", "replies under way"), el("dd", "0", id="n-waiting"))
    return el("dl", *boxes, waiting, class_="numbers")


def _day() -> Html:
    views = [
        el("button", label, type="button", data_span=span, aria_pressed="false")
        for span, label in _VIEWS
    ]
    return el(
        "section",
        el(
            "div",
            el("h2", "The day", id="h-day"),
            el("div", *views, class_="views together", role="group", aria_label="How much of it"),
            class_="heading",
        ),
        el("div", id="chart", class_="chart live"),
        el(
            "ul",
            el("li", el("span", class_="swatch hit"), "window, as strong as its share"),
            el("li", el("span", class_="swatch ok"), "answered"),
            el("li", el("span", class_="swatch failed"), "failed"),
            el("li", el("span", class_="swatch bent"), "answered, with a fault applied"),
            el("li", el("span", class_="swatch now"), "now"),
            class_="legend",
        ),
        aria_labelledby="h-day",
    )


def _requests() -> Html:
    heads = ("#", "time", "provider", "reply", "took", "faults and why")
    return el(
        "section",
        el(
            "div",
            el("h2", "Requests", id="h-requests"),
            el(
                "label",
                el("input", type="checkbox", id="only"),
                " only those with a fault applied",
                class_="only",
            ),
            class_="heading",
        ),
        el(
            "div",
            el(
                "table",
                el("caption", "The latest requests, newest first"),
                el("thead", el("tr", *(el("th", head, scope="col") for head in heads))),
                el("tbody", id="rows"),
            ),
            class_="scroll",
            tabindex="0",
            role="region",
            aria_labelledby="h-requests",
        ),
        el("p", "None yet: point a client at this server.", id="none", class_="muted"),
        aria_labelledby="h-requests",
    )


def _verdict() -> Html:
    return el(
        "details",
        el("summary", "What the checks say"),
        el("pre", id="verdict"),
        id="judge",
    )


def _text(name: str) -> str:
    return files("chaos_llm.server.live_page").joinpath(name).read_text(encoding="utf-8")
