"""CPU time of the mock server for each piece of 800 slow streams, compared with a bare wheel.

    python benchmarks/slow_streams.py [--rounds 3] [--check]

A server runs alone on CPU 0 and its clients on CPU 1. The streams start one by one, so that 800 are
open at once, and have 20 ms between two of their 200 pieces. The wheel is the least that could do
it: every millisecond it writes the pieces that are due, a little shorter than ours, and does
without requests, decisions and a journal. A piece is late by what it comes after its time, which
is counted from the first one.

`--check` fails where no round keeps `BOUND`: other programs disturb some rounds.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvloop
from server import PIECES, Served, free_port, missing, ours, serving

STREAMS, PAUSE = 800, 0.020  # seconds between two pieces
TICK = 0.001  # seconds of the wheel
SECONDS = 6.0  # in which streams start
BOUND = 2.2  # times the CPU of the wheel at most: 24 us where the wheel takes 11
PIECE_MARK = b'"delta":{"content"'
FRAME = b'105\r\ndata: {"choices":[{"delta":{"content":" word"}}]%b}\n\n\r\n' % (b" " * 210)
BODY = json.dumps(
    {"model": "gpt-5.2", "stream": True, "messages": [{"role": "user", "content": "Hi."}]}
).encode()
REQUEST = (
    "POST /openai/v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer k\r\n"
    f"connection: close\r\ncontent-length: {len(BODY)}\r\n\r\n"
).encode() + BODY


class Wheel:
    """What is due in one tick happens together."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._spokes: dict[int, list[Iterator[None]]] = {}
        self._tick = int(loop.time() / TICK)
        self._turn()

    def add(self, stream: Iterator[None], due: float) -> None:
        self._spokes.setdefault(int(due / TICK) + 1, []).append(stream)

    def _turn(self) -> None:
        now = self._loop.time()
        while self._tick <= now / TICK:
            for stream in self._spokes.pop(self._tick, ()):
                if next(stream, self) is None:
                    self.add(stream, self._tick * TICK - TICK + PAUSE)
            self._tick += 1
        self._loop.call_at(self._tick * TICK, self._turn)


def serve_by_wheel(port: int) -> None:
    """Serve nothing but slow streams."""

    async def serve() -> None:
        loop = asyncio.get_running_loop()
        wheel = Wheel(loop)

        class Stream(asyncio.Protocol):
            def connection_made(self, transport: asyncio.BaseTransport) -> None:
                self.transport = transport

            def data_received(self, data: bytes) -> None:
                if data.endswith(BODY):
                    wheel.add(pieces(self.transport), loop.time() + PAUSE)
                else:
                    self.transport.close()

        await (await loop.create_server(Stream, "127.0.0.1", port)).serve_forever()

    def pieces(transport) -> Iterator[None]:
        for _ in range(PIECES):
            transport.write(FRAME)
            yield
        transport.close()

    uvloop.run(serve())


class Client(asyncio.Protocol):
    """Counts the pieces of one stream, and by how much each is late."""

    def __init__(self, lateness: list[float]) -> None:
        self._lateness, self._count, self._first = lateness, 0, 0.0
        self._loop = asyncio.get_running_loop()
        self.over: asyncio.Future[None] = self._loop.create_future()

    def connection_made(self, transport) -> None:
        transport.write(REQUEST)

    def data_received(self, data: bytes) -> None:
        now = self._loop.time()
        for _ in range(data.count(PIECE_MARK)):
            self._first = self._first or now
            self._lateness.append(now - self._first - self._count * PAUSE)
            self._count += 1

    def connection_lost(self, error: Exception | None) -> None:
        if self._count == PIECES:
            self.over.set_result(None)
        else:
            self.over.set_exception(AssertionError(f"{self._count} pieces, {error}"))


async def load(port: int) -> list[float]:
    """The seconds by which each piece of all streams is late, sorted."""
    loop, lateness = asyncio.get_running_loop(), list[float]()
    length = PIECES * PAUSE

    async def one(begins: float) -> None:
        await asyncio.sleep(begins)
        _, client = await loop.create_connection(lambda: Client(lateness), "127.0.0.1", port)
        await client.over

    starts = (n / STREAMS * length for n in range(int(STREAMS * SECONDS / length)))
    await asyncio.gather(*map(one, starts))
    return sorted(lateness)


def measured(served: Served) -> tuple[float, float]:
    """CPU microseconds of a server for each piece, and the p99 of lateness in ms."""
    before, cpus = served.cpu(), os.sched_getaffinity(0)
    os.sched_setaffinity(0, {1})
    try:
        lateness = uvloop.run(load(int(served.url.rpartition(":")[2])))
    finally:
        os.sched_setaffinity(0, cpus)
    used = (served.cpu() - before) / len(lateness) * 1e6
    return used, lateness[int(len(lateness) * 0.99)] * 1000


@contextmanager
def wheel():
    port = free_port()
    with serving([sys.executable, __file__, "--wheel", str(port)], port) as served:
        yield served


def a_round(folder: Path) -> tuple[tuple[float, float], tuple[float, float]]:
    """What our server and the wheel take, one after the other."""
    with ours(folder, text="word " * (PIECES - 1) + "end") as served:
        mine = measured(served)
    with wheel() as served:
        return mine, measured(served)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--check", action="store_true", help="fail where no round keeps the bound")
    parser.add_argument("--wheel", type=int, metavar="PORT", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.wheel:
        serve_by_wheel(options.wheel)
    if lacks := missing(["taskset"]):
        print(f"NOT MEASURED: {lacks} missing")
        return int(not options.check)
    ratios = []
    with tempfile.TemporaryDirectory() as name:
        for _ in range(options.rounds):
            (used, late), (floor, floor_late) = a_round(Path(name))
            ratios.append(used / floor)
            print(
                f"a piece: {used:.1f} us, p99 {late:.1f} ms late; "
                f"the wheel: {floor:.1f} us, p99 {floor_late:.1f} ms late",
                flush=True,
            )
            if options.check and ratios[-1] <= BOUND:
                return 0
    print(f"{statistics.median(ratios):.2f} x [{min(ratios):.2f}-{max(ratios):.2f}] of the wheel")
    return int(options.check)


if __name__ == "__main__":
    sys.exit(main())
