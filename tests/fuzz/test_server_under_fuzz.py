"""100,000 hostile requests: no crash, no traceback, no dropped connection, no waiting, no growth.

How many: FUZZ_REQUESTS in the environment (default 600; CI: `nox -s fuzz`, 10,000; all of it:
FUZZ_REQUESTS=100000 nox -s fuzz). The same requests come every time; others where FUZZ_SEED says
another number than 0.
"""

from __future__ import annotations

import json
import os
import statistics
from collections import Counter
from contextlib import suppress
from itertools import count

import pytest
from hostile_requests import Sent, conversations, hello
from hypothesis import HealthCheck, Phase, given, seed, settings
from served_process import HEALTHY, Bystander, NoAnswer, Reader, ServedProcess
from support.waiting import slowness

REQUESTS = int(os.environ.get("FUZZ_REQUESTS", "600"))
A_ROUND = 60  # conversations, of some six requests each
SLOWEST = 0.1  # seconds for which one request may occupy the server
GROWTH = 48 << 20  # bytes, once caches are full, beside the journals
RECORD = 1200  # bytes that an exchange takes in a journal, which has a bound of its own
pytestmark = [pytest.mark.timeout(3600), pytest.mark.fuzz]


class Tally:
    """What was sent, and what came of it."""

    def __init__(self, server: ServedProcess) -> None:
        self.server, self.statuses = server, Counter()
        self.sent, self.slow, self.costs = 0, [], []
        self.memory: list[int] = []
        self.beside_journals: list[int] = []  # the same without the exchanges that are kept

    def have(self, conversation) -> None:
        """Send what one client sends, and read what is answered."""
        self.sent += len(conversation)
        if not all(each.sound for each in conversation):
            self._throw(conversation)
            return
        if any(not each.settled for each in conversation):
            self._meddle(conversation)
            return
        with self.server.dial() as connection:
            reader = Reader(connection)
            for each in conversation:
                before = self.server.cpu
                connection.sendall(each.wire())
                answer = reader.answer(each.method)
                self._note(each, answer, self.server.cpu - before)
                if answer.headers.get("connection") == "close":
                    assert answer.status in (400, 413, 414, 431, 505), each
                    break

    def _note(self, sent, answer, cost: float) -> None:
        self.statuses[answer.status] += 1
        self.costs.append(cost)
        if cost > SLOWEST:
            self.slow.append((cost, sent.method, sent.target[:80], sent.body[:300]))
        assert answer.status != 500 or b"chaos_llm" not in answer.body, (sent, answer.body)
        if answer.is_json and answer.body and answer.status < 500:
            answer.json()

    def _meddle(self, conversation) -> None:
        """Each on a connection of its own: a fault may end it, or never answer."""
        for each in conversation:
            with self.server.dial(0.5) as connection, suppress(OSError, NoAnswer, ValueError):
                connection.sendall(each.wire())
                answer = Reader(connection).answer(each.method)
                self.statuses[answer.status] += 1
                if each.target.startswith("/__chaos"):
                    assert answer.status != 500, (each, answer.body)

    def _throw(self, conversation) -> None:
        """Bytes, and a look at what comes back, if anything does."""
        with self.server.dial(0.05) as connection, suppress(OSError):
            for each in conversation:
                connection.sendall(each.raw)
            connection.recv(65536)


@pytest.fixture(scope="module")
def server():
    served = ServedProcess()
    yield served
    console, alive = served.console, served.process.poll() is None
    assert alive, console[-3000:]
    assert served.stop() == 0
    assert "Traceback" not in console, console[-3000:]
    assert "chaos-llm: a connection was given up" not in console, console[-3000:]
    assert "chaos-llm: no reply to" not in console, console[-3000:]


def attack(tally, number):
    """One round, which is the same whenever it has the same number."""

    @seed(number)
    @settings(
        max_examples=A_ROUND,
        deadline=None,
        database=None,
        phases=[Phase.generate],  # a failure shows its request; shrinking would take for ever
        suppress_health_check=list(HealthCheck),
    )
    @given(conversations())
    def converse(conversation):
        tally.have(conversation)

    converse()
    tally.memory.append(tally.server.memory)
    tally.beside_journals.append(tally.memory[-1] - RECORD * tally.server.kept)


def test_e_a_hundred_thousand_hostile_requests_harm_nobody(server):
    tally, first = Tally(server), 10_000 * int(os.environ.get("FUZZ_SEED", "0"))
    with Bystander(server) as bystander:
        for number in count(first):
            attack(tally, number)
            if tally.sent >= REQUESTS:
                break
    print(report(tally, bystander))
    assert not bystander.trouble
    assert len(bystander.waited) > 10
    # Of CPU time, as the machine may be busy: what occupies the server keeps everybody waiting.
    assert not [each for each in tally.slow if each[0] > 2 * SLOWEST * slowness()], tally.slow
    later = tally.beside_journals[len(tally.beside_journals) // 2 :]
    if REQUESTS >= 10_000:
        assert later[-1] - later[0] < GROWTH, (later[0] >> 20, later[-1] >> 20)


def report(tally, bystander):
    """The figures, to be read in the log."""
    waits = sorted(bystander.waited)
    costs = sorted(tally.costs)
    memory = [
        (all_ >> 20, rest >> 20)
        for all_, rest in zip(tally.memory, tally.beside_journals, strict=True)
    ]
    shown = memory[:: max(1, len(memory) // 8)]
    return (
        f"\n{tally.sent} requests: {dict(sorted(tally.statuses.items()))}"
        f"\nCPU of the server a request: p50 {statistics.median(costs) * 1e3:.2f} ms, "
        f"p99 {costs[int(len(costs) * 0.99)] * 1e3:.1f} ms, most {costs[-1] * 1e3:.1f} ms; "
        f"{len(tally.slow)} over {SLOWEST * 1e3:g} ms"
        f"\na second client waited: p50 {statistics.median(waits) * 1e3:.1f} ms, "
        f"p99 {waits[int(len(waits) * 0.99)] * 1e3:.1f} ms, most {waits[-1] * 1e3:.1f} ms, "
        f"{len(waits)} times\nmemory in MB, and beside the journals: {shown}"
    )


LARGE = {
    "a long prompt": {"content": "It should have come. " * 200_000},
    "hyphens by the million": {"content": "-" * 4_000_000},
    "a token in a haystack": {"content": "well-known " * 300_000 + "KX-48213"},
    "sixty thousand messages": {"messages": [{"role": "user", "content": "x"}] * 60_000},
    "sixty thousand parts": {"content": [{"type": "text", "text": "x"}] * 60_000},
    "many small lists": {"metadata": [[]] * 300_000},
    "keys by the hundred thousand": {"metadata": {str(n): n for n in range(150_000)}},
    "a tool for everything": {
        "tools": [{"name": f"t{n}", "input_schema": {"type": "object"}} for n in range(5000)]
    },
    "a model of a megabyte": {"model": "m" * 1_000_000},
    "an image of 20 MB": {"content": [{"type": "image", "source": {"data": "A" * 20_000_000}}]},
    "a long system prompt": {"system": "Be kind. " * 300_000},
}


def large(name):
    changes = dict(LARGE[name])
    body = {**HEALTHY, "messages": [{"role": "user", "content": changes.pop("content", "x")}]}
    return body | changes


@pytest.mark.exhaustive(sample=4)
@pytest.mark.parametrize("name", LARGE)
@pytest.mark.parametrize("path", ["/anthropic/v1/messages", "/openai/v1/chat/completions"])
def test_e_a_large_request_keeps_nobody_waiting(server, name, path):
    sent = Sent("POST", path, body=json.dumps(large(name)).encode())
    costs = []
    for _ in range(3):
        with server.dial() as connection:
            before = server.cpu
            connection.sendall(sent.wire())
            answer = Reader(connection).answer("POST")
            costs.append(server.cpu - before)
    assert answer.status in (200, 400, 404, 413), answer.body[:300]
    # The bytes come in pieces, between which others have their turn: that is not waiting.
    arriving = len(sent.body) * 4e-9
    assert min(costs) - arriving < 2 * SLOWEST * slowness(), costs


def test_e_names_that_clients_choose_do_not_fill_the_memory(server):
    for number in range(300):
        with server.dial(0.5) as connection, suppress(OSError):
            connection.sendall(hello(f"warm-{number}.example".encode()))
            connection.recv(100)
    before = server.memory
    for number in range(600):
        with server.dial(0.5) as connection, suppress(OSError):
            connection.sendall(hello(f"host-{number}.example".encode()))
            connection.recv(100)
    assert server.memory - before < 24 << 20  # one kept for each name would be 30 MB and more
