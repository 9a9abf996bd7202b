"""How much later replies come through the recorder: wall time, paired with direct calls.

    python benchmarks/recorder_latency.py [--calls 2000] [--fail-above 1.0]

A vendor and `chaos-llm record` are processes of their own on loopback. One client asks the vendor,
a plain proxy and the recorder in turn, over connections that stay open; what is compared are calls
that follow each other, so that what else the machine does meets all three.
"""

from __future__ import annotations

import argparse
import http.client
import socket
import statistics
import tempfile
import threading
import time
from pathlib import Path

from recorder import ANSWER, BODY, HEADERS, REPLY, in_a_process, plain_proxy
from recorder import recorder as recorder_of


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


def seconds(connection: http.client.HTTPConnection) -> float:
    """How long one call takes, to the last byte of its reply."""
    begins = time.perf_counter()
    connection.request("POST", "/v1/messages", BODY, HEADERS)
    assert connection.getresponse().read() == ANSWER
    return time.perf_counter() - begins


def main() -> int:
    """Print what the recorder adds; 1 if the median is more than allowed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--calls", type=int, default=2000)
    parser.add_argument("--fail-above", type=float, metavar="MILLISECONDS")
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        in_a_process(vendor) as (vendors, _),
        in_a_process(plain_proxy, vendors) as (proxys, _),
        recorder_of(vendors, Path(folder, "calls.jsonl")) as (recorders, _),
    ):
        names = {"direct": vendors, "a plain proxy": proxys, "chaos-llm record": recorders}
        connections = {
            name: http.client.HTTPConnection("127.0.0.1", port, timeout=60)
            for name, port in names.items()
        }
        rounds = [
            {name: seconds(each) for name, each in connections.items()}
            for _ in range(options.calls + 50)
        ][50:]  # the first ones open connections and import
        for each in connections.values():
            each.close()
    for name in names:
        _print(name, [round_[name] for round_ in rounds])
    added = [round_["chaos-llm record"] - round_["direct"] for round_ in rounds]
    _print("added by record", added)
    median = 1000 * statistics.median(added)
    direct = 1000 * statistics.median(round_["direct"] for round_ in rounds)
    print(f"a call through the recorder takes {(direct + median) / direct:.1f} times as long here")
    return int(options.fail_above is not None and median > options.fail_above)


def _print(name: str, times: list[float]) -> None:
    cuts = statistics.quantiles(times, n=100)
    print(f"{name:>18}: p50 {1000 * cuts[49]:7.3f} ms   p99 {1000 * cuts[98]:7.3f} ms")


if __name__ == "__main__":
    raise SystemExit(main())
