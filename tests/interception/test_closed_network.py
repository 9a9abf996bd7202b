"""In an outage no byte and no look-up reaches a provider's host, whatever sends it.

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
from support.closed_network import doors

HERE = Path(closed_network.__file__).parent
SECRETS = (doors.HOST, "sk-of-the-developer", "api.x.ai", "bedrock-runtime")
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
_ADDRESS = re.compile(r'inet_addr\("([\d.]+)"\)|inet_pton\(AF_INET6, "([0-9a-f:]+)"')
_ALLOWED = re.compile(r"(127\.|0\.0\.0\.0$|::1$|::$)")

pytestmark = [
    pytest.mark.timeout(600),
    pytest.mark.xdist_group("network namespace"),
]


def enter() -> list[str]:
    """The command that enters a namespace of its own, or a skip that says what is missing."""
    if sys.platform != "linux" or not (shutil.which("unshare") and shutil.which("ip")):
        pytest.skip("needs Linux with unshare and ip")
    command = ["unshare", "--net", "--mount", "--map-root-user"]
    tried = subprocess.run([*command, "ip", "link"], capture_output=True, text=True, check=False)
    if tried.returncode:
        pytest.skip(f"needs the right to make a network namespace: {tried.stderr.strip()}")
    return command


def attempts(folder: Path, *flags: str, under: tuple[str, ...] = ()) -> dict[str, dict]:
    log, results = folder / "arrived.jsonl", folder / "results.json"
    log.touch()
    inside = [*under, sys.executable, str(HERE / "doors.py"), str(log), str(results), *flags]
    command = [*enter(), sys.executable, str(HERE / "sinks.py"), str(log), *inside]
    environ = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
    run = subprocess.run(command, capture_output=True, text=True, check=False, env=environ)
    assert results.exists(), run.stderr
    ended = json.loads(results.read_text())
    assert set(ended) == set(doors.DOORS), run.stderr
    return ended


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("closed_network")


@pytest.fixture(scope="module")
def in_outages(folder):
    (folder / "in").mkdir()
    calls = "connect,sendto,sendmsg,sendmmsg"
    traced = ("strace", "-f", "-qq", "-e", f"trace={calls}", "-o", str(folder / "strace"))
    return attempts(folder / "in", under=traced if shutil.which("strace") else ())


@pytest.fixture(scope="module")
def without(folder):
    (folder / "without").mkdir()
    return attempts(folder / "without", "--without-outage")


@pytest.mark.parametrize("name", doors.DOORS)
def test_a3_without_an_outage_the_listeners_see_it(without, name):
    """So that the proof below can fail."""
    skip_if_absent(without[name]["outcome"])
    assert without[name]["arrived"]


@pytest.mark.parametrize("name", doors.DOORS)
def test_a3_in_an_outage_nothing_arrives(in_outages, name):
    outcome, arrived = in_outages[name]["outcome"], in_outages[name]["arrived"]
    skip_if_absent(outcome)
    if name in doors.CONNECTS:
        assert not [it for it in arrived if it["kind"] not in ("connection", "bytes")]
        said = "".join(it.get("said", "") for it in arrived)
        assert not [secret for secret in SECRETS if secret in said]
    else:
        assert not arrived
    if name in ANSWERED:
        assert outcome == "answered 200"
    elif name in UPGRADED:
        assert outcome == "answered 101"
    else:
        assert re.search(r"(Uncaught|Child)Egress: a request to", outcome)


@pytest.mark.parametrize("name", [name for name in doors.DOORS if "pool" in name or name == "curl"])
def test_a2_a_child_is_told_a_way_out_that_fits_it(in_outages, name):
    skip_if_absent(in_outages[name]["outcome"])
    assert "child process does not live on the outage's clock" in in_outages[name]["outcome"]


def test_a3_strace_sees_no_call_to_anything_but_this_machine(in_outages, folder):
    if not shutil.which("strace"):
        pytest.skip("needs strace")
    before, mark, after = (folder / "strace").read_text().partition(doors.MARK.lstrip("\0"))
    assert mark
    assert outside(before), "what is prepared before the outages is seen"
    proxies = 2  # of `pysocks` and `websockets with a proxy`: the code itself names it
    by_address = 3  # which were looked up before
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
