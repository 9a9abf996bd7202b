"""How the parent of several workers looks at new connections: which run, and how long it waits."""

from __future__ import annotations

import asyncio
import socket

import pytest
from support.raw_sockets import heard, request

from chaos_llm.server.launch.settings import Limits, Settings
from chaos_llm.server.workers.arrivals import Arrivals, listen
from chaos_llm.server.workers.run_names import head_of, name_of, worker_of


@pytest.mark.parametrize(
    ("headers", "run"),
    [
        ({}, "default"),
        ({"x_chaos_run": "mine"}, "mine"),
        ({"X_Chaos_Run": " mine "}, "mine"),
        ({"x_api_key": "sk-chaos-run-yours"}, "yours"),
        ({"x_api_key": "sk-chaos-run-yours", "x_chaos_run": "mine"}, "mine"),
        ({"x_chaos_run": "no name!"}, "default"),
    ],
)
def test_the_head_of_a_request_names_its_run(headers, run):
    head = head_of(request(**headers))
    assert head is not None
    assert name_of(head) == run


def test_a_name_in_the_body_is_no_header():
    body = b"\r\n\r\nx-chaos-run: mine\r\n\r\n"
    assert name_of(head_of(request(body=body))) == "default"


@pytest.mark.parametrize("data", [b"P", b"POST", b"POST /x HTTP/1.1\r\nhost: a", b"\r\n"])
def test_half_a_head_is_none_yet(data):
    assert head_of(data) is None


@pytest.mark.parametrize("data", [b"\x00", b"post /", b"what is this", b"\x16\x03\x01"])
def test_what_begins_no_request_is_waited_for_no_longer(data):
    assert head_of(data) == data


def test_the_worker_of_a_run_is_the_crc32_of_its_name():
    assert worker_of("default", 7) == 0xE35E00DF % 7
    assert {worker_of(f"r{n}", 4) for n in range(40)} == {0, 1, 2, 3}


def after_patience(sent):
    """What a client hears that sends so much and no more, and whether it was handed on."""
    handed = []

    def talk(port):
        with socket.create_connection(("127.0.0.1", port)) as client:
            client.sendall(sent)
            return heard(client)

    async def serve():
        settings = Settings(limits=Limits(patience=0.2))
        sock = listen(settings)
        arrivals = Arrivals(sock, settings, lambda *given: handed.append(given))
        try:
            return await asyncio.to_thread(talk, sock.getsockname()[1])
        finally:
            arrivals.close()

    return asyncio.run(serve()), handed


def test_half_a_head_is_answered_in_words_when_patience_ends():
    told, handed = after_patience(b"POST /anthropic HTTP/1.1\r\nhost: x\r\n")
    assert (told.status, told.end, handed) == (408, "fin", [])


def test_a_connection_that_says_nothing_is_closed_when_patience_ends():
    told, handed = after_patience(b"")
    assert (told.data, told.end, handed) == (b"", "fin", [])
