"""The built wheel is complete: these tests inspect the wheel, not the source tree."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from importlib.metadata import Distribution
from pathlib import Path

import pytest
from support.once import made_once
from support.wheels import unpack_wheel

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

ASK = """
import json, chaos_llm, chaos_llm.profiles
print(json.dumps({
    "file": chaos_llm.__file__,
    "version": chaos_llm.__version__,
    "folders": list(map(str, chaos_llm.profiles.folders())),
    "profiles": [chaos_llm.load(name).name for name in chaos_llm.profiles.names()],
}))
"""


@pytest.fixture(scope="session")
def wheel(tmp_path_factory):
    """The wheel's contents, unpacked as an installer would."""
    return made_once(tmp_path_factory, "wheel", lambda folder: unpack_wheel(ROOT, folder))


@pytest.fixture(scope="module")
def asked(wheel, tmp_path_factory):
    """What the package says of itself where it was unpacked, asked from an empty folder."""
    answer = subprocess.run(
        [sys.executable, "-c", ASK],
        cwd=tmp_path_factory.mktemp("empty"),
        env={**os.environ, "PYTHONPATH": str(wheel)},
        check=True,
        capture_output=True,
        text=True,
    )
    return json.loads(answer.stdout)


def test_the_wheel_holds_every_file_of_the_package(wheel):
    package = ROOT / "chaos_llm"
    expected = {path.relative_to(ROOT) for path in package.rglob("*.py")}
    assert expected <= {path.relative_to(wheel) for path in wheel.rglob("*.py")}
    assert (wheel / "chaos_llm" / "py.typed").is_file()
    assert (wheel / "chaos_llm" / "reports" / "html" / "style.css").is_file()


def test_the_wheel_holds_nothing_beside_the_package(wheel):
    assert {path.name.partition("-")[0] for path in wheel.iterdir()} == {"chaos_llm"}


def test_the_profiles_travel_in_the_wheel_and_are_found_there(wheel, asked):
    assert Path(asked["file"]) == wheel / "chaos_llm" / "__init__.py"
    assert asked["folders"] == [str(wheel / "chaos_llm" / "fault_profiles")]
    assert asked["profiles"] == sorted(path.stem for path in ROOT.glob("fault_profiles/*.toml"))


def test_entry_points_are_installed_for_pytest_and_the_shell(wheel):
    (information,) = wheel.glob("*.dist-info")
    doors = Distribution.at(information).entry_points
    assert {(door.group, door.name, door.value) for door in doors} == {
        ("console_scripts", "chaos-llm", "chaos_llm.cli:main"),
        ("pytest11", "chaos_llm", "chaos_llm.pytest_plugin.plugin"),
    }


def test_the_version_is_written_in_one_place(asked):
    assert asked["version"] == PROJECT["version"]
    for path in (ROOT / "chaos_llm").rglob("*.py"):
        assert PROJECT["version"] not in path.read_text(encoding="utf-8"), path
