"""The Toxiproxy of this process: one that runs already, else one that is started and stopped here.

TOXIPROXY_URL=http://127.0.0.1:8474      one that runs
toxiproxy-server on PATH                 started on a free port of loopback
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO
from urllib.parse import urlsplit

from chaos_llm.errors import UsageError

PROGRAM, VARIABLE = "toxiproxy-server", "TOXIPROXY_URL"
LOOPBACK = "127.0.0.1"
_PORT = 8474  # Toxiproxy's own
_TRIES = 3  # somebody else may take the free port first
_GLANCES, _GLANCE = 500, 0.01  # looks for a Toxiproxy that starts, and real seconds of each
_FAREWELL = 1.0  # real seconds; it sleeps on for minutes where a toxic does
_HOW = (
    f"no Toxiproxy was found. Put {PROGRAM} on PATH (brew install toxiproxy; go install "
    "github.com/Shopify/toxiproxy/v2/cmd/server@v2.12.0, which names it 'server'; a release of "
    f"https://github.com/Shopify/toxiproxy), or start one and set {VARIABLE}=http://127.0.0.1:8474"
)


class Toxiproxy:
    """Where Toxiproxy's own API is; `process` is ours, where we started it."""

    def __init__(self, host: str, port: int, process: subprocess.Popen[bytes] | None) -> None:
        self.host, self.port, self.process = host, port, process

    def stop(self) -> None:
        """End the process, if it is ours."""
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(_FAREWELL)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class _Users:
    """The one Toxiproxy of this process, and how many servers are behind it."""

    found: Toxiproxy | None = None
    count = 0
    lock = threading.Lock()


@contextmanager
def toxiproxy() -> Iterator[Toxiproxy]:
    """The Toxiproxy that all servers of this process use; raises UsageError where there is none."""
    with _Users.lock:
        if _Users.found is None:
            _Users.found = _find()
        _Users.count += 1
        found = _Users.found
    try:
        yield found
    finally:
        with _Users.lock:
            _Users.count -= 1
            if not _Users.count:
                _Users.found = None
                found.stop()


def _find() -> Toxiproxy:
    from toxiproxy import Toxiproxy as Library  # type: ignore[import-untyped] # noqa: PLC0415

    found = _named() if os.environ.get(VARIABLE) else _started()
    Library().update_api_consumer(found.host, found.port)
    return found


def _named() -> Toxiproxy:
    """The one that runs already."""
    url = os.environ[VARIABLE]
    parts = urlsplit(url if "//" in url else f"//{url}")
    host, port = parts.hostname or LOOPBACK, parts.port or _PORT
    if not listens(host, port):
        raise UsageError(f"{VARIABLE} is {url}, and nobody listens there; start it, or unset it")
    return Toxiproxy(host, port, None)


def _started() -> Toxiproxy:
    program = shutil.which(PROGRAM)
    if program is None:
        raise UsageError(_HOW)
    said = ""
    for _ in range(_TRIES):
        port = _free_port()
        with tempfile.TemporaryFile() as log:
            process = _start(program, port, log)
            if _comes(process, port):
                return Toxiproxy(LOOPBACK, port, process)
            process.kill()
            process.wait()
            log.seek(0)
            said = log.read().decode(errors="replace").strip()[-500:]
    raise UsageError(f"{program} does not start: {said or 'it says nothing'}")


def _start(program: str, port: int, log: IO[bytes]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603 - the program that the user has on PATH
        [program, "-host", LOOPBACK, "-port", str(port)],
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        start_new_session=True,  # Ctrl-C is ours to hear; it is ended when its toxics are off
    )


def _comes(process: subprocess.Popen[bytes], port: int) -> bool:
    """Wait until it listens; False where it ends, or takes too long."""
    for _ in range(_GLANCES):
        if listens(LOOPBACK, port):
            return True
        try:
            process.wait(_GLANCE)
        except subprocess.TimeoutExpired:
            continue
        return False
    return False


def listens(host: str, port: int) -> bool:
    """Whether somebody takes connections there."""
    try:
        with socket.create_connection((host, port), 1.0):
            return True
    except OSError:
        return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])
