"""CPU time of the mock server compared with aimock: requests, streams, and 800 slow streams.

    npm install --prefix /tmp/aimock @copilotkit/aimock@1.43.0
    apt-get install wrk
    python benchmarks/server.py --aimock /tmp/aimock/node_modules/.bin/llmock [--rounds 3]

Each server runs alone on CPU 0 and its load on CPU 1, alternately, all on loopback. The measure is
the server's CPU time per request, from /proc, as medians of pairs, because the machine may be
shared. Both keep a journal; ours also parses the request, makes seeded draws and writes a new
answer.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

# pieces of a stream, concurrent streams, slow streams, and seconds between two pieces
PIECES, STREAMS, SLOW_STREAMS, PAUSE = 200, 50, 800, 0.020
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

    def __init__(self, process: subprocess.Popen, port: int) -> None:
        self.process, self.url = process, f"http://127.0.0.1:{port}"

    def cpu(self) -> float:
        """CPU seconds that the process has used."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def wrk(self, folder: Path, *, stream: bool, new: bool, seconds: float) -> tuple[float, float]:
        """CPU microseconds of the server per request, and requests per second."""
        script = folder / "load.lua"
        body = json.dumps(REQUEST | ({"stream": True} if stream else {}))
        more = NEW_BODIES if new else ""
        script.write_text(LUA.format(path="/v1/messages", body=body) + more)
        clients, before = str(STREAMS if stream else 32), self.cpu()
        output = subprocess.run(
            ["taskset", "-c", "1", "wrk", "-t1", f"-c{clients}", f"-d{seconds:g}s",
             "-s", str(script), self.url],
            capture_output=True, text=True, check=True,
        ).stdout  # fmt: skip
        requests = int(re.search(r"(\d+) requests in", output)[1])
        return (self.cpu() - before) / requests * 1e6, requests / seconds


@contextmanager
def serving(command: list[str], port: int):
    process = subprocess.Popen(
        ["taskset", "-c", "0", *command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        served = Served(process, port)
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
    (folder / "profile.toml").write_text(PROFILE)
    command = [sys.executable, "-m", "chaos_llm", "serve", str(folder / "profile.toml")]
    with serving([*command, "--port", "4791"], 4791) as served:
        for provider in ("anthropic", "openai") if text else ():
            body = json.dumps({"provider": provider, "answers": text}).encode()
            urllib.request.urlopen(served.url + "/__chaos/answers", body).close()
        yield served


@contextmanager
def aimock(folder: Path, command: str, *, text: str = ANSWER):
    fixture = folder / "fixture.json"
    fixture.write_text(json.dumps({"fixtures": [{"match": {}, "response": {"content": text}}]}))
    size = str(-(-len(text) // PIECES))  # letters a chunk
    options = ["--fixtures", str(fixture), "--log-level", "silent", "--chunk-size", size]
    with serving([command, "--port", "4792", *options], 4792) as served:
        yield served


def compare(folder: Path, peer: str, rounds: int, *, stream: bool, new: bool = False) -> str:
    """Measure both servers in each round, in alternating order."""
    text = "word " * (PIECES - 1) + "end" if stream else ""
    cpu: dict[str, list[float]] = {"ours": [], "aimock": []}
    rate: dict[str, list[float]] = {"ours": [], "aimock": []}
    with (
        ours(folder, text=text) as our_server,
        aimock(folder, peer, text=text or ANSWER) as peer_server,
    ):
        servers = {"ours": our_server, "aimock": peer_server}
        for served in servers.values():
            served.wrk(folder, stream=stream, new=new, seconds=1)  # imports, caches, JIT
        for turn in range(rounds):
            for name in sorted(servers, reverse=bool(turn % 2)):
                used, made = servers[name].wrk(folder, stream=stream, new=new, seconds=2)
                cpu[name].append(used)
                rate[name].append(made)
    ratios = [a / o for a, o in zip(cpu["aimock"], cpu["ours"], strict=True)]
    shown = [
        f"{name} {statistics.median(cpu[name]):.0f} us, {statistics.median(rate[name]):.0f}/s"
        for name in cpu
    ]
    spread = f"{statistics.median(ratios):.2f} x [{min(ratios):.2f}-{max(ratios):.2f}]"
    return f"{spread} less CPU than aimock ({'; '.join(shown)})"


async def slow_streams(url: str, seconds: float = 8.0) -> list[float]:
    """The seconds by which each piece of the slow streams is late; the streams start one by one."""
    length, loop = PIECES * PAUSE, asyncio.get_running_loop()
    lateness: list[float] = []
    body = json.dumps(
        {"model": "gpt-5.2", "stream": True, "messages": [{"role": "user", "content": "Hi."}]}
    ).encode()
    head = (
        "POST /openai/v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer k\r\n"
        f"connection: close\r\ncontent-length: {len(body)}\r\n\r\n"
    ).encode()
    host, port = url.removeprefix("http://").split(":")

    async def one(begins: float) -> None:
        await asyncio.sleep(begins)
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(head + body)
        count, first = 0, 0.0
        while data := await reader.read(65536):
            now = loop.time()
            for _ in range(data.count(b'"delta":{"content"')):
                count += 1
                first = first or now
                lateness.append(now - first - (count - 1) * PAUSE)
        writer.close()
        assert count == PIECES, count

    starts = (n / SLOW_STREAMS * length for n in range(int(SLOW_STREAMS * seconds / length)))
    await asyncio.gather(*map(one, starts))
    return lateness


def lateness_of_pieces(folder: Path) -> str:
    with ours(folder, text="word " * (PIECES - 1) + "end") as served:
        os.sched_setaffinity(0, {1})
        before = served.cpu()
        found = sorted(asyncio.run(slow_streams(served.url)))
        used = (served.cpu() - before) / len(found) * 1e6
        os.sched_setaffinity(0, {0, 1})
    p50, p99 = (found[int(len(found) * share)] * 1000 for share in (0.5, 0.99))
    return f"p50 {p50:.1f} ms, p99 {p99:.1f} ms late, {len(found)} pieces, {used:.0f} us each"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--aimock", required=True, metavar="LLMOCK", help="its command, llmock")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    for tool in ("wrk", "taskset", options.aimock):
        if shutil.which(tool) is None:
            raise SystemExit(
                f"{tool} is missing; the docstring of this file has the command that installs it"
            )
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        print("POST:       ", compare(folder, options.aimock, options.rounds, stream=False))
        print(
            "new bodies: ", compare(folder, options.aimock, options.rounds, stream=False, new=True)
        )
        print("50 streams: ", compare(folder, options.aimock, options.rounds, stream=True))
        print("800 slow:   ", lateness_of_pieces(folder))


if __name__ == "__main__":
    main()
