"""Real coding agents from npm in front of our server, and what each of them does in an outage.

    python -m support.coding_agents --packages DIR            runs them all, and prints a table
    python -m support.coding_agents --packages DIR --update   writes tests/agents/expected.json, too

An agent runs in an empty project, with a home of its own, in a network namespace that has nothing
but a loopback interface, for at most as many real seconds as its scenario has.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

from chaos_llm.faults import (
    auth_expired,
    cut_stream,
    insufficient_quota,
    invalid_grant,
    overloaded,
    server_error,
    stall_mid_stream,
)
from chaos_llm.server.launch.child_process import surroundings
from chaos_llm.server.launch.server_handle import ServedOutage, ServerThread
from chaos_llm.server.launch.settings import Settings
from support.agent_logins import chatgpt_login, claude_login, codex_key, gemini_key, no_login

EXPECTED = Path(__file__).parents[1] / "agents" / "expected.json"
PROMPT = "Say hello."
VALID, EXPIRED = 36_000, -3600  # seconds until an access token expires
_REFERENCE = re.compile(r"Reference R\d-\d{5}-[A-Z]")
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
_LOOPBACK_UP = 'ip link set lo up && exec "$@"'


@dataclass(frozen=True)
class Agent:
    """A coding agent: its package, its command, and how it is told who it is.

    `logs_in` writes what the agent keeps of a login or a key into its home; `by_login` says that it
    reaches the vendors' own hosts by way of a proxy.
    """

    package: str
    command: tuple[str, ...]
    provider: str
    logs_in: Callable[[Path, int], None]
    by_login: bool = False
    variables: Mapping[str, str] = field(default_factory=dict)


_CODEX = ("codex", "exec", "--skip-git-repo-check", "--sandbox", "read-only", PROMPT)
_CLAUDE = ("claude", "--print", PROMPT)
AGENTS = {
    "Claude Code, API key": Agent("@anthropic-ai/claude-code", _CLAUDE, "anthropic", no_login),
    "Claude Code, claude.ai": Agent(
        "@anthropic-ai/claude-code", _CLAUDE, "anthropic", claude_login, by_login=True
    ),
    "Codex, API key": Agent("@openai/codex", _CODEX, "openai", codex_key, by_login=True),
    "Codex, ChatGPT": Agent("@openai/codex", _CODEX, "openai", chatgpt_login, by_login=True),
    "Gemini CLI, API key": Agent(
        "@google/gemini-cli",
        ("gemini", "--skip-trust", "--prompt", PROMPT),
        "gemini",
        gemini_key,
    ),
    "OpenCode, API key": Agent(
        "opencode-ai",
        ("opencode", "run", "--model", "anthropic/claude-sonnet-4-5", PROMPT),
        "anthropic",
        no_login,
    ),
}


@dataclass(frozen=True)
class Scenario:
    """What goes wrong; `seconds` bound the run, in real time."""

    begins: Callable[[ServedOutage, Agent], object]
    expires_in: int = VALID
    needs_login: bool = False
    seconds: float = 60.0


def _api(*faults: Any, times: int | None = None) -> Callable[[ServedOutage, Agent], object]:
    return lambda outage, agent: outage.on(agent.provider).inject(*faults, times=times)


def _login(*faults: Any) -> Callable[[ServedOutage, Agent], object]:
    return lambda outage, agent: outage.on(agent.provider, surface="login").inject(*faults)


def _nothing(_outage: ServedOutage, _agent: Agent) -> None:
    """Every provider is healthy."""


SCENARIOS = {
    "healthy": Scenario(_nothing),
    "overloaded three times": Scenario(_api(overloaded(), times=3), seconds=90),
    "overloaded for good": Scenario(_api(overloaded()), seconds=45),
    "stream cut once": Scenario(_api(cut_stream(), times=1)),
    "stream stalls": Scenario(_api(stall_mid_stream()), seconds=45),
    "usage limit": Scenario(_api(insufficient_quota())),
    "token expired": Scenario(_nothing, EXPIRED, needs_login=True),
    "token refused, and every new one": Scenario(_api(auth_expired()), needs_login=True),
    "token expired, login down": Scenario(_login(server_error()), EXPIRED, needs_login=True),
    "token expired, invalid_grant": Scenario(_login(invalid_grant()), EXPIRED, needs_login=True),
}


def pairs() -> list[tuple[str, str]]:
    """The agents and the scenarios that concern them."""
    return [
        (name, scenario)
        for name, agent in AGENTS.items()
        for scenario, row in SCENARIOS.items()
        if not row.needs_login or agent.logs_in in (claude_login, chatgpt_login)
    ]


def run_alone(name: str, scenario: str, packages: Path) -> dict[str, Any]:
    """Run an agent in a network namespace of its own, and hand back what it did.

    Raises CalledProcessError where no namespace can be made, or the run itself goes wrong.
    """
    here = [sys.executable, "-m", "support.coding_agents", "--packages", str(packages)]
    alone = ["unshare", "--map-root-user", "--net", "sh", "-c", _LOOPBACK_UP, "--"]
    seconds = SCENARIOS[scenario].seconds + 60
    done = subprocess.run(
        [*alone, *here, "--one", name, scenario],
        check=True,
        capture_output=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        timeout=seconds,
        text=True,
    )
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def run(name: str, scenario: str, packages: Path) -> dict[str, Any]:
    """Run an agent here, and hand back what it did."""
    agent, row = AGENTS[name], SCENARIOS[scenario]
    with (
        tempfile.TemporaryDirectory(prefix="chaos-llm-agent-") as folder,
        ServerThread(Settings(tls=True)) as server,
    ):
        home, project = Path(folder) / "home", Path(folder) / "project"
        home.mkdir()
        project.mkdir()
        (project / "README.md").write_text("# An example\n", encoding="utf-8")
        agent.logs_in(home, row.expires_in)
        outage = server.hand()
        row.begins(outage, agent)
        found = server.do(lambda shared: surroundings(shared, base_urls=not agent.by_login))
        bin_folder = packages / "node_modules" / ".bin"
        environment = {"PATH": f"{bin_folder}:/usr/bin:/bin", "HOME": str(home)}
        environment |= {"LANG": "C.UTF-8", "TERM": "dumb", "CI": "1"} | found | agent.variables
        code, text, seconds = _in_time(agent.command, environment, project, row.seconds)
        return {"agent": name, "scenario": scenario, "seconds": round(seconds, 1)} | _seen(
            outage, agent, code, text
        )


def _in_time(
    command: Sequence[str], environment: Mapping[str, str], project: Path, seconds: float
) -> tuple[int | None, str, float]:
    """Run a command: its exit code, None where it had to be stopped; its output; its seconds."""
    began = time.monotonic()
    with (project.parent / "output").open("w+b") as output:
        child = subprocess.Popen(
            command,
            cwd=project,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            code: int | None = child.wait(seconds)
        except subprocess.TimeoutExpired:
            code = None
        with suppress(ProcessLookupError):
            os.killpg(child.pid, 9)
        child.wait()
        output.seek(0)
        text = output.read().decode("utf-8", "replace")
    return code, _COLOURS.sub("", text), time.monotonic() - began


def _seen(outage: ServedOutage, agent: Agent, code: int | None, text: str) -> dict[str, Any]:
    """What came of a run: requests by surface, the pauses between those to the model, and words."""
    exchanges = outage.journal
    model = [e for e in exchanges if e.surface == "api" and e.api != "models"]
    tokens = [e for e in exchanges if e.surface == "login" and e.path.endswith("/token")]
    pauses = [b.at - a.until for a, b in pairwise(model)]
    return {
        "model": [e.status for e in model],
        "pauses": [round(each, 1) for each in pauses],
        "logins": [e.status for e in tokens],
        "client": sorted({f"{e.path}" for e in exchanges if e.surface == "client"}),
        "unserved": sorted({e.path for e in exchanges if e.surface == "unserved"}),
        "answered": bool(_REFERENCE.search(text)),
        "exit": code,
        "text": text[-1500:],
    }


def version_of(agent: Agent, packages: Path) -> str:
    """The version of an agent's package, as npm installed it."""
    read = packages / "node_modules" / agent.package / "package.json"
    version: str = json.loads(read.read_text(encoding="utf-8"))["version"]
    return version


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--packages", type=Path, required=True)
    parser.add_argument("--one", nargs=2, metavar=("AGENT", "SCENARIO"))
    parser.add_argument("--agent", default="")
    parser.add_argument("--scenario", default="")
    options = parser.parse_args()
    if options.one:
        print(json.dumps(run(*options.one, options.packages)))
        return
    for name, scenario in pairs():
        if options.agent in name and options.scenario in scenario:
            print(json.dumps(run_alone(name, scenario, options.packages)), flush=True)


if __name__ == "__main__":
    main()
