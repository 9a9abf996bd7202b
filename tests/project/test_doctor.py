"""`chaos-llm doctor`: what it finds in an environment, what it says, and what it keeps back."""

from __future__ import annotations

import json
import os
import re
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest
from support.commands import run_command

from chaos_llm.project import diagnosis, libraries
from chaos_llm.virtual_time import interpreters

ROOT = Path(__file__).parents[2]
EXPECTED = ROOT / "tests" / "sdk_matrix" / "expected"
PYPROJECT = '[project]\nname = "shop"\n[tool.chaos_llm]\n'


@pytest.fixture(scope="module")
def said(tmp_path_factory):
    """What it prints in a folder with settings and a gateway."""
    folder = tmp_path_factory.mktemp("shop")
    text = f'{PYPROJECT}hosts = {{ "gateway.example.com" = "openai" }}\n'
    (folder / "pyproject.toml").write_text(text)
    result = run_command("doctor", "--json", cwd=folder)
    assert (result.returncode, result.stderr) == (0, "")
    return json.loads(result.stdout)


def test_it_names_the_versions_that_a_bug_report_needs(said):
    assert said["chaos_llm"] == version("chaos_llm")
    assert said["pytest"] == version("pytest")
    assert {"python", "implementation", "platform"} <= set(said)
    sdks = {each["name"]: each for each in said["sdks"]}
    assert sdks["anthropic"] == {
        "name": "anthropic",
        "version": version("anthropic"),
        "state": "tested",
        "note": "",
    }


def test_it_tries_a_request_by_each_client_that_is_installed(said):
    assert said["requests"]["httpx"] == "answered"
    assert said["requests"]["aiohttp"] == "answered"
    assert set(said["requests"].values()) == {"answered"}


def test_it_reads_the_settings(said):
    assert said["settings"]["file"] == "pyproject.toml"
    assert said["settings"]["keys"] == ["hosts"]
    assert said["settings"]["hosts"] == 1
    assert said["settings"]["profiles"] > 50


def test_a_setting_that_cannot_be_read_is_a_problem_and_ends_with_1(tmp_path):
    (tmp_path / "pyproject.toml").write_text(f'{PYPROJECT}profile = ["x"]\n')
    result = run_command("doctor", cwd=tmp_path)
    assert result.returncode == 1
    assert "problem: " in result.stdout
    assert "unknown key 'profile'" in " ".join(result.stdout.split())
    assert result.stdout.endswith("will not work here until the problems are solved.\n")


def test_no_secret_is_printed(tmp_path):
    secrets = {
        "OPENAI_API_KEY": "sk-live-4711-secret",
        "ANTHROPIC_AUTH_TOKEN": "token-4711-secret",
        "AWS_SECRET_ACCESS_KEY": "aws-4711-secret",
        "OPENAI_BASE_URL": "https://user:pass-4711-secret@gateway.example.com:8443/4711-secret?k=4711",
        "HTTPS_PROXY": "http://user:proxy-4711-secret@proxy.example.com:3128",
        "MY_DATABASE_URL": "postgres://user:4711-secret@db/shop",
    }
    for form in ("--json",), ():
        result = run_command("doctor", *form, cwd=tmp_path, env=os.environ | secrets)
        assert "4711" not in result.stdout + result.stderr
        assert "gateway.example.com:8443" in result.stdout
        assert "proxy.example.com:3128" in result.stdout
        assert "OPENAI_API_KEY" in result.stdout


@pytest.mark.parametrize("columns", [40, 80, 120])
def test_the_text_fits_the_terminal(tmp_path, columns):
    env = os.environ | {"COLUMNS": str(columns)}
    result = run_command("doctor", cwd=tmp_path, env=env)
    assert result.stdout.endswith("Outages work here.\n")
    narrow = [line for line in result.stdout.splitlines() if len(line) > max(columns, 40)]
    assert narrow == []


def test_a_major_version_that_no_lane_tests_is_a_warning(monkeypatch, tmp_path):
    monkeypatch.setattr(libraries, "version", lambda name: {"anthropic": "7.1.0"}[name])
    monkeypatch.setattr(libraries, "installed", lambda names: [
        (name, "7.1.0") for name in names if name == "anthropic"
    ])  # fmt: skip
    found = diagnosis.diagnose(tmp_path, {})
    assert "anthropic 7.1.0: tested with 0.x and 2.x" in found.warnings
    assert found.problems == []


@pytest.mark.parametrize("data", sorted(EXPECTED.glob("*.json")), ids=lambda path: path.stem)
def test_every_measured_generation_of_an_sdk_counts_as_tested(data):
    package, _, major = data.stem.rpartition("-")
    assert int(major) in libraries.TESTED[package]


def test_the_tested_versions_are_those_that_lanes_install():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    listed = "\n".join(
        each for extra in project["optional-dependencies"].values() for each in extra
    )
    lanes = listed + "\n" + (ROOT / "noxfile.py").read_text(encoding="utf-8")
    for name, majors in libraries.TESTED.items():
        found = set(re.findall(rf"(?<![\w-]){re.escape(name)}(?:\[[\w,]+\])?(?:>=|==)(\d+)", lanes))
        assert {int(each) for each in found} <= set(majors), name
        assert found or re.search(rf'"{name}["<]', lanes), name


def test_the_supported_versions_are_those_of_the_classifiers():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    named = re.findall(r"Python :: 3\.(\d+)", "\n".join(project["classifiers"]))
    assert ((3, int(named[0])), (3, int(named[-1]))) == interpreters.TESTED
