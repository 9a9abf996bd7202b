"""The frame of every page: the head with its style, and the footer."""

from __future__ import annotations

from functools import cache
from importlib.metadata import version
from importlib.resources import files

from chaos_llm.reports.html.element import Child, Html, el


def page(title: str, *body: Child, head: Child = None) -> str:
    """A whole document; `head` is added to the head of the document."""
    whole_head = el(
        "head",
        el("meta", charset="utf-8"),
        el("meta", name="viewport", content="width=device-width, initial-scale=1"),
        el("meta", name="color-scheme", content="light dark"),
        el("title", title),
        el("link", rel="icon", href="data:,"),
        el("style", Html(_style())),
        head,
    )
    foot = el("footer", f"Made by chaos_llm {version('chaos_llm')}. Times are UTC.")
    document = el("html", whole_head, el("body", el("main", *body), foot), lang="en")
    return f"<!doctype html>\n{document}\n"


@cache
def _style() -> str:
    return files("chaos_llm.reports.html").joinpath("style.css").read_text(encoding="utf-8")
