"""In an outage no byte and no look-up of any client reaches a provider's host.

The proof is a network namespace without a route, in which listeners stand for the vendors, their
name server and a proxy (support/closed_network/sinks.py), and `strace`.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from support import closed_network
from support.closed_network import attempts

HERE = Path(closed_network.__file__).parent
SECRETS = (attempts.HOST, "sk-of-the-developer", "api.x.ai", "bedrock-runtime")
ANSWERED = (
    "httpx",
    "httpx async",
    "httpx2",
    "httpx behind proxies",
    "aiohttp",
    "urllib3",
    "requests",
    "requests behind proxies",
    "botocore",
)
UPGRADED = (
    "websockets",
    "websockets behind proxies",
    "websockets sync",
    "websocket client",
    "aiohttp websocket",
)
SIMULATED = (
    "grpc",
    "grpc that streams",
    "grpc channel from before",
    "grpc that waits for its channel",
    "grpc aio",
    "grpc aio that streams",
)
# Without xai-sdk its messages are not known, and the error names the package.
_OF_XAI = re.compile(
    r"status = StatusCode\.(UNAUTHENTICATED|INVALID_ARGUMENT)|answered None"
    r"|UsageError: the message xai_api\.\w+ is not known here: pip install xai-sdk"
)
_ADDRESS = re.compile(r'inet_addr\("([\d.]+)"\)|inet_pton\(AF_INET6, "([0-9a-f:]+)"')
_ALLOWED = re.compile(r"(127\.|0\.0\.0\.0$|::1$|::$)")

pytestmark = [
    pytest.mark.exhaustive(of_file=40),  # each starts a process without a network
    pytest.mark.timeout(600),
    pytest.mark.xdist_group("network namespace"),
]


def enter() -> list[str]:
    """The command that enters a network namespace; skips the test where that is impossible."""
    if sys.platform != "linux" or not (shutil.which("unshare") and shutil.which("ip")):
        pytest.skip("needs Linux with unshare and ip")
    command = ["unshare", "--net", "--mount", "--map-root-user"]
    tried = subprocess.run([*command, "ip", "link"], capture_output=True, text=True, check=False)
    if tried.returncode:
        pytest.skip(f"needs the right to make a network namespace: {tried.stderr.strip()}")
    return command


def run_attempts(folder: Path, *flags: str, under: tuple[str, ...] = ()) -> dict[str, dict]:
    log, results = folder / "arrived.jsonl", folder / "results.json"
    log.touch()
    inside = [*under, sys.executable, str(HERE / "attempts.py"), str(log), str(results), *flags]
    command = [*enter(), sys.executable, str(HERE / "sinks.py"), str(log), *inside]
    environ = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
    run = subprocess.run(command, capture_output=True, text=True, check=False, env=environ)
    assert results.exists(), run.stderr
    ended = json.loads(results.read_text())
    assert set(ended) == set(attempts.ATTEMPTS), run.stderr
    return ended


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("closed_network")


@pytest.fixture(scope="module")
def in_outages(folder):
    (folder / "in").mkdir()
    calls = "connect,sendto,sendmsg,sendmmsg"
    traced = ("strace", "-f", "-qq", "-e", f"trace={calls}", "-o", str(folder / "strace"))
    return run_attempts(folder / "in", under=traced if shutil.which("strace") else ())


@pytest.fixture(scope="module")
def without(folder):
    (folder / "without").mkdir()
    return run_attempts(folder / "without", "--without-outage")


@pytest.mark.parametrize("name", attempts.ATTEMPTS)
def test_a3_without_an_outage_the_attempt_reaches_the_listeners(without, name):
    """So the listeners would record a leak in the test below."""
    skip_if_absent(without[name]["outcome"])
    assert without[name]["arrived"]


@pytest.mark.parametrize("name", attempts.ATTEMPTS)
def test_a3_in_an_outage_nothing_arrives(in_outages, name):
    outcome, arrived = in_outages[name]["outcome"], in_outages[name]["arrived"]
    skip_if_absent(outcome)
    if name in attempts.CONNECTS:
        assert not [it for it in arrived if it["kind"] not in ("connection", "bytes")]
        received = "".join(it.get("received", "") for it in arrived)
        assert not [secret for secret in SECRETS if secret in received]
    else:
        assert not arrived
    if name in ANSWERED:
        assert outcome == "answered 200"
    elif name in UPGRADED:
        assert outcome == "answered 101"
    elif name in SIMULATED:
        assert _OF_XAI.search(outcome)
    else:
        assert re.search(r"(Uncaught|Child)Egress: a request to", outcome)


@pytest.mark.parametrize(
    "name", [name for name in attempts.ATTEMPTS if "pool" in name or name == "curl"]
)
def test_a2_the_error_in_a_child_has_advice_for_children(in_outages, name):
    skip_if_absent(in_outages[name]["outcome"])
    assert "requests of child processes are not simulated" in in_outages[name]["outcome"]


def test_a3_strace_sees_no_call_to_anything_but_this_machine(in_outages, folder):
    if not shutil.which("strace"):
        pytest.skip("needs strace")
    before, mark, after = (folder / "strace").read_text().partition(attempts.MARK.lstrip("\0"))
    assert mark
    assert outside(before), "strace must show the connections that are prepared before the outages"
    proxies = 2  # `pysocks` and `websockets with a proxy`, whose code names the proxy
    by_address = 3  # connections to addresses that were looked up before
    assert len(outside(after)) <= proxies + by_address, "\n".join(outside(after))
    assert not [line for line in outside(after) if "sendto" in line or "sendm" in line]


def skip_if_absent(outcome: str) -> None:
    if outcome.startswith("absent"):
        (pytest.fail if os.environ.get("NO_LIBRARY_IS_ABSENT") else pytest.skip)(outcome)


def outside(calls: str) -> list[str]:
    return [
        line
        for line in calls.splitlines()
        for found in _ADDRESS.finditer(line)
        if not _ALLOWED.match(found[1] or found[2])
    ]
