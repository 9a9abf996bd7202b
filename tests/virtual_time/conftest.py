"""Servers on loopback in real time, as a team's Redis or Postgres is."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, suppress
from datetime import UTC, datetime

import pytest
import trustme

from chaos_llm.virtual_time import active, real_monotonic, real_sleep

StartServer = Callable[..., int]
MARCH_2 = datetime(2026, 3, 2, 11, 37, tzinfo=UTC)


@pytest.fixture
def march() -> datetime:
    return MARCH_2


@pytest.fixture(autouse=True)
def real_time_before_and_after() -> Iterator[None]:
    yield
    assert active() is None
    threads_time = threading.Event()
    began = real_monotonic()
    threads_time.wait(0.002)
    assert real_monotonic() - began >= 0.002


@pytest.fixture
def late_server() -> Iterator[StartServer]:
    """Start a server that answers each request with these parts after pauses in real seconds."""
    stop = threading.Event()
    listeners: list[socket.socket] = []

    def serve(
        listener: socket.socket, parts: list[bytes], pause: float, tls: ssl.SSLContext | None
    ) -> None:
        while not stop.is_set():
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            speak = connection
            with suppress(OSError), closing(connection), ExitStack() as closes:
                if tls:
                    speak = closes.enter_context(tls.wrap_socket(connection, server_side=True))
                while speak.recv(1000):
                    for part in parts:
                        real_sleep(pause)
                        speak.sendall(part)

    def start(parts: list[bytes], pause: float, tls: ssl.SSLContext | None = None) -> int:
        listener = socket.create_server(("127.0.0.1", 0))
        listeners.append(listener)
        threading.Thread(
            target=serve, args=(listener, parts, pause, tls), daemon=True, name="late server"
        ).start()
        return int(listener.getsockname()[1])

    yield start
    stop.set()
    for listener in listeners:
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()


@pytest.fixture(scope="session")
def tls_pair() -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's and a client's TLS context that trust each other."""
    authority = trustme.CA()
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(server)
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    authority.configure_trust(client)
    return server, client
