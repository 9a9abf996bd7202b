"""Ways to break a connection: what a real server does, and the fault that imitates it."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from ssl import SSLContext
from unittest.mock import patch
from urllib.parse import urlsplit

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
from support.http_clients import BODY, MESSAGES, STREAMED
from support.real_servers import CHUNKED, HEADERS, Scene, refusing, reset, serving
from support.waiting import PATIENCE

Tls = SSLContext | None

QUIET = 1.0  # real seconds of silence after which a client gives up
CHUNK = b"5\r\nhello\r\n"


@dataclass(frozen=True)
class Wire:
    """One way: its fault, how the journal calls the end, and the address that breaks so."""

    fault: Fault
    end: str
    address: Callable[..., AbstractContextManager[str]]  # of what was read, and of a TLS context
    streamed: bool = False

    @property
    def limit(self) -> float:
        """How long a client waits: only a silent server lets it come to that."""
        return QUIET if self.end == "timeout" else PATIENCE

    @property
    def body(self) -> object:
        return STREAMED if self.streamed else BODY


def _served(begun: bytes = b"", *, then: Scene) -> Callable[..., AbstractContextManager[str]]:
    """A server that begins a reply, waits until that was read, and then does the rest."""

    def address(read: threading.Event, tls: Tls = None) -> AbstractContextManager[str]:
        def play(connection: socket.socket) -> None:
            if begun:
                connection.sendall(begun)
                read.wait(PATIENCE)
            then(connection)

        return serving(play, tls)

    return address


@contextmanager
def _nobody(_: threading.Event, tls: Tls = None) -> Iterator[str]:
    yield refusing()


@contextmanager
def _unknown(_: threading.Event, tls: Tls = None) -> Iterator[str]:
    with patch("socket.getaddrinfo", side_effect=socket.gaierror(-2, "Name or service not known")):
        yield "http://no-such-host.invalid"  # and nobody is asked for it


@contextmanager
def _hangs_up_on_tls(_: threading.Event, tls: Tls = None) -> Iterator[str]:
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
        thread.join(PATIENCE)


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


def texts_match(real: BaseException, url: str, played: BaseException) -> bool:
    """Whether two errors say the same, each about its own address and its own object."""
    return _without_address(real, url) == _without_address(played, MESSAGES)


def _without_address(error: BaseException, url: str) -> str:
    parts = urlsplit(url)
    port = parts.port or {"http": 80, "https": 443}[parts.scheme]
    text = str(error).replace("HTTPS", "HTTP").replace("192.0.2.1", "HOST")  # RFC 5737's
    text = text.replace(str(parts.hostname), "HOST").replace(str(port), "PORT")
    return re.sub(r"0x\w+|_ssl\.c:\d+|\b443\b", "PORT", text)


def ends(chaos: object) -> list[str]:
    return [exchange.end for exchange in chaos.journal]
