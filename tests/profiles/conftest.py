"""A small valid profile, of which a test changes what it is about."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from chaos_llm import profiles
from chaos_llm.profiles.model import Profile

HEAD = {"title": '"t"', "starts": "2026-03-02T11:00:00Z", "ends": '"+2h"'}
SOURCES = '[sources.page]\nkind = "provider"\n[sources.blog]\nkind = "press"\n'
WINDOW = {
    "name": '"w"',
    "from": '"+0m"',
    "until": '"+1h"',
    "on": '[{ provider = "anthropic" }]',
    "share": "0.5",
    "faults": '[{ fault = "overloaded" }]',
    "evidence": '"assumed"',
}


def _lines(table: dict[str, str], changes: dict[str, str | None]) -> str:
    merged = table | changes
    return "".join(f"{key} = {value}\n" for key, value in merged.items() if value is not None)


def text(head: dict[str, str | None] | None = None, rest: str = "", **window: str | None) -> str:
    """A file: `head` and the window's keys replace TOML values (None drops them)."""
    changes = {key.rstrip("_"): value for key, value in window.items()}
    window_table = "[[window]]\n" + _lines(WINDOW, changes)
    return _lines(HEAD, head or {}) + SOURCES + window_table + rest


@pytest.fixture
def toml() -> Callable[..., str]:
    return text


@pytest.fixture
def read() -> Callable[..., Profile]:
    def read(*args: object, **window: str | None) -> Profile:
        return profiles.loads(text(*args, **window), name="x")

    return read


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project of a team: its pyproject.toml names a folder of profiles, where tests run."""
    (tmp_path / "pyproject.toml").write_text('[tool.chaos_llm]\nprofiles = ["outages"]\n')
    (tmp_path / "outages").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path / "outages"
