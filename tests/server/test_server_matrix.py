"""Every fault over real sockets: an SDK makes of it what it makes of it in process, cell by cell.

The clock of the server runs forty times as fast, and the clients' limits are that much shorter: so
no cell takes long, and the same ones exceed their limit. Then the machine has 0.15 seconds to be on
time. A cell with another outcome is played again on slower clocks, which leave it several seconds.
"""

from __future__ import annotations

import asyncio
import gc
import json
from contextlib import ExitStack, closing, contextmanager
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
SPEEDS = (40, 8, 2)
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


class Place:
    """A server whose clock runs at some speed, and the clients that ask it."""

    def __init__(self, thread, speed, runner):
        self.thread, self._speed, self._runner = thread, speed, runner
        self._shared = {}  # one client of each SDK and kind, for all cells but those of connections

    @contextmanager
    def client_of(self, cell, is_async):
        """The client for a cell; where connections count, no other cell has left it any."""
        client, fault, _ = cell
        key = client.name, is_async
        if requests_of(fault) == 1:
            if key not in self._shared:
                self._shared[key] = self._made(*key)
            yield self._shared[key]
        else:
            own = self._made(*key)
            yield own
            self._close(own, is_async)

    def _made(self, name, is_async):
        *kinds, path = MADE[name]
        url = f"{self.thread.hand().url}/{path}"
        limit = PATIENCE / self._speed
        return kinds[is_async](api_key=KEY, base_url=url, max_retries=0, timeout=limit)

    def outcome(self, cell, is_async):
        """What the SDK makes of one cell, in a run of its own on the server."""
        client, fault, way = cell
        name = f"{'async' if is_async else 'sync'}-{CELLS.index(cell)}"
        hand = self.thread.hand(name)
        hand.on(client.provider).inject(fault).answers(scene_of(fault).called_by(way).answer)
        with self.client_of(cell, is_async) as made:
            sdk = made.with_options(default_headers={"X-Chaos-Run": name})
            played = Synced(self._runner, sdk) if is_async else sdk
            outcome = outcome_of(client, played, fault, way, lambda: hand.journal)
        self.thread.do(lambda server: server.runs.end(name))
        return outcome

    def close(self):
        for (_, is_async), client in self._shared.items():
            self._close(client, is_async)

    def _close(self, client, is_async):
        self._runner.run(client.close()) if is_async else client.close()


@pytest.fixture(scope="module")
def runner():
    with asyncio.Runner() as runner:
        yield runner


@pytest.fixture(scope="module")
def place_at(runner):
    """The place whose clock runs at a speed; it is made when it is first wanted."""
    with ExitStack() as stack:

        @cache
        def place(speed):
            thread = stack.enter_context(ServerThread(Settings(clock="scaled", speed=speed)))
            return stack.enter_context(closing(Place(thread, speed, runner)))

        yield place


@pytest.fixture
def collected_here():
    """Finalizes the async generators that a cell leaves open while their event loop is stopped.

    The SDK leaves them in reference cycles. If they are collected in the server's thread, the event
    loop begins to close them before all are finalized, and CPython complains that an "async
    generator [is] already executing": here 15 times in 300 cells that end with such a collection.
    """
    gc.disable()
    yield
    gc.collect(0)
    gc.enable()


def outcome(place_at, cell, *, is_async):
    for speed in SPEEDS:
        played = place_at(speed).outcome(cell, is_async)
        if played == expected(*cell, is_async=is_async):
            break
    return played


@pytest.mark.exhaustive(sample=8)
@pytest.mark.parametrize("cell", CELLS, ids=IDS)
def test_a_sync_sdk_meets_over_sockets_what_it_meets_in_process(place_at, cell):
    assert outcome(place_at, cell, is_async=False) == expected(*cell, is_async=False)


@pytest.mark.exhaustive(sample=8)
@pytest.mark.usefixtures("collected_here")
@pytest.mark.parametrize("cell", CELLS, ids=IDS)
def test_an_async_sdk_meets_over_sockets_what_it_meets_in_process(place_at, cell):
    assert outcome(place_at, cell, is_async=True) == expected(*cell, is_async=True)
