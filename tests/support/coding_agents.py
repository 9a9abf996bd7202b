"""Real coding agents in front of our server, and what each of them does in an outage.

    python -m support.coding_agents --packages DIR            runs them all, and prints a table
    python -m support.coding_agents --packages DIR --update   writes EXPECTED, too

DIR is npm's --prefix; Aider, which is from pip, is in the virtual environment DIR/venv.
An agent runs in an empty project, with a home of its own, in a network namespace that has nothing
but a loopback interface, for at most as many real seconds as its scenario has.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from importlib.metadata import distributions
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

EXPECTED = Path(__file__).parents[1] / "coding_agents" / "expected.json"
ANSWERS, GIVES_UP, GOES_ON = "answers", "gives up", "goes on"
PROMPT = "Say hello."
_NODE = [Path(node).parent for node in [shutil.which("node")] if node]
VALID, EXPIRED = 36_000, -3600  # seconds until an access token expires
_REFERENCE = re.compile(r"Reference R\d-\d{5}-[A-Z]")
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
_VARYING = (  # in an agent's last words, and what stands for it
    (re.compile(r"127\.0\.0\.1:\d+"), "127.0.0.1"),
    (re.compile(r"\d+(:\d+)? ?[ap]m\b", re.IGNORECASE), "TIME"),
    (re.compile(r"(, url: |, cf-ray: | \(request id: ).*"), ""),
    (re.compile(r"^\S+Z? ERROR \S+: "), ""),
    (re.compile(r"\breq_\w+"), "req_ID"),
)
_LOOPBACK_UP = """
import fcntl, os, socket, struct, sys
SIOCSIFFLAGS, UP_AND_RUNNING = 0x8914, 0x1 | 0x40  # as in linux/sockios.h and linux/if.h
fcntl.ioctl(socket.socket(), SIOCSIFFLAGS, struct.pack("16sh", b"lo", UP_AND_RUNNING))
os.execvp(sys.argv[1], sys.argv[1:])
"""
# A command behind this runs in a network namespace of its own, as its own root.
ALONE = ("unshare", "--map-root-user", "--net", sys.executable, "-c", _LOOPBACK_UP)


@dataclass(frozen=True)
class Agent:
    """A coding agent: its package, its command, and how it is told who it is.

    `logs_in` writes what the agent keeps of a login or a key into its home; `by_login` says that it
    reaches the vendors' own hosts by way of a proxy. `calls_tools`: a healthy turn has a tool call.
    """

    package: str
    command: tuple[str, ...]
    provider: str
    logs_in: Callable[[Path, int], None]
    by_login: bool = False
    variables: Mapping[str, str] = field(default_factory=dict)
    is_from_pip: bool = False
    calls_tools: bool = True


_AIDER = ("aider", "--model", "anthropic/claude-sonnet-4-5", "--yes-always", "--no-git")
_QUIETLY = ("--no-check-update", "--no-show-model-warnings", "--analytics-disable")
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
    "Aider, API key": Agent(
        "aider-chat",
        (*_AIDER, *_QUIETLY, "--message", PROMPT),
        "anthropic",
        no_login,
        is_from_pip=True,
        calls_tools=False,  # it edits files by what the text of an answer says
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
    """What happens to the login while the API refuses the expired token."""

    def begin(outage: ServedOutage, agent: Agent) -> None:
        outage.on(agent.provider).inject(auth_expired())
        outage.on(agent.provider, surface="login").inject(*faults)

    return begin


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
    seconds = SCENARIOS[scenario].seconds + 240
    done = subprocess.run(
        [*ALONE, *here, "--one", name, scenario],
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
        own = packages / ("venv/bin" if agent.is_from_pip else "node_modules/.bin")
        path = [own, *_NODE, "/usr/bin", "/bin"]
        environment = {"PATH": os.pathsep.join(map(str, path)), "HOME": str(home)}
        environment |= {"LANG": "C.UTF-8", "TERM": "dumb", "CI": "1"} | found | agent.variables
        code, text, seconds = _in_time(agent.command, environment, project, row.seconds)
        return {"agent": name, "scenario": scenario, "seconds": round(seconds, 1)} | _seen(
            outage, code, text
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


def _seen(outage: ServedOutage, code: int | None, text: str) -> dict[str, Any]:
    """What came of a run: how it ended, the requests by surface, and the agent's last words."""
    exchanges = outage.journal
    model = [e for e in exchanges if e.surface == "api" and e.api != "models"]
    tokens = [e for e in exchanges if e.surface == "login" and e.path.endswith("/token")]
    ends = ANSWERS if _REFERENCE.search(text) else GIVES_UP if code is not None else GOES_ON
    return {
        "ends": ends,
        "exit": code,
        "requests": len(model),
        "statuses": sorted({e.status for e in model}),
        "pauses": [round(b.at - a.at, 1) for a, b in pairwise(model)],
        "logins": len(tokens),
        "unserved": sorted({e.path for e in exchanges if e.surface == "unserved"}),
        "says": _last_words(text) if ends == GIVES_UP else "",
    }


def _last_words(text: str) -> str:
    """The last line of an output, without what differs from run to run."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    last = lines[-1] if lines else ""
    for varying, constant in _VARYING:
        last = varying.sub(constant, last)
    return last[:200]


def version_of(agent: Agent, packages: Path) -> str:
    """The version of an agent's package, as npm or pip installed it."""
    if agent.is_from_pip:
        (folder,) = packages.glob("venv/lib/python*/site-packages")
        (found,) = distributions(name=agent.package, path=[str(folder)])
        return found.version
    read = packages / "node_modules" / agent.package / "package.json"
    version: str = json.loads(read.read_text(encoding="utf-8"))["version"]
    return version


def expected() -> dict[str, Any]:
    """What was measured: by agent, its version and what it did in each scenario."""
    measured: dict[str, Any] = json.loads(EXPECTED.read_text(encoding="utf-8"))
    return measured


def _measured(options: argparse.Namespace) -> dict[str, Any]:
    """Run what was asked for, and add it to what was measured before."""
    known = expected() if EXPECTED.exists() else {}
    for name, scenario in pairs():
        if options.agent in name and options.scenario in scenario:
            row = run(name, scenario, options.packages)
            print(json.dumps(row), flush=True)
            version = version_of(AGENTS[name], options.packages)
            kept = known.setdefault(name, {"version": version, "scenarios": {}})
            kept["version"] = version
            kept["scenarios"][row.pop("scenario")] = {k: v for k, v in row.items() if k != "agent"}
    return known


def main() -> None:
    """Run one agent here, or all of them in a network namespace."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--packages", type=Path, required=True)
    parser.add_argument("--one", nargs=2, metavar=("AGENT", "SCENARIO"))
    parser.add_argument("--agent", default="")
    parser.add_argument("--scenario", default="")
    parser.add_argument("--update", action="store_true")
    parser.add_argument("--inside", action="store_true", help="this is a network namespace")
    options = parser.parse_args()
    if options.one:
        print(json.dumps(run(*options.one, options.packages)))
        return
    if not options.inside:
        here = [sys.executable, "-m", "support.coding_agents", *sys.argv[1:], "--inside"]
        os.execvp(ALONE[0], [*ALONE, *here])  # the same, where no way leads out
    measured = _measured(options)
    if options.update:
        EXPECTED.parent.mkdir(exist_ok=True)
        EXPECTED.write_text(json.dumps(measured, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
