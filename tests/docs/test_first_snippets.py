"""The README's first snippets run on what it says to install, and on nothing else."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from functools import cache
from importlib.metadata import distribution, packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
SNIPPETS = re.findall(
    r"^With `pip install (?P<what>[^`]+)`.*?^```python\n(?P<text>.*?)^```$",
    README,
    re.MULTILINE | re.DOTALL,
)
TOOLS = {"setuptools", "pip"}  # any environment may have them

WITHOUT_OTHERS = """
import sys

ABSENT = frozenset({absent!r})


class Without:
    def __init__(self, finder):
        self.finder = finder

    def find_spec(self, name, *more):
        absent = name.partition(".")[0] in ABSENT
        return None if absent else self.finder.find_spec(name, *more)

    def __getattr__(self, name):
        return getattr(self.finder, name)


sys.meta_path[:] = [Without(finder) for finder in sys.meta_path]
"""


def installed_with(requirement):
    """The distributions that pip installs for a requirement, its dependencies included."""
    names, left = set(), [Requirement(requirement)]
    while left:
        wanted = left.pop()
        name = wanted.name.lower().replace("_", "-")
        extras = wanted.extras or {""}
        if (name, *sorted(extras)) in names:
            continue
        names.add((name, *sorted(extras)))
        for text in distribution(name).requires or ():
            needed = Requirement(text)
            if not needed.marker or any(needed.marker.evaluate({"extra": e}) for e in extras):
                left.append(needed)
    return {name for name, *_ in names}


@cache
def homes_of_modules():
    return packages_distributions()


def absent_with(requirement):
    """The modules here that an environment with that requirement alone would not have."""
    there = installed_with(requirement) | TOOLS
    return sorted(
        module
        for module, homes in homes_of_modules().items()
        if not there & {home.lower().replace("_", "-") for home in homes}
    )


def test_the_readme_has_a_snippet_for_the_demo_and_one_for_a_plain_install():
    wanted = [what.strip('"').partition("`")[0] for what, _ in SNIPPETS]
    assert wanted == ["chaos_llm[demo]", "chaos_llm"]


@pytest.mark.parametrize(("what", "text"), SNIPPETS, ids=[what for what, _ in SNIPPETS])
def test_a_first_snippet_needs_nothing_else(what, text, tmp_path):
    absent = absent_with(what.strip('"'))
    assert "aiohttp" in absent  # a package of the tests' own
    without = WITHOUT_OTHERS.format(absent=absent)
    (tmp_path / "sitecustomize.py").write_text(without, encoding="utf-8")
    (tmp_path / "test_first.py").write_text(text, encoding="utf-8")
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-p",
            "chaos_llm.pytest_plugin.plugin",
            "-q",
            "test_first.py",
        ],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(tmp_path), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert "1 passed" in done.stdout, done.stdout + done.stderr
