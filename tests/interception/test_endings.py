"""A simulated connection breaks as a real one: with the same error and text.

Each cell breaks a connection to a real server on loopback, then has a fault break one to a
provider, and compares what the client raised.
"""

from __future__ import annotations

import ssl
import threading

import pytest
from support.broken_connections import WIRES, ends, texts_match
from support.http_clients import MESSAGES, each, streamed

from chaos_llm import outage
from chaos_llm.faults import raw


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


def raised(http, url, wire, read, **options):
    """The error of a client that reads to the end, and the number of bytes before it."""
    client = http.client(timeout=wire.limit, **options)
    chunks = []

    async def scene():
        async with streamed(client, url=url, json=wire.body) as response:
            async for chunk in each(http.raw(response)):
                chunks.append(chunk)
                read.set()

    with pytest.raises(http.module.TransportError) as caught:
        http.run(scene())
    return caught.value, len(b"".join(chunks))


@pytest.mark.exhaustive
@pytest.mark.parametrize("name", WIRES)
def test_it_breaks_as_a_real_connection_does(http, name, server_tls, trust):
    wire, read = WIRES[name], threading.Event()
    tls = server_tls if wire.end == "timeout" else None  # a time-out has another text over TLS
    with wire.address(read, tls) as url:
        real, real_bytes = raised(http, url, wire, read, verify=trust)
    with outage() as chaos:
        chaos.on("anthropic").inject(wire.fault)
        simulated, simulated_bytes = raised(http, MESSAGES, wire, threading.Event())
    assert type(simulated) is type(real)
    assert texts_match(real, url, simulated)
    assert bool(simulated_bytes) == bool(real_bytes)
    assert simulated.request.url == MESSAGES
    assert ends(chaos) == [wire.end]


def test_a_whole_answer_with_a_broken_body_raises_while_it_is_read(http):
    with outage() as chaos:
        chaos.on("anthropic").inject(raw(200, {"content-length": "100"}, b"hello"))
        with pytest.raises(http.module.RemoteProtocolError, match="received 5 bytes, expected 100"):
            http.ask()
