"""Every fault over real sockets: an SDK makes of it what it makes of it in process, cell by cell.

The clock of the server runs forty times as fast, and the clients' limits are that much shorter: so
nobody waits for long, and who waits too long is the same.
"""

from __future__ import annotations

import asyncio
import json
from functools import cache
from pathlib import Path

import anthropic
import openai
import pytest
from support.synced import Synced

from chaos_llm.sdk_matrix.cells import outcome_of
from chaos_llm.sdk_matrix.client import KEY, LIMIT
from chaos_llm.sdk_matrix.clients import CLIENTS
from chaos_llm.sdk_matrix.fault_scenes import SPECIMENS, requests_of, scene_of
from chaos_llm.server.launch.server_handle import ServerThread
from chaos_llm.server.launch.settings import Settings

EXPECTED = Path(__file__).parents[1] / "sdk_matrix" / "expected"
SPEED = 40
PATIENCE = 24  # seconds: as LIMIT between pings (15) and what is late (30), with room for both
MADE = {
    "anthropic": (anthropic.Anthropic, anthropic.AsyncAnthropic, "anthropic"),
    "openai-chat": (openai.OpenAI, openai.AsyncOpenAI, "openai/v1"),
    "openai-responses": (openai.OpenAI, openai.AsyncOpenAI, "openai/v1"),
}
HERE = [client for client in CLIENTS if client.name in MADE and not client.missing]
# The matrix is of sync clients. OpenAI's hang up behind [DONE], before the last chunk of HTTP, so
# none of their streams reuses a connection; since openai 3 its async ones read on to the end.
OF_ASYNC = {
    ("openai-chat", 3, "reset_reused_connection()", way): "openai.APIConnectionError"
    for way in ("streamed", "helper")
}
CELLS = [(client, fault, way) for client in HERE for fault in SPECIMENS for way in client.ways]
IDS = [f"{client.name}-{fault!r}-{way}" for client, fault, way in CELLS]


@cache
def expectations(client):
    path = EXPECTED / f"{client.package}-{client.major}.json"
    return json.loads(path.read_text(encoding="utf-8"))[client.name]


def test_the_patience_here_is_as_good_as_that_in_process():
    assert 15 < LIMIT < PATIENCE < 30


def expected(client, fault, way, *, is_async):
    in_process = expectations(client)[repr(fault)][way]
    if not is_async:
        return in_process
    return OF_ASYNC.get((client.name, client.major, repr(fault), way), in_process)


@pytest.fixture(scope="module")
def thread():
    with ServerThread(Settings(clock="scaled", speed=SPEED)) as thread:
        yield thread


@pytest.fixture(scope="module")
def runner():
    with asyncio.Runner() as runner:
        yield runner


@pytest.fixture(scope="module")
def make(thread):
    """Makes an SDK's client, by name and kind, with connections of its own."""

    def made(name, is_async):
        *kinds, path = MADE[name]
        url = f"{thread.hand().url}/{path}"
        return kinds[is_async](api_key=KEY, base_url=url, max_retries=0, timeout=PATIENCE / SPEED)

    return made


@pytest.fixture(scope="module")
def shared(make, runner):
    """One client of each SDK and kind, for all cells but those about connections."""
    clients = {
        (name, is_async): make(name, is_async) for name in MADE for is_async in (False, True)
    }
    yield clients
    for (_, is_async), client in clients.items():
        closed(client, is_async, runner)


@pytest.fixture
def client_of(make, shared, runner):
    """The client for a cell; where connections count, no other cell has left it any."""
    own = []

    def found(cell, is_async, run):
        client, fault, _ = cell
        if requests_of(fault) == 1:
            sdk = shared[client.name, is_async]
        else:
            sdk = make(client.name, is_async)
            own.append((sdk, is_async))
        return sdk.with_options(default_headers={"X-Chaos-Run": run})

    yield found
    for sdk, is_async in own:
        closed(sdk, is_async, runner)


def closed(client, is_async, runner):
    runner.run(client.close()) if is_async else client.close()


def played(thread, sdk, cell, name):
    """One cell, in a run of its own on the shared server."""
    client, fault, way = cell
    hand = thread.hand(name)
    hand.on(client.provider).inject(fault).answers(scene_of(fault).called_by(way).answer)
    try:
        return outcome_of(client, sdk, fault, way, lambda: hand.journal)
    finally:
        thread.do(lambda server: server.runs.end(name))


@pytest.mark.exhaustive(sample=8)
@pytest.mark.parametrize("cell", CELLS, ids=IDS)
def test_a_sync_sdk_meets_over_sockets_what_it_meets_in_process(thread, client_of, cell):
    name = f"sync-{CELLS.index(cell)}"
    sdk = client_of(cell, False, name)
    assert played(thread, sdk, cell, name) == expected(*cell, is_async=False)


@pytest.mark.exhaustive(sample=8)
@pytest.mark.parametrize("cell", CELLS, ids=IDS)
def test_an_async_sdk_meets_over_sockets_what_it_meets_in_process(thread, runner, client_of, cell):
    name = f"async-{CELLS.index(cell)}"
    sdk = client_of(cell, True, name)
    assert played(thread, Synced(runner, sdk), cell, name) == expected(*cell, is_async=True)
