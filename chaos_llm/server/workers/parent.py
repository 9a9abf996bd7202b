"""`chaos-llm serve --workers N`: one process accepts, N answer, and each run is one worker's."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from chaos_llm.durations import describe
from chaos_llm.errors import UsageError
from chaos_llm.server.admin.questions import Counts
from chaos_llm.server.launch.foreground import EVERY, Say
from chaos_llm.server.launch.server import from_here
from chaos_llm.server.launch.settings import Settings
from chaos_llm.server.runs.runs import DEFAULT
from chaos_llm.server.workers.arrivals import Arrivals, listen
from chaos_llm.server.workers.pool import Pool
from chaos_llm.server.workers.run_names import worker_of

_ENDS = (signal.SIGINT, signal.SIGTERM)


async def serve(settings: Settings, count: int, say: Say) -> None:
    """Serve until SIGINT or SIGTERM. Raises UsageError for what needs one worker."""
    _refuse_what_needs_one(settings)
    sock, end, loop = listen(settings), asyncio.Event(), asyncio.get_running_loop()
    url = f"http://{from_here(settings.host)}:{sock.getsockname()[1]}"
    arrivals: Arrivals | None = None

    def refuse(client: Any, status: int, text: str) -> None:
        assert arrivals is not None
        arrivals.refuse(client, status, text)

    pool = Pool(settings, count, url, refuse)
    greeting = await pool.start()
    arrivals = Arrivals(sock, settings, pool.give)
    for number in _ENDS:
        loop.add_signal_handler(number, end.set)
    say(greeting)
    failed = loop.create_task(_fail(pool, end))
    told = loop.create_task(_progress(pool, count, say))
    await end.wait()
    for task in (told, failed):
        task.cancel()
    arrivals.close()
    with suppress(TimeoutError):
        say(f"ended after {_in_all(await _counted(pool))}")
    await pool.stop()
    if pool.failed.is_set():
        raise UsageError("a worker ends again and again; see what it says above")


def _refuse_what_needs_one(settings: Settings) -> None:
    if not hasattr(os, "memfd_create"):
        raise UsageError("--workers needs Linux")
    if settings.toxiproxy or settings.grpc is not None:
        name = "--toxiproxy" if settings.toxiproxy else "--grpc"
        raise UsageError(f"{name} needs one worker; leave --workers away")


async def _fail(pool: Pool, end: asyncio.Event) -> None:
    await pool.failed.wait()
    end.set()


async def _progress(pool: Pool, count: int, say: Say) -> None:
    """A line now and then, where something has happened."""
    told = 0
    while True:
        await asyncio.sleep(EVERY)  # noqa: TID251 - the server uses real time
        with suppress(TimeoutError):
            counts = await _counted(pool)
            requests = sum(each.requests for each in counts)
            if requests != told and len(counts) == count:
                told, now = requests, counts[worker_of(DEFAULT, count)].now
                say(f"{describe(now)} into the day: {_in_all(counts)}")


async def _counted(pool: Pool) -> list[Counts]:
    return [Counts(*each) for each in await pool.ask("counts")]


def _in_all(counts: Sequence[Counts]) -> str:
    """The requests of all workers."""
    requests, applied = (sum(each) for each in zip(*(c[:2] for c in counts), strict=True))
    return f"{requests} requests, {applied} with a fault"
