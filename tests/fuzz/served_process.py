"""The server in a process of its own, a client that reads strictly, and one that only waits."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

PAGE = os.sysconf("SC_PAGE_SIZE")
HEALTHY = {
    "model": "claude-opus-4-6",
    "max_tokens": 9,
    "messages": [{"role": "user", "content": "x"}],
}


class NoAnswer(Exception):
    """A connection ended where an answer was due; the text says after what."""


class ServedProcess:
    """`chaos-llm serve`, and what can be seen of it from outside."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "chaos_llm", "serve", "--tls", "--clock", "scaled"]
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 - closed in stop()
        self.process = subprocess.Popen(
            [*command, "--speed", "1000000", "--seed", "1"],
            stdout=subprocess.PIPE,
            stderr=self._said,
        )
        first = self.process.stdout.readline().decode()
        self.port = int(re.search(r"http://127\.0\.0\.1:(\d+)", first)[1])
        self._reads = threading.Thread(target=self.process.stdout.read, daemon=True)
        self._reads.start()

    def dial(self, limit: float = 60.0) -> socket.socket:
        """A new connection."""
        return socket.create_connection(("127.0.0.1", self.port), limit)

    @property
    def memory(self) -> int:
        """Resident bytes."""
        return int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1]) * PAGE

    @property
    def kept(self) -> int:
        """Exchanges in the journals of all runs."""
        with self.dial() as connection:
            connection.sendall(b"GET /__chaos/runs HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n")
            runs = Reader(connection).answer("GET").json()
        return sum(run["journal"]["kept"] for run in runs.values())

    @property
    def cpu(self) -> float:
        """CPU seconds of the process: however busy the machine is, they are its own."""
        return time.clock_gettime((~self.process.pid << 3) | 2)  # clock_getcpuclockid(3)

    @property
    def console(self) -> str:
        """All that it has said on stderr."""
        self._said.seek(0)
        return self._said.read().decode("utf-8", "replace")

    def stop(self) -> int:
        """End it as an operator does; its exit code."""
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(60)
        finally:
            self.process.kill()
            self._reads.join(60)
            self.process.stdout.close()
            self._said.close()


class Answer:
    """One answer as it came."""

    def __init__(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.status, self.headers, self.body = status, headers, body

    @property
    def is_json(self) -> bool:
        return self.headers.get("content-type", "").startswith("application/json")

    def json(self):
        """The body, read as strictly as other languages read: no NaN, no Infinity."""
        return json.loads(self.body, parse_constant=_no_constant)


def _no_constant(name):
    raise ValueError(f"{name} is no JSON")


class Reader:
    """Answers off one connection, one after the other."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection, self._data = connection, b""

    def _more(self) -> None:
        came = self._connection.recv(65536)
        if not came:
            raise NoAnswer(f"the end, behind {self._data[:200]!r}")
        self._data += came

    def _until(self, mark: bytes) -> bytes:
        while mark not in self._data:
            self._more()
        before, _, self._data = self._data.partition(mark)
        return before

    def _exactly(self, size: int) -> bytes:
        while len(self._data) < size:
            self._more()
        taken, self._data = self._data[:size], self._data[size:]
        return taken

    def answer(self, method: str) -> Answer:
        """The next one; raises NoAnswer where the connection ends before it does."""
        status = 100
        while status == 100:
            line, *lines = self._until(b"\r\n\r\n").decode("latin-1").split("\r\n")
            status = int(line.split(" ")[1])
        headers = {n.lower(): v.strip() for n, _, v in (each.partition(":") for each in lines)}
        if method == "HEAD" or status in (204, 304):
            return Answer(status, headers, b"")
        if "chunked" in headers.get("transfer-encoding", ""):
            return Answer(status, headers, self._chunks())
        return Answer(status, headers, self._exactly(int(headers.get("content-length", 0))))

    def _chunks(self) -> bytes:
        pieces = []
        while size := int(self._until(b"\r\n"), 16):
            pieces.append(self._exactly(size))
            self._exactly(2)
        self._until(b"\r\n")
        return b"".join(pieces)


class Bystander:
    """A second client that asks something plain all the time, and notes how long it waits."""

    def __init__(self, server: ServedProcess) -> None:
        self._server, self._ends = server, threading.Event()
        self.waited: list[float] = []
        self.trouble: list[str] = []
        self._thread = threading.Thread(target=self._ask, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._ends.set()
        self._thread.join(120)

    def _ask(self) -> None:
        body = json.dumps(HEALTHY).encode()
        head = (
            "POST /anthropic/v1/messages HTTP/1.1\r\nhost: 127.0.0.1\r\nx-api-key: b\r\n"
            "anthropic-version: 2023-06-01\r\n"
            f"x-chaos-run: bystander\r\ncontent-length: {len(body)}\r\n\r\n"
        )
        with self._server.dial() as connection:
            reader = Reader(connection)
            while not self._ends.wait(0.005):
                began = time.perf_counter()
                connection.sendall(head.encode() + body)
                try:
                    status = reader.answer("POST").status
                except (NoAnswer, OSError) as error:
                    self.trouble.append(repr(error))
                    return
                self.waited.append(time.perf_counter() - began)
                if status != 200:
                    self.trouble.append(f"status {status}")
