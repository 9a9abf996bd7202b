"""`chaos-llm import` as users run it."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest

from chaos_llm.cli import main
from chaos_llm.profiles import load
from chaos_llm.profiles.model import Profile


class Imported(NamedTuple):
    profile: Profile
    said: str
    path: Path


@pytest.fixture
def imported(tmp_path, capsys):
    """Import files, which must succeed, and load the profile that was written."""

    def run(*arguments: object, into: str = "ours-2026-05-04.toml") -> Imported:
        path = tmp_path / "outages" / into
        path.parent.mkdir(exist_ok=True)
        status = main(["import", *map(str, arguments), "-o", str(path), "--force"])
        said = capsys.readouterr()
        assert status == 0, said.err
        return Imported(load(path), said.out, path)

    return run


@pytest.fixture
def refused(tmp_path, capsys):
    """Import files, which must fail; gives what was said."""

    def run(*arguments: object) -> str:
        path = tmp_path / "never.toml"
        assert main(["import", *map(str, arguments), "-o", str(path)]) == 2
        assert not path.exists()
        return capsys.readouterr().err

    return run
