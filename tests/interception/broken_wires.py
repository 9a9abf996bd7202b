"""Ways to break a connection: what a real server does, and the fault that imitates it."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from bare_clients import BODY, MESSAGES, STREAMED
from real_servers import CHUNKED, HEADERS, Scene, refusing, reset, serving

from chaos_llm.faults import (
    Fault,
    cut_stream,
    dns_failure,
    hang,
    raw,
    refuse_connection,
    reset_connection,
    stall_mid_stream,
    tls_failure,
)
from chaos_llm.timeline import Pace, Profile

LIMIT = 0.3  # real seconds
CHUNK = b"5\r\nhello\r\n"


@dataclass(frozen=True)
class Wire:
    """One way: its fault, how the journal calls the end, and the address that breaks so."""

    fault: Fault
    end: str
    address: Callable[[threading.Event], object]  # a context manager of it
    streamed: bool = False

    @property
    def body(self) -> object:
        return STREAMED if self.streamed else BODY

    @contextmanager
    def real(self, read: threading.Event) -> Iterator[str]:
        with self.address(read) as address:
            yield address


def _served(begun: bytes = b"", *, then: Scene) -> Callable[[threading.Event], object]:
    """A server that begins a reply, waits until that was read, and then does the rest."""

    def address(read: threading.Event) -> object:
        def play(connection: socket.socket) -> None:
            if begun:
                connection.sendall(begun)
                read.wait(5)
            then(connection)

        return serving(play)

    return address


@contextmanager
def _nobody(_: threading.Event) -> Iterator[str]:
    yield refusing()


@contextmanager
def _unknown(_: threading.Event) -> Iterator[str]:
    yield "http://no-such-host.invalid"


@contextmanager
def _hangs_up_on_tls(_: threading.Event) -> Iterator[str]:
    def scene() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            connection.recv(65536)
            connection.close()

    listener = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=scene, daemon=True)
    thread.start()
    try:
        yield f"https://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(5)


def _close(connection: socket.socket) -> None:
    connection.close()


def _falls_short(connection: socket.socket) -> None:
    connection.sendall(HEADERS + b"content-length: 100\r\n\r\nhello")
    connection.close()


def _nothing(connection: socket.socket) -> None:
    del connection


WIRES = {
    "refused": Wire(refuse_connection(), "refused", _nobody),
    "unresolved": Wire(dns_failure(), "refused", _unknown),
    "hung up on in the TLS handshake": Wire(tls_failure(), "closed", _hangs_up_on_tls),
    "reset before the headers": Wire(reset_connection(), "reset", _served(then=reset)),
    "closed before the headers": Wire(hang("0.1s"), "closed", _served(then=_close)),
    "silent before the headers": Wire(hang(), "timeout", _served(then=_nothing)),
    "closed in mid-stream": Wire(
        cut_stream(), "closed", _served(CHUNKED + CHUNK, then=_close), streamed=True
    ),
    "reset in mid-stream": Wire(
        cut_stream(by="reset"), "reset", _served(CHUNKED + CHUNK, then=reset), streamed=True
    ),
    "silent in mid-stream": Wire(
        stall_mid_stream(), "timeout", _served(CHUNKED + CHUNK, then=_nothing), streamed=True
    ),
    "a body shorter than promised": Wire(
        raw(200, {"content-length": "100"}, b"hello"), "closed", _served(then=_falls_short)
    ),
}


def host_and_port(url: str) -> tuple[str, ...]:
    """What two errors about two addresses differ in."""
    host = url.partition("//")[2].partition("/")[0]
    name, _, port = host.partition(":")
    return name, port or ("443" if url.startswith("https") else "80")


def texts_match(real: BaseException, url: str, played: BaseException) -> bool:
    """Whether two errors say the same, each about its own address."""
    return _without(real, url) == _without(played, MESSAGES)


def _without(error: BaseException, url: str) -> str:
    name, port = host_and_port(url)
    text = str(error).replace(name, "HOST").replace("192.0.2.1", "HOST").replace("HTTPS", "HTTP")
    return text.replace(port, "PORT").replace("443", "PORT")


def paced(**pace: float) -> Profile:
    """A healthy provider that takes its time."""
    starts = datetime(2026, 3, 2, tzinfo=UTC)
    return Profile("paced", "slow and well", starts, 0.0, healthy={"anthropic": Pace(**pace)})


def ends(chaos: object) -> list[str]:
    return [exchange.end for exchange in chaos.journal]


NO_CHECKS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
NO_CHECKS.check_hostname, NO_CHECKS.verify_mode = False, ssl.CERT_NONE
