"""What the simulated core reports is what the real one does, against the same answers on loopback.

The server is ours behind a real grpcio server; the client is xai-sdk on the real core, then on the
simulated one. Compared are the class of the error, its code, details and trailers, what came before
it, and the attempts that reached the provider.
"""

from __future__ import annotations

import asyncio
import socket
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import pytest
from support.http2_server import close, data, headers, serving, until_it_is_read
from support.libraries import library

from chaos_llm import faults, outage
from chaos_llm.protocol.grpc_wire import Status, frame, trailer_frame
from chaos_llm.protocol.messages import Chunk, Ending, Reply
from chaos_llm.server.launch.server_handle import ServerThread
from chaos_llm.server.launch.settings import Settings

grpc = library("grpc")
xai_sdk = library("xai_sdk")

LIMIT = 2  # real seconds, where silence has to end by the client's own limit
CASES = {
    "healthy": None,
    "UNAVAILABLE, always": faults.overloaded(),
    "UNAVAILABLE, twice": faults.overloaded(),
    "INTERNAL": faults.server_error(),
    "DEADLINE_EXCEEDED by the provider": faults.server_error(504),
    "RESOURCE_EXHAUSTED": faults.rate_limited(retry_after=7),
    "UNAUTHENTICATED": faults.auth_expired(),
    "INVALID_ARGUMENT": faults.wrong_refusal(),
    "silence": faults.hang(),
    "an error in the middle": faults.error_mid_stream(),
    "a stall in the middle": faults.stall_mid_stream(),
    "a shorter answer": faults.truncated_answer(),
}
UNTIL_THE_LIMIT = ("silence", "a stall in the middle")
BY_THE_CLIENT = "Stream removed (Deadline Exceeded)"
BY_THE_SERVER = "Deadline Exceeded"


@dataclass(frozen=True)
class Seen:
    """What a client saw of a call, and how often it asked."""

    error: str
    code: Any
    details: str
    trailers: tuple[tuple[str, Any], ...]
    pieces: tuple[str, ...]
    attempts: int


def chat(client: Any) -> Any:
    from xai_sdk.chat import user

    return client.chat.create(model="grok-3", messages=[user("What is the weather?")])


def sample(options: dict[str, Any], pieces: list[str]) -> None:
    with xai_sdk.Client(api_key="xai-key", **options) as client:
        pieces.append(chat(client).sample().content)


def stream(options: dict[str, Any], pieces: list[str]) -> None:
    with xai_sdk.Client(api_key="xai-key", **options) as client:
        for _, chunk in chat(client).stream():
            pieces.append(chunk.content)


def async_sample(options: dict[str, Any], pieces: list[str]) -> None:
    async def talk() -> None:
        async with xai_sdk.AsyncClient(api_key="xai-key", **options) as client:
            pieces.append((await chat(client).sample()).content)

    asyncio.run(talk())


def async_stream(options: dict[str, Any], pieces: list[str]) -> None:
    async def talk() -> None:
        async with xai_sdk.AsyncClient(api_key="xai-key", **options) as client:
            async for _, chunk in chat(client).stream():
                pieces.append(chunk.content)

    asyncio.run(talk())


def seen(talk: Any, options: dict[str, Any], journal: Any) -> Seen:
    pieces: list[str] = []
    try:
        talk(options, pieces)
    except grpc.RpcError as error:
        trailers = tuple((name, value) for name, value in error.trailing_metadata() or ())
        code, details, name = error.code(), error.details(), type(error).__name__
    else:
        code = details = name = trailers = None
    return Seen(name, code, details, trailers, tuple(pieces), len(journal()))


@pytest.fixture(scope="module")
def server():
    with ServerThread(Settings(grpc=0)) as thread:
        yield thread


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("talk", [sample, stream, async_sample, async_stream])
def test_the_simulated_core_reports_what_the_real_one_does(server, talk, case):
    fault, times = CASES[case], 2 if case.endswith("twice") else None
    options = {"timeout": LIMIT if case in UNTIL_THE_LIMIT else 30}
    here = server.hand(name := f"{talk.__name__}-{list(CASES).index(case)}")
    on_loopback = {
        "api_host": here.grpc,
        "use_insecure_channel": True,
        "metadata": (("x-chaos-run", name),),
    }
    with outage() as chaos:
        for provider in (here.on("xai"), chaos.on("xai")) if fault else ():
            provider.inject(fault, times=times)
        simulated = seen(talk, options, lambda: chaos.journal)
    real = seen(talk, options | on_loopback, lambda: here.journal)
    assert simulated == without_the_servers_timer(real)


def without_the_servers_timer(real: Seen) -> Seen:
    """What the client would have seen, had its own timer been the first of the two.

    A real server of gRPC also ends a call at its deadline. If its trailers arrive before the client
    has given up, a stream that had begun ends with the server's words.
    """
    if real.pieces and real.details == BY_THE_SERVER:
        return replace(real, details=BY_THE_CLIENT)
    return real


@pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "asyncio"])
def test_a_stall_ends_in_the_words_of_a_real_client_whose_server_keeps_no_time(asynchronous):
    talk = (lambda *of: asyncio.run(read_later(*of))) if asynchronous else read
    with serving([headers(*GRPC), data(MESSAGE)]) as (address, _):
        real = talk(address, LIMIT)
    with outage() as chaos:
        chaos.on("xai").inject(Saying(of_frames(MESSAGE, ending=Ending.SILENT)))
        assert talk("api.x.ai", LIMIT) == real
    assert real[:3] == ([MESSAGE[5:]], grpc.StatusCode.DEADLINE_EXCEEDED, BY_THE_CLIENT)


METHOD = "/xai_api.Chat/GetCompletionChunk"
GRPC = ((":status", "200"), ("content-type", "application/grpc"))
MESSAGE = frame(b"ab")


def page(status: int) -> list[Any]:
    head = headers((":status", str(status)), ("content-type", "text/html"))
    return [head, data(b"<html>busy</html>", end=True)]


def of_page(status: int, body: bytes = b"<html>busy</html>") -> Reply:
    return Reply(status, (("content-type", "text/html"),), (Chunk(0.0, body),))


def of_frames(*chunks: bytes, ending: Ending = Ending.COMPLETE) -> Reply:
    head = (("content-type", "application/grpc"),)
    return Reply(
        200, head, tuple(Chunk(0.0, each) for each in chunks), ending=ending, streamed=True
    )


# What a server does on the wire, and the reply by which the engine says the same.
WIRES = {
    **{f"a page, {s}": (page(s), of_page(s)) for s in (400, 401, 403, 404, 408, 429, 500)},
    **{f"a page, {s}": (page(s), of_page(s)) for s in (502, 503, 504, 520)},
    "a page under 200": (page(200), of_page(200)),
    "no trailers": (
        [headers(*GRPC), data(MESSAGE), until_it_is_read, data(b"", end=True)],
        of_frames(MESSAGE),
    ),
    "nothing but headers": ([headers(*GRPC, end=True)], of_frames()),
    "half a message, no trailers": (
        [headers(*GRPC), data(MESSAGE), until_it_is_read, data(MESSAGE[:6], end=True)],
        of_frames(MESSAGE, MESSAGE[:6]),
    ),
    "a close before headers": ([close], of_frames(ending=Ending.CLOSED)),
    "a close after a message": (
        [headers(*GRPC), data(MESSAGE), until_it_is_read, close],
        of_frames(MESSAGE, ending=Ending.CLOSED),
    ),
    "a status after a message": (
        [
            headers(*GRPC),
            data(MESSAGE),
            headers(("grpc-status", "14"), ("grpc-message", "busy"), end=True),
        ],
        of_frames(MESSAGE, trailer_frame(Status("UNAVAILABLE", "busy"))),
    ),
    "a status alone": (
        [
            headers(
                *GRPC, ("grpc-status", "8"), ("grpc-message", "a%20b"), ("x-more", "1"), end=True
            )
        ],
        of_frames(trailer_frame(Status("RESOURCE_EXHAUSTED", "a b", (("x-more", "1"),)))),
    ),
    "OK without a message": (
        [headers(*GRPC), headers(("grpc-status", "0"), end=True)],
        of_frames(trailer_frame(Status("OK"))),
    ),
}


def read(target: str, timeout: float = 60) -> tuple[Any, ...]:
    """What a stream of a bare channel brings: messages, then the status."""
    messages: list[bytes] = []
    with grpc.insecure_channel(target) as channel:
        call = channel.unary_stream(METHOD)(b"", timeout=timeout)
        with suppress(grpc.RpcError):
            messages.extend(call)
        trailers = tuple((name, value) for name, value in call.trailing_metadata())
        return messages, call.code(), call.details(), trailers, call.debug_error_string()


async def read_later(target: str, timeout: float = 60) -> tuple[Any, ...]:
    messages: list[bytes] = []
    async with grpc.aio.insecure_channel(target) as channel:
        call = channel.unary_stream(METHOD)(b"", timeout=timeout)
        with suppress(grpc.RpcError):
            async for message in call:
                messages.append(message)  # noqa: PERF401 - what came before the error is kept
        trailers = tuple((name, value) for name, value in await call.trailing_metadata())
        return messages, await call.code(), await call.details(), trailers


@dataclass(frozen=True, repr=False)
class Saying(faults.Fault):
    """The provider replies as it is told to."""

    reply: Reply

    def on_reply(self, reply: Reply, fault_context: Any) -> Reply:
        return self.reply


@pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "asyncio"])
@pytest.mark.parametrize("wire", WIRES)
def test_what_is_wrong_on_the_wire_is_reported_as_by_the_real_core(wire, asynchronous):
    steps, reply = WIRES[wire]
    talk = (lambda target: asyncio.run(read_later(target))) if asynchronous else read
    with serving(steps) as (address, _):
        real = talk(address)
    with outage() as chaos:
        chaos.on("xai").inject(Saying(reply))
        assert talk("api.x.ai") == real


def test_a_refused_connection_is_reported_as_by_the_real_core():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        address = f"127.0.0.1:{listening.getsockname()[1]}"
    real = read(address)
    with outage() as chaos:
        chaos.on("xai").inject(faults.refuse_connection())
        simulated = read("api.x.ai")
    assert simulated[:2] == real[:2]
    assert simulated[2] == real[2].replace(address, "192.0.2.1:443")
