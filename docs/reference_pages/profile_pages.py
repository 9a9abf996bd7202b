"""A page for each profile: its drawing, what a client sees first, its posts and its sources."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape
from typing import TYPE_CHECKING, Any

from chaos_llm import profiles
from chaos_llm.profiles.model import Profile
from chaos_llm.reports.profiles.catalogue_text import render_profile

if TYPE_CHECKING:
    from sphinx.application import Sphinx

_WIDTH = 96  # columns of the drawing
_ADDRESS = re.compile(r"https?://[^\s)\]]+")


def pages(_app: Sphinx) -> Iterator[tuple[str, dict[str, Any], str]]:
    """What Sphinx is to write beside the pages of the source tree."""
    for name in profiles.names():
        context = {"title": name, "body": body(profiles.load(name)), "display_toc": False}
        yield f"reference/profiles/{name}", context, "page.html"


def body(profile: Profile) -> str:
    """What `chaos-llm show` prints, with links to the sources."""
    title, _, text = render_profile(profile, width=_WIDTH).partition("\n")
    shown = _ADDRESS.sub(lambda found: f'<a href="{found[0]}">{found[0]}</a>', escape(text))
    back = '<p><a href="../catalogue.html">All profiles</a></p>'
    return f'<h1>{escape(title)}</h1>\n<pre class="profile">{shown}</pre>\n{back}\n'
