"""What the pytest plugin adds: its options, its markers and its fixtures."""

from __future__ import annotations

import inspect
from typing import Any

from chaos_llm.pytest_plugin import campaign_marker, plugin, profile_selection
from reference_pages import markdown

FIXTURES = ("chaos", "chaos_server")


class _Recorder:
    """Takes options as `pytest.Parser` does, and keeps them."""

    def __init__(self) -> None:
        self.options: list[tuple[str, dict[str, Any]]] = []

    def getgroup(self, *_names: str) -> _Recorder:
        return self

    def addoption(self, name: str, **settings: Any) -> None:
        self.options.append((name, settings))


def render() -> str:
    """Options as a table, the markers' signatures, and the fixtures' docstrings."""
    texts = (profile_selection.MARKER, campaign_marker.MARKER)
    markers = "\n".join(map(_marker, texts))
    return f"## Options\n\n{_options()}\n## Markers\n\n{markers}\n{_fixtures()}"


def _options() -> str:
    recorder = _Recorder()
    plugin.pytest_addoption(recorder)  # type: ignore[arg-type] # it is used as a Parser is
    rows = [
        (f"`{name} {settings.get('metavar', '')}`".replace(" `", "`"), settings["help"])
        for name, settings in recorder.options
    ]
    return markdown.table(("option", "meaning"), rows)


def _marker(text: str) -> str:
    signature, _, meaning = text.partition(": ")
    return f"```text\n@pytest.mark.{signature}\n```\n\n{meaning[:1].upper()}{meaning[1:]}.\n"


def _fixtures() -> str:
    functions = {name: inspect.unwrap(_function(name)) for name in FIXTURES}
    rows = [(f"`{name}`", markdown.docstring(function)) for name, function in functions.items()]
    return "## Fixtures\n\n" + markdown.table(("fixture", "what it is"), rows)


def _function(name: str) -> Any:
    fixture = getattr(plugin, name)
    return getattr(fixture, "__wrapped__", fixture)
