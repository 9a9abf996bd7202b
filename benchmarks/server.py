"""The mock server over aimock, side by side: a request, a stream, and 800 paced streams.

    npm install --prefix /tmp/aimock @copilotkit/aimock@1.43.0
    apt-get install wrk
    python benchmarks/server.py --aimock /tmp/aimock/node_modules/.bin/llmock [--rounds 3]

Each server runs alone on CPU 0 and its load on CPU 1, in turns, all on loopback. What counts is CPU
time of the server per request, from /proc, as medians of pairs: the machine may be shared. Both
keep a journal; ours also parses the request, throws a seeded die and writes a fresh answer.
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

PIECES, STREAMS, PACED, PACE = 200, 50, 800, 0.020
DAY = """title = "one in a hundred"
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
ASKED = {
    "model": "claude-opus-4-6",
    "max_tokens": 500,
    "messages": [{"role": "user", "content": "Where is it? " + "It should have come. " * 15}],
}
LUA = """wrk.method, wrk.path = "POST", "{path}"
wrk.headers["content-type"], wrk.headers["x-api-key"] = "application/json", "sk-test"
wrk.headers["anthropic-version"] = "2023-06-01"
wrk.body = [==[{body}]==]
"""


class Served:
    """A server that is under load: its process and its address."""

    def __init__(self, process: subprocess.Popen, port: int) -> None:
        self.process, self.url = process, f"http://127.0.0.1:{port}"

    def cpu(self) -> float:
        """CPU seconds that the process has used."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def wrk(self, folder: Path, *, stream: bool, seconds: float) -> tuple[float, float]:
        """CPU microseconds of the server a request, and requests a second."""
        script = folder / "load.lua"
        body = json.dumps(ASKED | ({"stream": True} if stream else {}))
        script.write_text(LUA.format(path="/v1/messages", body=body))
        clients, before = str(STREAMS if stream else 32), self.cpu()
        told = subprocess.run(
            ["taskset", "-c", "1", "wrk", "-t1", f"-c{clients}", f"-d{seconds:g}s",
             "-s", str(script), self.url],
            capture_output=True, text=True, check=True,
        ).stdout  # fmt: skip
        made = int(re.search(r"(\d+) requests in", told)[1])
        return (self.cpu() - before) / made * 1e6, made / seconds


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
    (folder / "day.toml").write_text(DAY)
    command = [sys.executable, "-m", "chaos_llm", "serve", str(folder / "day.toml")]
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


def compare(folder: Path, peer: str, rounds: int, *, stream: bool) -> str:
    """Both in turn, the first changing place each round."""
    text = "word " * (PIECES - 1) + "end" if stream else ""
    cpu: dict[str, list[float]] = {"ours": [], "aimock": []}
    rate: dict[str, list[float]] = {"ours": [], "aimock": []}
    with ours(folder, text=text) as mine, aimock(folder, peer, text=text or ANSWER) as theirs:
        servers = {"ours": mine, "aimock": theirs}
        for served in servers.values():
            served.wrk(folder, stream=stream, seconds=1)  # imports, caches, JIT
        for turn in range(rounds):
            for name in sorted(servers, reverse=bool(turn % 2)):
                used, made = servers[name].wrk(folder, stream=stream, seconds=2)
                cpu[name].append(used)
                rate[name].append(made)
    ratios = [a / o for a, o in zip(cpu["aimock"], cpu["ours"], strict=True)]
    said = [
        f"{name} {statistics.median(cpu[name]):.0f} us, {statistics.median(rate[name]):.0f}/s"
        for name in cpu
    ]
    spread = f"{statistics.median(ratios):.2f} x [{min(ratios):.2f}-{max(ratios):.2f}]"
    return f"{spread} less CPU than aimock ({'; '.join(said)})"


async def paced(url: str, seconds: float = 8.0) -> list[float]:
    """How late each piece of 800 streams comes; their starts are spread over a stream's length."""
    length, loop = PIECES * PACE, asyncio.get_running_loop()
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
                lateness.append(now - first - (count - 1) * PACE)
        writer.close()
        assert count == PIECES, count

    starts = (n / PACED * length for n in range(int(PACED * seconds / length)))
    await asyncio.gather(*map(one, starts))
    return lateness


def late(folder: Path) -> str:
    with ours(folder, text="word " * (PIECES - 1) + "end") as served:
        os.sched_setaffinity(0, {1})
        before = served.cpu()
        found = sorted(asyncio.run(paced(served.url)))
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
            raise SystemExit(f"{tool} is not there; the head of this file says how to get it")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        print("POST:       ", compare(folder, options.aimock, options.rounds, stream=False))
        print("50 streams: ", compare(folder, options.aimock, options.rounds, stream=True))
        print("800 paced:  ", late(folder))


if __name__ == "__main__":
    main()
