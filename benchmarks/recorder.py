"""CPU time that the recorder adds to one exchange, beside a proxy that only passes bytes on.

    python benchmarks/recorder.py [--calls 500] [--rounds 6] [--fail-above 12]

A vendor, a plain proxy and `chaos-llm record` are processes of their own on loopback. One client
makes blocks of calls through each in turn over one connection, because the machine may be shared;
of the blocks the lower quartile counts. CPU time is the process's own, as the kernel counts it.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import multiprocessing
import re
import selectors
import socket
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

BODY = json.dumps(
    {
        "model": "claude-opus-4-6",
        "max_tokens": 500,
        "messages": [{"role": "user", "content": "Where is my order KX-48213? " * 20}],
    }
).encode()
HEADERS = {"content-type": "application/json", "x-api-key": "sk-test"}
ANSWER = json.dumps({"id": "msg_1", "type": "message", "text": "It left on Monday. " * 50}).encode()
REPLY = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%s" % (
    len(ANSWER),
    ANSWER,
)


def vendor(listener: socket.socket) -> None:
    """Answers each request on a connection, one connection after the other."""
    while True:
        connection, _ = listener.accept()
        received = b""
        while data := connection.recv(65536):
            received += data
            if received.endswith(BODY):
                received = b""
                connection.sendall(REPLY)


def plain_proxy(listener: socket.socket, port: int) -> None:
    """Passes bytes on in both directions, and does nothing else."""
    while True:
        client, _ = listener.accept()
        upstream = socket.create_connection(("127.0.0.1", port))
        for each in (client, upstream):
            each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with client, upstream, selectors.DefaultSelector() as ready:
            ready.register(client, selectors.EVENT_READ, upstream)
            ready.register(upstream, selectors.EVENT_READ, client)
            while all(_passed_on(key) for key, _ in ready.select()):
                pass


def _passed_on(key: selectors.SelectorKey) -> bool:
    data = key.fileobj.recv(65536)  # type: ignore[union-attr] # a socket
    key.data.sendall(data)
    return bool(data)


@contextlib.contextmanager
def in_a_process(serve: object, *arguments: object) -> Iterator[tuple[int, int]]:
    """The port and the process of a server of this file."""
    listener = socket.create_server(("127.0.0.1", 0))
    process = multiprocessing.Process(target=serve, args=(listener, *arguments), daemon=True)
    process.start()
    try:
        yield listener.getsockname()[1], process.pid or 0
    finally:
        process.terminate()
        process.join()


@contextlib.contextmanager
def recorder(port: int, path: Path) -> Iterator[tuple[int, int]]:
    """The port and the process of `chaos-llm record` in front of a port."""
    command = [sys.executable, "-m", "chaos_llm", "record", "-o", str(path)]
    upstream = ["--upstream", f"http://127.0.0.1:{port}"]
    with subprocess.Popen([*command, *upstream], stdout=subprocess.PIPE, text=True) as process:
        try:
            yield _said_port(process), process.pid
        finally:
            process.terminate()


def _said_port(process: subprocess.Popen[str]) -> int:
    """The port that a recorder says when it has begun."""
    assert process.stdout is not None
    said = ""
    while "keys are masked" not in said:
        line = process.stdout.readline()
        assert line, f"the recorder ended: {said}"
        said += line
    found = re.search(r"http://127\.0\.0\.1:(\d+)", said)
    assert found, said
    return int(found[1])


def cpu(pid: int) -> float:
    """Microseconds that all threads of a process have run."""
    stats = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(each.read_text().split()[0]) for each in stats) / 1000


def block(port: int, pid: int, calls: int) -> float:
    """Microseconds of CPU time of one call, in a process that passes it on."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    _call(connection)
    before = cpu(pid)
    for _ in range(calls):
        _call(connection)
    spent = cpu(pid) - before
    connection.close()
    return spent / calls


def _call(connection: http.client.HTTPConnection) -> None:
    connection.request("POST", "/v1/messages", BODY, HEADERS)
    assert connection.getresponse().read() == ANSWER


def main() -> int:
    """Print the CPU time of both proxies for one exchange; 1 if the recorder adds too much."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--calls", type=int, default=500, help="calls in a block")
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--fail-above", type=float, metavar="TIMES")
    options = parser.parse_args()
    times: dict[str, list[float]] = {"a plain proxy": [], "chaos-llm record": []}
    with (
        tempfile.TemporaryDirectory() as folder,
        in_a_process(vendor) as (vendors, _),
        in_a_process(plain_proxy, vendors) as plain,
    ):
        for number in range(options.rounds):
            times["a plain proxy"].append(block(*plain, options.calls))
            # The vendor serves one connection at a time, so a recorder lives for one block.
            path = Path(folder, f"{number}.jsonl")
            with recorder(vendors, path) as recording:
                times["chaos-llm record"].append(block(*recording, options.calls))
            assert len(path.read_text().splitlines()) > options.calls
    quartile = {name: statistics.quantiles(each, n=4)[0] for name, each in times.items()}
    for name, microseconds in quartile.items():
        print(f"{name:>18}: {microseconds:7.0f} microseconds of CPU time for an exchange")
    plain_time, record_time = quartile.values()
    added, ratio = record_time - plain_time, record_time / plain_time
    print(f"the recorder adds {added:.0f} microseconds: {ratio:.1f} times")
    return int(options.fail_above is not None and ratio > options.fail_above)


if __name__ == "__main__":
    raise SystemExit(main())
