"""HypoFuzz fuzzes a test with an outage in it, and pytest replays what it found."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from support.libraries import library

APP = """
import anthropic

CLIENT = anthropic.Anthropic(api_key="sk-test", max_retries=0)


def ask(question):
    said = [{"role": "user", "content": question}]
    message = CLIENT.messages.create(model="claude-sonnet-5-5", max_tokens=300, messages=said)
    return message.content[0].text
"""
# Fuzzing takes the settings of the test, replaying those of the profile.
CONFTEST = """
from hypothesis import Phase, settings

settings.register_profile("only-what-was-found", phases=[Phase.reuse])
"""
TEST = """
import pytest
from hypothesis import given, settings
from app import ask
from chaos_llm import outage
from chaos_llm.property_testing.strategies import outages


@pytest.mark.parametrize("app", [ask])
@settings(deadline=None)
@given(profile=outages(providers=["anthropic"], faults=["server_error", "overloaded"]))
def test_it(app, profile):
    with outage(profile) as chaos:
        assert chaos.replay(app, calls=4).failed == 0
"""


@pytest.fixture
def project(tmp_path):
    """A small app with a test of outages."""
    for name, text in (("app", APP), ("conftest", CONFTEST), ("test_it", TEST)):
        (tmp_path / f"{name}.py").write_text(text)
    return tmp_path


def run(folder: Path, command: str, *args: str) -> str:
    message = subprocess.run(
        [str(Path(sys.executable).with_name(command)), *args],
        cwd=folder,
        env={name: value for name, value in os.environ.items() if name != "CI"},  # it keeps nothing
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    return message.stdout + message.stderr


@pytest.mark.timeout(600)
def test_a_failure_found_by_hypofuzz_is_replayed_by_pytest(project):
    library("hypofuzz")
    replay = ("pytest", "test_it.py", "--hypothesis-profile=only-what-was-found")
    assert "1 skipped" in run(project, *replay)  # nothing was found yet

    fuzzed = run(project, "hypothesis", "fuzz", "--no-dashboard", "-n", "1", "--", "test_it.py")

    assert "Found a failing input for every test!" in fuzzed
    replayed = run(project, *replay)
    assert "1 failed" in replayed
    assert 'title = "anthropic: ' in replayed  # how far it was shrunk is HypoFuzz's affair
