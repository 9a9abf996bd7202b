from __future__ import annotations

import re
import socket
import threading
from contextlib import suppress

import httpx
import pytest

from chaos_llm import outage
from chaos_llm.faults import tls_failure
from chaos_llm.protocol.messages import Ending

MESSAGES = "https://api.anthropic.com/v1/messages"


@pytest.fixture
def hangs_up():
    """The address of a server that closes when it has read a client's hello."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve():
            with suppress(OSError):
                connection, _ = listener.accept()
                with connection:
                    connection.recv(4096)

        server = threading.Thread(target=serve)
        server.start()
        yield f"https://127.0.0.1:{listener.getsockname()[1]}/"
        server.join()


def without_line(error):
    """The text of a TLS error; in which line of _ssl.c it was raised changes with each Python."""
    return re.sub(r"\(_ssl\.c:\d+\)", "", str(error))


def test_the_request_is_never_read(whole, stream, fault_context):
    for reply in (whole, stream):
        applied = tls_failure().on_reply(reply, fault_context)
        assert (applied.wait, applied.chunks, applied.ending) == (0.0, (), Ending.TLS_FAILED)


def test_it_ends_as_a_real_handshake_does(hangs_up):
    with pytest.raises(httpx.ConnectError) as real:
        httpx.get(hangs_up, trust_env=False)
    with outage() as chaos:
        chaos.on("anthropic").inject(tls_failure())
        with pytest.raises(httpx.ConnectError) as replayed:
            httpx.post(MESSAGES, json={})
    assert without_line(replayed.value) == without_line(real.value)
    assert (chaos.journal[0].status, chaos.journal[0].end) == (0, "closed")
