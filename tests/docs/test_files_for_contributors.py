"""The commands for contributors and CI exist, and are the same in all files."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
TEXTS = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
CI = (ROOT / ".ci" / "run").read_text(encoding="utf-8")


def parsed(*parts):
    return yaml.safe_load(ROOT.joinpath(*parts).read_text(encoding="utf-8"))


def test_the_hooks_run_the_linters_that_ci_runs():
    hooks = [h["entry"] for r in parsed(".pre-commit-config.yaml")["repos"] for h in r["hooks"]]
    linters = re.findall(r"^inside tools (ruff .*|mypy)$", CI, re.MULTILINE)
    assert linters == hooks


def test_the_workflow_runs_everything_and_every_version_on_every_system():
    jobs = parsed(".github", "workflows", "ci.yml")["jobs"]
    matrix = jobs["tests"]["strategy"]["matrix"]
    assert {"run": "bash .ci/run"} in jobs["everything"]["steps"]
    supported = re.findall(r"Python :: (3\.\d+)", "\n".join(PROJECT["classifiers"]))
    assert matrix["python"] == supported
    assert {system.partition("-")[0] for system in matrix["system"]} >= {"ubuntu", "macos"}


@pytest.mark.parametrize("path", sorted((ROOT / ".github").rglob("*.yml")), ids=lambda p: p.stem)
def test_a_file_for_github_is_yaml(path):
    assert isinstance(yaml.safe_load(path.read_text(encoding="utf-8")), dict)


def test_the_bug_report_asks_for_the_doctor():
    fields = parsed(".github", "ISSUE_TEMPLATE", "bug.yml")["body"]
    asked = {field["id"]: field["attributes"] for field in fields}
    assert "`chaos-llm doctor --json`" in asked["versions"]["description"]


def test_a_lane_that_a_text_names_is_a_session():
    sessions = re.findall(r"^def (\w+)\(session", (ROOT / "noxfile.py").read_text(), re.MULTILINE)
    for text in TEXTS:
        for name in re.findall(r"`nox -s (\w+)", text.read_text(encoding="utf-8")):
            assert name in sessions, text


def test_the_readme_is_short_and_has_both_commands():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert len(readme.splitlines()) <= 180
    assert 'python -m pip install ".[demo]" && chaos-llm demo\n' in readme
    assert 'python -m pip install -e ".[test]" && python -m pytest -n auto\n' in readme


def test_a_path_in_the_contributing_guide_exists():
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    paths = re.findall(r"`((?:chaos_llm|tests|docs|fault_profiles)/[\w./-]*)`", text)
    assert len(paths) > 10
    for path in paths:
        if "NAME" not in path and "_build" not in path:
            assert (ROOT / path).exists(), path
