"""The pages of the reference that are generated while Sphinx builds the site.

A page holds a line `<!-- generated: NAME -->`; the line is replaced by the Markdown that the
generator of that name returns. Nothing generated is written to the source tree.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

_PLACEHOLDER = re.compile(r"^<!-- generated: (?P<name>[\w-]+) -->$", re.MULTILINE)


def _lazily(module: str) -> Callable[[], str]:
    """A generator whose module is imported when its page is read."""

    def generate() -> str:
        text = import_module(f"reference_pages.{module}").render()
        assert isinstance(text, str)
        return text

    return generate


GENERATORS: Mapping[str, Callable[[], str]] = {
    name: _lazily(name.replace("-", "_"))
    for name in (
        "catalogue",
        "checks",
        "cli",
        "coding-agents",
        "faults",
        "gallery",
        "profile-format",
        "pytest-plugin",
        "refusals",
        "sdk-matrix",
        "systems",
        "timeline",
        "what-stays-real",
        "wire-formats",
    )
}


def filled_in(text: str) -> str:
    """A page with its placeholders replaced; raises KeyError for a name without a generator."""
    return _PLACEHOLDER.sub(lambda found: GENERATORS[found["name"]](), text)


def setup(app: Sphinx) -> Mapping[str, bool]:
    """Register the extension with Sphinx."""
    app.connect("source-read", _fill_in)
    app.connect("env-get-outdated", _generated_pages)
    app.connect("html-collect-pages", _profile_pages)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _fill_in(_app: Sphinx, _page: str, source: list[str]) -> None:
    source[0] = filled_in(source[0])


def _profile_pages(app: Sphinx) -> Iterable[tuple[str, dict[str, Any], str]]:
    from reference_pages import profile_pages  # noqa: PLC0415 - the profiles, only in a build

    return profile_pages.pages(app)


def _generated_pages(
    _app: Sphinx, env: BuildEnvironment, _added: set[str], _changed: set[str], _removed: set[str]
) -> list[str]:
    """The pages to read again in every build, because the code may have changed."""
    return [
        name
        for name in env.found_docs
        if _PLACEHOLDER.search(Path(env.doc2path(name)).read_text(encoding="utf-8"))
    ]
