"""Real coding agents do in each outage what docs/reference/coding-agents.md says that they do.

`nox -s coding_agents` installs them from npm and sets CODING_AGENTS to their folder. Each run is in
a network namespace that has nothing but a loopback interface.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from support.agent_logins import claude_login
from support.coding_agents import (
    AGENTS,
    ALONE,
    ANSWERS,
    GOES_ON,
    SCENARIOS,
    expected,
    pairs,
    run_alone,
    version_of,
)

FOLDER = os.environ.get("CODING_AGENTS", "")
PACKAGES = Path(FOLDER)
pytestmark = [
    pytest.mark.skipif(not FOLDER, reason="nox -s coding_agents installs the agents from npm"),
    pytest.mark.timeout(600),
]
TROUBLE = [(agent, scenario) for agent, scenario in pairs() if scenario != "healthy"]


@pytest.fixture(autouse=True)
def namespaces():
    """Skip where this machine gives us no network namespace; in CI that is a failure."""
    tried = subprocess.run([*ALONE, "true"], capture_output=True, check=False, text=True)
    if tried.returncode:
        reason = f"no network namespace can be made here: {tried.stderr.strip()}"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)


def test_nothing_but_loopback_is_there_while_an_agent_runs():
    code = "import socket; print([name for _, name in socket.if_nameindex()])"
    done = subprocess.run(
        [*ALONE, sys.executable, "-c", code], check=True, capture_output=True, text=True
    )
    assert done.stdout.strip() == "['lo']"


@pytest.mark.parametrize("agent", [name for name, agent in AGENTS.items() if agent.calls_tools])
def test_a_healthy_turn_calls_a_tool_and_answers(agent):
    seen = run_alone(agent, "healthy", PACKAGES)
    assert (seen["ends"], seen["exit"]) == (ANSWERS, 0), seen
    assert seen["requests"] >= 2  # the call of a tool, and what follows on its result
    assert seen["unserved"] == []


@pytest.mark.parametrize("agent", [n for n, agent in AGENTS.items() if not agent.calls_tools])
def test_an_agent_without_tools_answers_at_once(agent):
    seen = run_alone(agent, "healthy", PACKAGES)
    assert (seen["ends"], seen["exit"], seen["requests"]) == (ANSWERS, 0, 1), seen
    assert seen["unserved"] == []


@pytest.mark.exhaustive(sample=8)
@pytest.mark.parametrize(("agent", "scenario"), TROUBLE, ids=[f"{a}-{s}" for a, s in TROUBLE])
def test_an_agent_does_in_an_outage_what_the_table_says(agent, scenario):
    known = expected()[agent]["scenarios"][scenario]
    seen = run_alone(agent, scenario, PACKAGES)
    assert (seen["ends"], seen["exit"]) == (known["ends"], known["exit"]), seen
    assert seen["statuses"] == known["statuses"]
    if known["ends"] != GOES_ON:
        assert seen["says"] == known["says"]


@pytest.mark.parametrize("agent", AGENTS)
def test_the_table_is_of_the_versions_that_are_installed(agent):
    assert expected()[agent]["version"] == version_of(AGENTS[agent], PACKAGES)


def test_the_login_waves_of_march_2_hit_claude_code_as_they_did(tmp_path):
    claude_login(tmp_path, -3600)
    journal = tmp_path / "journal.jsonl"
    here = [sys.executable, "-m", "chaos_llm", "run", "anthropic-2026-03-02-three-waves"]
    options = ["--own-login", "--at", "wave 1: logins fail", "--journal", str(journal)]
    claude = str(PACKAGES / "node_modules" / ".bin" / "claude")
    done = subprocess.run(
        [*ALONE, *here, *options, "--", "timeout", "60", claude, "--print", "Say hello."],
        capture_output=True,
        check=False,
        cwd=tmp_path,
        env={
            "HOME": str(tmp_path),
            "PATH": f"{Path(shutil.which('node') or '/usr/bin/node').parent}:/usr/bin:/bin",
            "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        },
        stdin=subprocess.DEVNULL,
        text=True,
        timeout=300,
    )
    logins = [
        line
        for line in map(json.loads, journal.read_text(encoding="utf-8").splitlines())
        if line["surface"] == "login"
    ]
    assert logins, done.stderr
    assert {line["status"] for line in logins} & {500, 529}


def test_every_agent_and_every_scenario_is_in_the_table():
    known = {
        (agent, scenario) for agent in expected() for scenario in expected()[agent]["scenarios"]
    }
    assert known == set(pairs())
    assert {scenario for _, scenario in known} == set(SCENARIOS)
