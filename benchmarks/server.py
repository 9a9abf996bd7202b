"""CPU time of the mock server compared with aimock: requests and streams.

    npm install --prefix /tmp/aimock @copilotkit/aimock@1.43.0
    python -m venv /tmp/llmock && /tmp/llmock/bin/pip install llmock==0.2.2
    apt-get install wrk
    python benchmarks/server.py --aimock /tmp/aimock/node_modules/.bin/llmock
        [--llmock /tmp/llmock/bin/llmock] [--rounds 3] [--check]

Each server runs alone on CPU 0 and its load on CPU 1, alternately, all on loopback. The measure is
the server's CPU time per request, from /proc, as medians of pairs, because the machine may be
shared. All keep a journal; ours also parses the request, makes seeded draws and writes a new
answer. aimock's command is called llmock, as the other project is.

`--check` repeats short rounds until one keeps its bound in `BOUNDS`, and fails if none of twelve
does: other programs disturb some rounds, and a slowdown shows in each. Where the machine lacks a
tool or a second CPU, it says so and measures nothing.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

PIECES, STREAMS = 200, 50  # pieces of a stream, concurrent streams
# How many times less CPU than aimock the server takes at least. It is 2.3, 1.8 and 5.3 on virtual
# processors (docs/explanation/speed.md); where Python is faster, less of both is expected.
BOUNDS = {"POST": 1.6, "new bodies": 1.35, "50 streams": 3.5}
MOST_ROUNDS = 12
PROFILE = """title = "one in a hundred"
starts = 2026-01-01T00:00:00Z
ends = "+10h"
[baseline.openai]
first_token = 0.02
token = 0.02
evidence = "assumed"
[[window]]
name = "one in a hundred"
from = "+0s"
until = "+10h"
on = [{ provider = "anthropic" }]
share = 0.01
faults = [{ weight = 1, fault = "overloaded" }]
evidence = "assumed"
"""
Peer = Callable[..., AbstractContextManager["Served"]]
ANSWER = "Your order KX-48213: it left on Monday. " + "word " * 25 + "Reference R0-41514-D."
REQUEST = {
    "model": "claude-opus-4-6",
    "max_tokens": 500,
    "messages": [{"role": "user", "content": "Where is it? " + "It should have come. " * 15}],
}
LUA = """wrk.method, wrk.path = "POST", "{path}"
wrk.headers["content-type"], wrk.headers["x-api-key"] = "application/json", "sk-test"
wrk.headers["anthropic-version"] = "2023-06-01"
wrk.body = [==[{body}]==]
"""
# A marker of its own in each body, as the prompts of a replay have.
NEW_BODIES = """local asked, whole = 0, wrk.body
request = function()
  asked = asked + 1
  local body = whole:gsub("Where is it", string.format("Where is KX-%05d", asked % 100000))
  return wrk.format(nil, nil, nil, body)
end
"""


class Served:
    """A server that is under load: its process and its address."""

    def __init__(self, process: subprocess.Popen, port: int, path: str = "/v1/messages") -> None:
        self.process, self.url, self.path = process, f"http://127.0.0.1:{port}", path

    def cpu(self) -> float:
        """CPU seconds that the process has used."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def wrk(self, folder: Path, *, stream: bool, new: bool, seconds: float) -> tuple[float, float]:
        """CPU microseconds of the server per request, and requests per second."""
        script = folder / "load.lua"
        body = json.dumps(REQUEST | ({"stream": True} if stream else {}))
        more = NEW_BODIES if new else ""
        script.write_text(LUA.format(path=self.path, body=body) + more)
        clients, before = str(STREAMS if stream else 32), self.cpu()
        output = subprocess.run(
            ["taskset", "-c", "1", "wrk", "-t1", f"-c{clients}", f"-d{seconds:g}s",
             "-s", str(script), self.url],
            capture_output=True, text=True, check=True,
        ).stdout  # fmt: skip
        requests = int(re.search(r"(\d+) requests in", output)[1])
        return (self.cpu() - before) / requests * 1e6, requests / seconds


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return listening.getsockname()[1]


@contextmanager
def serving(command: list[str], port: int, path: str = "/v1/messages"):
    process = subprocess.Popen(
        ["taskset", "-c", "0", *command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        served = Served(process, port, path)
        for _ in range(200):
            try:
                urllib.request.urlopen(served.url + "/", timeout=1).close()
            except urllib.error.HTTPError as answer:
                answer.close()
            except OSError:
                time.sleep(0.05)
                continue
            break
        yield served
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(10)


@contextmanager
def ours(folder: Path, *, text: str = ""):
    port = free_port()
    (folder / "profile.toml").write_text(PROFILE)
    command = [sys.executable, "-m", "chaos_llm", "serve", str(folder / "profile.toml")]
    with serving([*command, "--port", str(port)], port) as served:
        for provider in ("anthropic", "openai") if text else ():
            body = json.dumps({"provider": provider, "answers": text}).encode()
            urllib.request.urlopen(served.url + "/__chaos/answers", body).close()
        yield served


@contextmanager
def aimock(folder: Path, command: str, *, text: str = ""):
    fixture, port, text = folder / "fixture.json", free_port(), text or ANSWER
    fixture.write_text(json.dumps({"fixtures": [{"match": {}, "response": {"content": text}}]}))
    size = str(-(-len(text) // PIECES))  # letters a chunk
    options = ["--fixtures", str(fixture), "--log-level", "silent", "--chunk-size", size]
    with serving([command, "--port", str(port), *options], port) as served:
        yield served


@contextmanager
def llmock(_folder: Path, command: str, *, text: str = ""):
    """The llmock of PyPI, which chooses its answers itself; so its streams have other sizes."""
    assert not text
    port, quiet = free_port(), ["--log-level", "critical"]
    with serving(
        [command, "serve", "--port", str(port), *quiet], port, "/anthropic/v1/messages"
    ) as it:
        yield it


@dataclass(frozen=True)
class Work:
    """What is asked of the servers: whole answers or streams, of one body or of new ones."""

    name: str
    stream: bool = False
    new: bool = False

    @property
    def text(self) -> str:
        """The answer to choose, in as many pieces as a stream should have; "" for any."""
        return "word " * (PIECES - 1) + "end" if self.stream else ""

    def load(self, served: Served, folder: Path, seconds: float) -> tuple[float, float]:
        return served.wrk(folder, stream=self.stream, new=self.new, seconds=seconds)


WORKS = (Work("POST"), Work("new bodies", new=True), Work("50 streams", stream=True))


class Pair:
    """Our server and a peer that are measured in turns, in alternating order."""

    def __init__(self, work: Work, folder: Path, ours: Served, peer: Served) -> None:
        self._work, self._folder, self._servers = work, folder, {"ours": ours, "peer": peer}
        self.cpu: dict[str, list[float]] = {"ours": [], "peer": []}
        self.rate: dict[str, list[float]] = {"ours": [], "peer": []}
        for served in self._servers.values():
            work.load(served, folder, 1)  # imports, caches, JIT

    def measure(self, seconds: float) -> float:
        """One round; how many times less CPU a request than the peer ours takes."""
        order = sorted(self._servers, reverse=bool(len(self.cpu["ours"]) % 2))
        for name in order:
            used, made = self._work.load(self._servers[name], self._folder, seconds)
            self.cpu[name].append(used)
            self.rate[name].append(made)
        return self.ratios[-1]

    @property
    def ratios(self) -> list[float]:
        return [p / o for p, o in zip(self.cpu["peer"], self.cpu["ours"], strict=True)]

    def shown(self, peer: str) -> str:
        ratios, medians = self.ratios, {}
        for name, shown in (("ours", "ours"), ("peer", peer)):
            cpu, rate = statistics.median(self.cpu[name]), statistics.median(self.rate[name])
            medians[shown] = f"{shown} {cpu:.0f} us, {rate:.0f}/s"
        spread = f"{statistics.median(ratios):.2f} x [{min(ratios):.2f}-{max(ratios):.2f}]"
        return f"{spread} less CPU than {peer} ({'; '.join(medians.values())})"


@contextmanager
def pair(work: Work, folder: Path, peer: Peer, command: str):
    """Our server and a peer, both running."""
    with ours(folder, text=work.text) as mine, peer(folder, command, text=work.text) as theirs:
        yield Pair(work, folder, mine, theirs)


def compare(work: Work, folder: Path, peer: Peer, command: str, rounds: int) -> str:
    """Measure both servers in so many rounds."""
    with pair(work, folder, peer, command) as servers:
        for _ in range(rounds):
            servers.measure(seconds=2)
        return servers.shown(peer.__name__)


def keeps_bound(work: Work, folder: Path, command: str) -> bool:
    """Whether a round keeps the bound; no further one is made after that."""
    bound = BOUNDS[work.name]
    with pair(work, folder, aimock, command) as servers:
        kept = any(servers.measure(seconds=1) >= bound for _ in range(MOST_ROUNDS))
        print(f"{work.name}, at least {bound} x: {servers.shown('aimock')}", flush=True)
    return kept


def missing(tools: list[str]) -> str:
    """What this machine lacks for the measurement; "" if nothing."""
    if os.cpu_count() == 1 or not {0, 1} <= os.sched_getaffinity(0):
        return "two CPUs"
    return ", ".join(tool for tool in tools if shutil.which(tool) is None)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--aimock", required=True, metavar="COMMAND", help="its command, llmock")
    parser.add_argument("--llmock", metavar="COMMAND", help="that of llmock from PyPI")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--check", action="store_true", help="fail where a bound is not kept")
    options = parser.parse_args()
    lacks = missing(["wrk", "taskset", options.aimock])
    if lacks:
        print(f"NOT MEASURED: {lacks} missing; see the docstring of this file")
        return int(not options.check)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if options.check:
            kept = [keeps_bound(work, folder, options.aimock) for work in WORKS]
            return int(not all(kept))
        for work in WORKS:
            measured = compare(work, folder, aimock, options.aimock, options.rounds)
            print(f"{work.name + ':':12} {measured}", flush=True)
        for work in WORKS[:2] if options.llmock else ():
            measured = compare(work, folder, llmock, options.llmock, options.rounds)
            print(f"{work.name + ':':12} {measured}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
