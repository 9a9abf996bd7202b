"""What the simulated core reports is what the real one does, against the same answers on loopback.

The server is ours behind a real grpcio server; the client is xai-sdk on the real core, then on the
simulated one. Compared are the class of the error, its code, details and trailers, what came before
it, and the attempts that reached the provider.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

import pytest
from support.libraries import library

from chaos_llm import faults, outage
from chaos_llm.server.launch.server_handle import ServerThread
from chaos_llm.server.launch.settings import Settings

grpc = library("grpc")
xai_sdk = library("xai_sdk")

LIMIT = 0.6  # real seconds, where silence has to end by the client's own limit
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
    assert simulated == real
