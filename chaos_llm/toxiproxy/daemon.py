"""The Toxiproxy of this process: one that runs already, or one that is started and stopped here.

TOXIPROXY_URL=http://127.0.0.1:8474      use the one that runs there
toxiproxy-server on PATH                 start it on a free port of loopback
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
_PORT = 8474  # Toxiproxy's default
_TRIES = 3  # another process may take the free port first
_LOOKS, _LOOK_SECONDS = 500, 0.01  # how often a new Toxiproxy is looked for; real seconds between
_STOP_SECONDS = 1.0  # real seconds; a toxic that sleeps can delay the end for minutes
_INSTALL_HINT = (
    f"no Toxiproxy was found. Put {PROGRAM} on PATH (brew install toxiproxy; go install "
    "github.com/Shopify/toxiproxy/v2/cmd/server@v2.12.0, which names it 'server'; a release of "
    f"https://github.com/Shopify/toxiproxy), or start one and set {VARIABLE}=http://127.0.0.1:8474"
)


class Toxiproxy:
    """The address of Toxiproxy's API; `process` is None if it was not started here."""

    def __init__(self, host: str, port: int, process: subprocess.Popen[bytes] | None) -> None:
        self.host, self.port, self.process = host, port, process

    def stop(self) -> None:
        """End the process, if it was started here."""
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class _Shared:
    """The one Toxiproxy of this process, and the number of servers that use it."""

    found: Toxiproxy | None = None
    count = 0
    lock = threading.Lock()


@contextmanager
def toxiproxy() -> Iterator[Toxiproxy]:
    """The Toxiproxy that all servers of this process share; raises UsageError if there is none."""
    with _Shared.lock:
        if _Shared.found is None:
            _Shared.found = _find()
        _Shared.count += 1
        found = _Shared.found
    try:
        yield found
    finally:
        with _Shared.lock:
            _Shared.count -= 1
            if not _Shared.count:
                _Shared.found = None
                found.stop()


def _find() -> Toxiproxy:
    from toxiproxy import Toxiproxy as Library  # type: ignore[import-untyped] # noqa: PLC0415

    found = _running() if os.environ.get(VARIABLE) else _started()
    Library().update_api_consumer(found.host, found.port)
    return found


def _running() -> Toxiproxy:
    """The Toxiproxy that the environment variable names."""
    url = os.environ[VARIABLE]
    parts = urlsplit(url if "//" in url else f"//{url}")
    host, port = parts.hostname or LOOPBACK, parts.port or _PORT
    if not listens(host, port):
        raise UsageError(f"{VARIABLE} is {url}, but nothing listens there; start it, or unset it")
    return Toxiproxy(host, port, None)


def _started() -> Toxiproxy:
    program = shutil.which(PROGRAM)
    if program is None:
        raise UsageError(_INSTALL_HINT)
    output = ""
    for _ in range(_TRIES):
        port = _free_port()
        with tempfile.TemporaryFile() as log:
            process = _start(program, port, log)
            if _listens_in_time(process, port):
                return Toxiproxy(LOOPBACK, port, process)
            process.kill()
            process.wait()
            log.seek(0)
            output = log.read().decode(errors="replace").strip()[-500:]
    raise UsageError(f"{program} does not start: {output or 'it printed nothing'}")


def _start(program: str, port: int, log: IO[bytes]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603 - the program that the user has on PATH
        [program, "-host", LOOPBACK, "-port", str(port)],
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        start_new_session=True,  # Ctrl-C must not end it before its toxics are off
    )


def _listens_in_time(process: subprocess.Popen[bytes], port: int) -> bool:
    """Wait until it listens; False if it ends or takes too long."""
    for _ in range(_LOOKS):
        if listens(LOOPBACK, port):
            return True
        try:
            process.wait(_LOOK_SECONDS)
        except subprocess.TimeoutExpired:
            continue
        return False
    return False


def listens(host: str, port: int) -> bool:
    """Whether connections to this address are accepted."""
    try:
        with socket.create_connection((host, port), 1.0):
            return True
    except OSError:
        return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])
