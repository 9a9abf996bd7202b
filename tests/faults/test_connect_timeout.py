from __future__ import annotations

import asyncio
import socket
from contextlib import ExitStack, closing, suppress

import httpx
import pytest

from chaos_llm import outage
from chaos_llm.faults import connect_timeout
from chaos_llm.protocol.messages import Ending

MESSAGES = "https://api.anthropic.com/v1/messages"
LIMIT = 0.3  # real seconds


@pytest.fixture
def unanswered():
    """The address of a listener whose backlog is full: the kernel drops each further SYN."""
    with ExitStack() as stack:
        listener = stack.enter_context(closing(socket.socket()))
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(4):
            caller = stack.enter_context(closing(socket.socket()))
            caller.setblocking(False)
            with suppress(BlockingIOError):
                caller.connect(listener.getsockname())
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"


def ask(address, timeout):
    httpx.post(address, json={}, timeout=timeout, trust_env=False)


def ask_async(address, timeout):
    async def scene():
        async with httpx.AsyncClient(timeout=timeout, trust_env=False) as client:
            await client.post(address, json={})

    asyncio.run(scene())


def test_no_connection_ever_stands(whole, stream, fault_context):
    for reply in (whole, stream):
        applied = connect_timeout().on_reply(reply, fault_context)
        assert (applied.wait, applied.chunks, applied.ending) == (0.0, (), Ending.CONNECT_TIMEOUT)


@pytest.mark.parametrize("asked", [ask, ask_async])
def test_it_ends_as_a_real_one_does(asked, unanswered):
    with pytest.raises(httpx.ConnectTimeout) as real:
        asked(unanswered, LIMIT)
    with outage() as chaos:
        chaos.on("anthropic").inject(connect_timeout())
        with pytest.raises(httpx.ConnectTimeout) as replayed:
            asked(MESSAGES, LIMIT)
    assert str(replayed.value) == str(real.value)
    assert chaos.journal[0].end == "timeout"


def test_the_client_waits_for_its_own_connect_timeout_and_not_for_its_others():
    with outage() as chaos:
        chaos.on("anthropic").inject(connect_timeout())
        with pytest.raises(httpx.ConnectTimeout):
            ask(MESSAGES, httpx.Timeout(600, connect=7))
        assert chaos.now == 7


@pytest.mark.parametrize("limit", [None, 600])
def test_a_client_with_a_longer_timeout_gets_the_error_of_linux(limit):
    with outage() as chaos:
        chaos.on("anthropic").inject(connect_timeout())
        with pytest.raises(httpx.ConnectError, match=r"\[Errno 110\] Connection timed out"):
            ask(MESSAGES, httpx.Timeout(None, connect=limit))
        assert chaos.now == 131
