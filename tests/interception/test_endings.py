"""A played connection breaks as a real one does: the same error with the same text.

Each cell breaks a connection to a real server on loopback, then has a fault break one to a
provider, and compares what the client raised.
"""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from bare_clients import BODY, MESSAGES, STREAMED, each, streamed
from real_servers import CHUNKED, HEADERS, Scene, refusing, reset, serving

from chaos_llm import outage
from chaos_llm.faults import (
    Fault,
    cut_stream,
    hang,
    raw,
    refuse_connection,
    reset_connection,
    stall_mid_stream,
)

CHUNK = b"5\r\nhello\r\n"
LIMIT = 0.3  # real seconds


@dataclass(frozen=True)
class Cell:
    """A way to break a connection: what a server does, and the fault that imitates it."""

    fault: Fault
    end: str  # in the journal
    breaks: Callable[[threading.Event], Scene] | None = None  # None: nobody listens
    body: object = None
    tls: bool = False  # time-outs have another text over TLS, which is what providers speak


def closes(_):
    return lambda connection: connection.close()


def resets(_):
    return reset


def keeps_silent(_):
    return lambda connection: None


def sends(head: bytes, then: Scene):
    def scene(read: threading.Event):
        def play(connection):
            connection.sendall(head)
            read.wait(5)
            then(connection)

        return play

    return scene


CELLS = {
    "refused": Cell(refuse_connection(), "refused"),
    "reset before the headers": Cell(reset_connection(), "reset", resets),
    "closed before the headers": Cell(hang("0.1s"), "closed", closes),
    "silent before the headers": Cell(hang(), "timeout", keeps_silent, tls=True),
    "closed in mid-stream": Cell(
        cut_stream(), "closed", sends(CHUNKED + CHUNK, lambda c: c.close()), STREAMED
    ),
    "reset in mid-stream": Cell(
        cut_stream(by="reset"), "reset", sends(CHUNKED + CHUNK, reset), STREAMED
    ),
    "silent in mid-stream": Cell(
        stall_mid_stream(), "timeout", sends(CHUNKED + CHUNK, lambda c: None), STREAMED, tls=True
    ),
    "a body shorter than promised": Cell(
        raw(200, {"content-length": "100"}, b"hello"),
        "closed",
        sends(HEADERS + b"content-length: 100\r\n\r\nhello", lambda c: c.close()),
    ),
}


@pytest.fixture(scope="module")
def authority():
    return pytest.importorskip("trustme").CA()


@pytest.fixture
def server_tls(authority):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return context


@pytest.fixture
def trust(authority):
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


def raised(http, url, body, read, **options):
    """What a client raises that reads to the end, and how many bytes it had by then."""
    client = http.client(timeout=LIMIT, **options)
    told = []

    async def scene():
        async with streamed(client, url=url, json=body or BODY) as response:
            async for chunk in each(http.raw(response)):
                told.append(chunk)
                read.set()

    with pytest.raises(http.module.TransportError) as caught:
        http.run(scene())
    return caught.value, len(b"".join(told))


def broken_for_real(http, cell, server_tls, trust):
    read = threading.Event()
    if cell.breaks is None:
        return raised(http, refusing(), cell.body, read)
    tls = server_tls if cell.tls else None
    with serving(cell.breaks(read), tls) as address:
        return raised(http, address, cell.body, read, verify=trust)


@pytest.mark.parametrize("name", CELLS)
def test_it_breaks_as_a_real_connection_does(http, name, server_tls, trust):
    cell = CELLS[name]
    real, real_bytes = broken_for_real(http, cell, server_tls, trust)
    with outage() as chaos:
        chaos.on("anthropic").inject(cell.fault)
        played, played_bytes = raised(http, MESSAGES, cell.body, threading.Event())
    assert type(played) is type(real)
    assert str(played) == str(real)
    assert bool(played_bytes) == bool(real_bytes)
    assert played.request.url == MESSAGES
    assert [exchange.end for exchange in chaos.journal] == [cell.end]


def test_a_whole_answer_with_a_broken_body_raises_while_it_is_read(http):
    with outage() as chaos:
        chaos.on("anthropic").inject(raw(200, {"content-length": "100"}, b"hello"))
        with pytest.raises(http.module.RemoteProtocolError, match="received 5 bytes, expected 100"):
            http.ask()
