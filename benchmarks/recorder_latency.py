"""How much later replies come through the recorder: wall time, paired with direct calls.

    python benchmarks/recorder_latency.py [--calls 2000] [--fail-above 1.0]

A vendor, a plain proxy and `chaos-llm record` are processes of their own on loopback. One client
asks the vendor twice, the proxy and the recorder, in an order drawn for each round, over open
connections. What is compared are calls of one round, so that what else the machine does meets all
of them; what the second direct call takes longer than the first is chance.

A call's time is taken by the clock, and as the time in which its processes did not wait for a core,
as the kernel counts it (schedstat). The CPU time that the proxy or the recorder spends on each call
does not depend on what else the machine does; its tail is that of the recorder itself.
"""

from __future__ import annotations

import argparse
import http.client
import os
import random
import socket
import statistics
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from recorder import ANSWER, BODY, HEADERS, REPLY, in_a_process, plain_proxy
from recorder import recorder as recorder_of

DIRECT, AGAIN, PROXY, RECORD = "direct", "direct again", "a plain proxy", "chaos-llm record"
_PERCENTS = (50, 95, 99)
_WARM_UP = 52  # rounds in which connections are opened and modules imported


class Way(NamedTuple):
    """A port to ask, and the processes that a call goes through; the one that is asked is last."""

    port: int
    processes: tuple[int, ...]


def vendor(listener: socket.socket) -> None:
    """Answers on every connection in a thread of its own."""
    while True:
        connection, _ = listener.accept()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        threading.Thread(target=_answer, args=(connection,), daemon=True).start()


def _answer(connection: socket.socket) -> None:
    received = b""
    while data := connection.recv(65536):
        received += data
        if received.endswith(BODY):
            received = b""
            connection.sendall(REPLY)


class Taken(NamedTuple):
    """Seconds of a call: by the clock, without waits for a core, and CPU time of the one asked."""

    clock: float
    running: float
    cpu: float


def kernels_counts(processes: Sequence[int]) -> tuple[float, float]:
    """Seconds in which threads of these processes had no core, and that the last one has run."""
    waited = ran = 0
    for pid in processes:
        ran = 0
        for path in Path(f"/proc/{pid}/task").glob("*/schedstat"):
            numbers = path.read_text().split()
            ran, waited = ran + int(numbers[0]), waited + int(numbers[1])
    return waited / 1e9, ran / 1e9


def taken(connection: http.client.HTTPConnection, processes: Sequence[int]) -> Taken:
    """How long one call takes, to the last byte of its reply."""
    waited, ran = kernels_counts(processes)
    begins = time.perf_counter()
    connection.request("POST", "/v1/messages", BODY, HEADERS)
    assert connection.getresponse().read() == ANSWER
    clock = time.perf_counter() - begins
    now_waited, now_ran = kernels_counts(processes)
    return Taken(clock, clock - (now_waited - waited), now_ran - ran)


def rounds_of(ways: Mapping[str, Way], count: int) -> list[dict[str, Taken]]:
    """What a call takes by each way, round after round."""
    connections = {
        name: http.client.HTTPConnection("127.0.0.1", way.port, timeout=60)
        for name, way in ways.items()
    }
    rng, names, rounds = random.Random(1), list(ways), []
    for _ in range(count + _WARM_UP):
        rng.shuffle(names)
        rounds.append({name: taken(connections[name], ways[name].processes) for name in names})
    for connection in connections.values():
        connection.close()
    return rounds[_WARM_UP:]


def main() -> int:
    """Print what the recorder adds; 1 if the median is more than allowed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--calls", type=int, default=2000)
    parser.add_argument("--fail-above", type=float, metavar="MILLISECONDS")
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        in_a_process(vendor) as (vendors, vendor_process),
        in_a_process(plain_proxy, vendors) as (proxys, proxy_process),
        recorder_of(vendors, Path(folder, "calls.jsonl")) as (recorders, recorder_process),
    ):
        both = (os.getpid(), vendor_process)
        ways = {
            DIRECT: Way(vendors, both),
            AGAIN: Way(vendors, both),
            PROXY: Way(proxys, (*both, proxy_process)),
            RECORD: Way(recorders, (*both, recorder_process)),
        }
        rounds = rounds_of(ways, options.calls)
    for name in ways:
        _print(name, [round_[name].clock for round_ in rounds])
    for name in (PROXY, RECORD):
        _print(f"CPU time of {name}", [round_[name].cpu for round_ in rounds])
    medians = {}
    for name in (AGAIN, PROXY, RECORD):
        for kind in ("running", "clock"):
            added = [getattr(r[name], kind) - getattr(r[DIRECT], kind) for r in rounds]
            medians[name, kind] = _print(f"added by {name} ({kind})", added)
    return int(options.fail_above is not None and medians[RECORD, "clock"] > options.fail_above)


def _print(name: str, times: list[float]) -> float:
    """Print some quantiles; returns the median in milliseconds."""
    cuts = statistics.quantiles(times, n=100)
    shown = "   ".join(f"p{each} {1000 * cuts[each - 1]:7.3f} ms" for each in _PERCENTS)
    print(f"{name:>35}: {shown}")
    return 1000 * cuts[49]


if __name__ == "__main__":
    raise SystemExit(main())
