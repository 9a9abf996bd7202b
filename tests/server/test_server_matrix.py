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
from synced import Synced

from chaos_llm.matrix.cells import outcome_of
from chaos_llm.matrix.client import KEY, LIMIT
from chaos_llm.matrix.clients import CLIENTS
from chaos_llm.matrix.faults_played import SPECIMENS, scene_of
from chaos_llm.server.hand import ServerThread
from chaos_llm.server.settings import Settings

EXPECTED = Path(__file__).parents[1] / "matrix" / "expected"
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
def made(thread, runner):
    """The SDKs' clients by name and kind, one for all cells."""
    url = thread.hand().url
    clients = {
        (name, is_async): kinds[is_async](
            api_key=KEY, base_url=f"{url}/{kinds[2]}", max_retries=0, timeout=PATIENCE / SPEED
        )
        for name, kinds in MADE.items()
        for is_async in (False, True)
    }
    yield clients
    for (_, is_async), client in clients.items():
        runner.run(client.close()) if is_async else client.close()


def played(thread, sdk, cell, name):
    """One cell, in a run of its own on the shared server."""
    client, fault, way = cell
    hand = thread.hand(name)
    hand.on(client.provider).inject(fault).answers(scene_of(fault).answer)
    try:
        return outcome_of(client, sdk, fault, way, lambda: hand.journal)
    finally:
        thread.do(lambda server: server.runs.end(name))


@pytest.mark.parametrize("cell", CELLS, ids=IDS)
def test_a_sync_sdk_meets_over_sockets_what_it_meets_in_process(thread, made, cell):
    name = f"sync-{CELLS.index(cell)}"
    sdk = made[cell[0].name, False].with_options(default_headers={"X-Chaos-Run": name})
    assert played(thread, sdk, cell, name) == expected(*cell, is_async=False)


@pytest.mark.parametrize("cell", CELLS, ids=IDS)
def test_an_async_sdk_meets_over_sockets_what_it_meets_in_process(thread, runner, made, cell):
    name = f"async-{CELLS.index(cell)}"
    sdk = made[cell[0].name, True].with_options(default_headers={"X-Chaos-Run": name})
    assert played(thread, Synced(runner, sdk), cell, name) == expected(*cell, is_async=True)
