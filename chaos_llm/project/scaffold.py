"""The files that `chaos-llm init` adds to a project. It never changes what a file has."""

from __future__ import annotations

import importlib.util
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from chaos_llm.errors import UsageError
from chaos_llm.project.entry_points import Entry
from chaos_llm.project.first_test import first_test
from chaos_llm.project.inspection import Project, inspect

PROFILES = "outages"
_EXAMPLE = """# An outage of your own: one failure mode on a timeline. The file's name is its name:
#
#     @pytest.mark.chaos("our-example")
#     chaos-llm show our-example
#     chaos-llm lint outages
#
# Every number names its source, or is "assumed". `chaos-llm schema profile` is the whole format.
title  = "An example: half of the requests fail for ten minutes"
starts = 2026-01-05T09:00:00Z
ends   = "+30m"
tags   = ["5xx", "example"]
confidence = "nothing here happened"

[[window]]
name  = "half of the requests get a 503"
from  = "+5m"
until = "+15m"
on    = [{{ provider = "{provider}" }}]   # model =, path =, region = narrow it
share = 0.5
sticky_by = "request"                    # client: a client that is hit stays hit
# or overloaded, rate_limited, hang, cut_stream and others:
faults = [{{ fault = "server_error", status = 503 }}]
evidence = "assumed"
"""
_WORKFLOW = """name: outages

on:
  push:
    branches: [main]
  pull_request:

permissions:
  contents: read

jobs:
  outages:
    runs-on: ubuntu-latest
    timeout-minutes: 15
    steps:
      - uses: actions/checkout@v5
      - uses: actions/setup-python@v6
        with:
          python-version: "3.13"
      - run: python -m pip install {install}
      - run: python -m pytest --chaos-report outage-report {tests}
      - if: always()
        run: |
          python -m chaos_llm summary outage-report >>"$GITHUB_STEP_SUMMARY"
          python -m chaos_llm summary outage-report --format github
      - if: always()
        uses: actions/upload-artifact@v4
        with:
          name: outage-report
          path: outage-report
"""
_GITLAB = """# Add to .gitlab-ci.yml:  include: {{ local: .gitlab/outages.yml }}
outages:
  image: python:3.13-slim
  script:
    - python -m pip install {install}
    - python -m pytest --chaos-report outage-report --junitxml outage-report/junit.xml {tests}
  after_script:
    - python -m chaos_llm summary outage-report --format gitlab >outage-report/codequality.json
  artifacts:
    when: always
    paths: [outage-report]
    reports:
      junit: outage-report/junit.xml
      codequality: outage-report/codequality.json
"""


@dataclass(frozen=True)
class NewFile:
    """A file to write; `is_added` text goes behind what the file has."""

    path: Path
    text: str
    is_added: bool = False


@dataclass(frozen=True)
class Plan:
    """The files to write, those that are there already, and what the first test calls."""

    files: tuple[NewFile, ...]
    kept: tuple[Path, ...]
    entry: Entry | None
    provider: str
    hints: tuple[str, ...] = ()


def plan(root: Path) -> Plan:
    """What to add to the project in a folder; raises UsageError where it cannot be read."""
    try:
        project = inspect(root)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{root / 'pyproject.toml'}: {error}") from None
    entry = next((each for each in project.entries if each.score > 0), None)
    planned = [*_files(project, entry)]
    files = [each for each in planned if each.is_added or not (root / each.path).exists()]
    kept = [each.path for each in planned if each not in files]
    return Plan(tuple(files), tuple(kept), entry, project.provider, tuple(_hints(project, entry)))


def write(root: Path, files: tuple[NewFile, ...]) -> None:
    """Write the files; raises UsageError where one has come to be there meanwhile."""
    for each in files:
        path = root / each.path
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with path.open("a" if each.is_added else "x", encoding="utf-8") as file:
                file.write(each.text)
        except OSError as error:
            raise UsageError(f"{path}: {error.strerror}") from None


def _files(project: Project, entry: Entry | None) -> Iterator[NewFile]:
    test = Path("tests/test_outages.py")
    yield NewFile(test, first_test(entry, project.provider))
    yield NewFile(Path(PROFILES) / "our-example.toml", _EXAMPLE.format(provider=project.provider))
    yield from _settings(project, entry)
    install = _install(project)
    if (project.root / ".gitlab-ci.yml").exists():
        made = _GITLAB.format(install=install, tests=test)
        yield NewFile(Path(".gitlab/outages.yml"), made)
    else:
        made = _WORKFLOW.format(install=install, tests=test)
        yield NewFile(Path(".github/workflows/outages.yml"), made)


def _settings(project: Project, entry: Entry | None) -> Iterator[NewFile]:
    """What is missing in pyproject.toml, behind what it has; else a conftest.py."""
    tables = []
    if "chaos_llm" not in project.tables.get("tool", {}):
        tables.append(f'[tool.chaos_llm]\nprofiles = ["{PROFILES}"]\n')
    folder = "." if project.source == project.root else project.source.name
    if not _is_installed(entry) and folder not in project.python_path:
        if not project.has_pytest_settings:
            tables.append(f'[tool.pytest.ini_options]\npythonpath = ["{folder}"]\n')
        elif folder == ".":  # pytest puts the folder of a conftest.py on the path of imports
            text = '"""It is here so that tests can import the modules beside it."""\n'
            yield NewFile(Path("conftest.py"), text)
    path = project.root / "pyproject.toml"
    if tables:
        is_added = path.exists()
        text = ("\n" if is_added else "") + "\n".join(tables)
        yield NewFile(Path("pyproject.toml"), _checked(path, text), is_added=is_added)


def _checked(path: Path, added: str) -> str:
    """The text to add, on a line of its own, if the file can be read with it."""
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    added = added if before.endswith("\n") or not before else f"\n{added}"
    try:
        tomllib.loads(before + added)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{path}: {added.strip()!r} cannot be added: {error}") from None
    return added


def _is_installed(entry: Entry | None) -> bool:
    """Whether the app's module can be imported from anywhere, as an installed project's can."""
    if entry is None or entry.kind == "script":
        return True
    package = entry.module.partition(".")[0]
    try:
        found = importlib.util.find_spec(package)
    except (ImportError, ValueError):
        return False
    origin = Path(found.origin) if found is not None and found.origin else None
    # `python -m` and an interactive interpreter find what is in the current folder.
    return origin is not None and Path.cwd() not in origin.parents


def _install(project: Project) -> str:
    """The arguments of pip in CI."""
    parts = []
    if "project" in project.tables:
        extras = project.tables["project"].get("optional-dependencies", {})
        named = next((each for each in ("test", "tests", "dev") if each in extras), "")
        parts.append(f'-e ".[{named}]"' if named else "-e .")
    parts += [f"-r {path.name}" for path in sorted(project.root.glob("requirements*.txt"))]
    return " ".join([*parts, "chaos_llm"])


def _hints(project: Project, entry: Entry | None) -> Iterator[str]:
    if entry is None:
        yield "no function of the app was found: put a call of it into tests/test_outages.py"
    is_in_src = project.source != project.root and not _is_installed(entry)
    is_found = project.source.name in project.python_path
    if is_in_src and not is_found and project.has_pytest_settings:
        yield f'add pythonpath = ["{project.source.name}"] to your pytest settings'
    if (project.root / ".gitlab-ci.yml").exists():
        yield "add to .gitlab-ci.yml: include: { local: .gitlab/outages.yml }"
