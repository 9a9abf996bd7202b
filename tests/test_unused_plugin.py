"""The installed plugin costs a suite nothing that does not use it."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

CONFTEST = """
import json, pathlib, sys

def pytest_sessionfinish():
    pathlib.Path("modules.json").write_text(json.dumps(sorted(sys.modules)))
"""


@pytest.fixture
def modules_after(tmp_path):
    """Run pytest on a trivial test with these arguments: every module that is imported then."""
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "conftest.py").write_text(CONFTEST)
    (tmp_path / "test_trivial.py").write_text("def test_trivial():\n    assert True\n")

    def run(*arguments: str) -> set[str]:
        subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments],
            cwd=tmp_path,
            env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_ADDOPTS": ""},
            check=True,
            capture_output=True,
        )
        return set(json.loads((tmp_path / "modules.json").read_text()))

    return run


def test_the_unused_plugin_imports_itself_and_the_standard_library(modules_after):
    added = modules_after("-p", "chaos_llm.pytest_plugin.plugin") - modules_after()
    assert {name for name in added if name.partition(".")[0] not in sys.stdlib_module_names} == {
        "chaos_llm",
        "chaos_llm.pytest_plugin.campaign_marker",
        "chaos_llm.pytest_plugin.campaign_summary",
        "chaos_llm.pytest_plugin.gates",
        "chaos_llm.pytest_plugin.profile_selection",
        "chaos_llm.pytest_plugin.summary",
        "chaos_llm.pytest_plugin.test_item",
        "chaos_llm.pytest_plugin.unittest_cases",
        "chaos_llm.pytest_plugin",
        "chaos_llm.pytest_plugin.plugin",
    }


def test_nor_where_results_are_written_for_other_tools(modules_after):
    used = modules_after("-p", "chaos_llm.pytest_plugin.plugin", "--junitxml=junit.xml")
    added = used - modules_after("--junitxml=junit.xml")
    assert {name for name in added if name.partition(".")[0] not in sys.stdlib_module_names} == {
        "chaos_llm",
        "chaos_llm.pytest_plugin.campaign_marker",
        "chaos_llm.pytest_plugin.campaign_summary",
        "chaos_llm.pytest_plugin.gates",
        "chaos_llm.pytest_plugin.profile_selection",
        "chaos_llm.pytest_plugin.summary",
        "chaos_llm.pytest_plugin.test_item",
        "chaos_llm.pytest_plugin.unittest_cases",
        "chaos_llm.pytest_plugin",
        "chaos_llm.pytest_plugin.plugin",
        "chaos_llm.pytest_plugin.report_option",
    }
