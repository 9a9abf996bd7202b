"""A diagnosis as text for a terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence

from chaos_llm.project.diagnosis import Diagnosis
from chaos_llm.project.libraries import Installed

_LABEL = 14  # columns


def text(found: Diagnosis, width: int) -> str:
    """Sections with a line each, problems and warnings last, where they are read first."""
    lines = [
        *textwrap.wrap(
            f"chaos_llm {found.chaos_llm}, Python {found.python} ({found.implementation}), "
            f"pytest {found.pytest}, {found.platform}",
            width,
        ),
        *_row("settings", _settings(found.settings), width),
        *_row("SDKs", _by_state(found.sdks), width),
        *_row("HTTP clients", _by_state(found.clients), width),
        *_row("requests", _by_result(found.requests), width),
        *_row("other mocks", _by_state(found.mocks), width),
        *_row("other clocks", _by_state(found.clocks), width),
        *_row("native", _by_state(found.real_time), width),
        *_row("pytest plugins", _by_state(found.plugins), width),
        *_row("variables", ", ".join(f"{k}={v}" for k, v in found.variables.items()), width),
        "",
        *_list("problem", found.problems, width),
        *_list("warning", found.warnings, width),
        _end(found),
    ]
    return "\n".join(lines) + "\n"


def _row(label: str, value: str, width: int) -> Iterator[str]:
    yield from _filled(f"{label:<{_LABEL}}  ", value or "none", width)


def _list(label: str, texts: Sequence[str], width: int) -> Iterator[str]:
    for each in texts:
        yield from _filled(f"{label}: ", each, width)


def _filled(head: str, value: str, width: int) -> list[str]:
    return textwrap.wrap(
        value,
        max(width, len(head) + 20),
        initial_indent=head,
        subsequent_indent=" " * min(len(head), _LABEL + 2),
        break_long_words=False,
        break_on_hyphens=False,
    )


def _settings(settings: Mapping[str, object]) -> str:
    keys = settings["keys"]
    assert isinstance(keys, list)
    file = settings["file"] or "no pyproject.toml"
    table = f"[tool.chaos_llm] {', '.join(keys)}" if keys else "no [tool.chaos_llm]"
    return f"{file}: {table}; {settings['profiles']} profiles"


def _by_state(listed: Sequence[Installed]) -> str:
    states = dict.fromkeys(each.state for each in listed)
    return "; ".join(
        f"{state}: " + ", ".join(f"{e.name} {e.version}" for e in listed if e.state == state)
        for state in states
    )


def _by_result(results: Mapping[str, str]) -> str:
    return "; ".join(f"{name}: {result}" for name, result in results.items()) or "not tried"


def _end(found: Diagnosis) -> str:
    if found.problems:
        return "An outage will not work here until the problems are solved."
    return "Outages work here." if found.requests else "No HTTP client is installed."
