"""CPU time a request with one worker and with several, and how the throughput grows.

    apt-get install wrk
    python benchmarks/workers.py [--workers 2] [--rounds 3] [--fail-above 1.1]

As many wrk as workers ask at once, each on kept connections and for a run of its own, which lives
on a worker of its own. CPU time is that of all of the server's processes, the one that accepts
included. How much faster several are can be seen only where wrk has cores of its own.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from chaos_llm.server.workers.run_names import worker_of

SECONDS, CONNECTIONS = 5, 16
BODY = {
    "model": "claude-opus-4-6",
    "max_tokens": 500,
    "messages": [{"role": "user", "content": "Where is order KX-48213?"}],
}
LUA = """wrk.method, wrk.path = "POST", "/anthropic/v1/messages"
wrk.headers["x-api-key"], wrk.headers["anthropic-version"] = "sk-test", "2023-06-01"
wrk.headers["content-type"], wrk.headers["x-chaos-run"] = "application/json", "{run}"
wrk.body = [==[{body}]==]
"""


@contextmanager
def served(workers: int) -> Iterator[tuple[int, str]]:
    """A server's process id and its address."""
    command = [sys.executable, "-m", "chaos_llm", "serve", "--workers", str(workers)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        found = re.search(r"at (http://\S+),", process.stdout.readline())
        assert found is not None
        yield process.pid, found[1]
    finally:
        process.terminate()
        process.communicate()


def cpu(pid: int) -> float:
    """CPU seconds of a process and its children."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return sum(of_one(each) for each in (str(pid), *children))


def of_one(pid: str) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")


def runs(workers: int) -> list[str]:
    """A run for each worker that lives on it."""
    names = [f"r{number}" for number in range(1000)]
    return [next(n for n in names if worker_of(n, workers) == each) for each in range(workers)]


def measured(workers: int, folder: Path) -> tuple[float, float]:
    """CPU microseconds a request, and requests a second."""
    with served(workers) as (pid, url):
        load = []
        for run in runs(workers):
            script = folder / f"{run}.lua"
            script.write_text(LUA.format(run=run, body=json.dumps(BODY)))
            load.append(["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", "-s", str(script), url])
        before = cpu(pid)
        going = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for command in load]
        said = [process.communicate()[0] for process in going]
        used = cpu(pid) - before
        assert not any("Non-2xx" in text for text in said), said
        with urllib.request.urlopen(f"{url}/__chaos/runs") as reply:
            counts = {name: state["requests"] for name, state in json.load(reply).items()}
    answered = sum(counts.values())
    return used / answered * 1e6, answered / SECONDS


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--fail-above", type=float, metavar="RATIO")
    options = parser.parse_args()
    ratios, speeds = [], []
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(options.rounds):
            one, alone = measured(1, Path(folder))
            each, together = measured(options.workers, Path(folder))
            ratios.append(each / one)
            speeds.append(together / alone)
            print(f"1 worker: {one:.1f} us, {alone:.0f}/s")
            print(f"{options.workers} workers: {each:.1f} us, {together:.0f}/s")
    ratio = statistics.median(ratios)
    print(f"CPU a request {ratio:.2f} x, requests a second {statistics.median(speeds):.2f} x")
    return int(options.fail_above is not None and ratio > options.fail_above)


if __name__ == "__main__":
    raise SystemExit(main())
