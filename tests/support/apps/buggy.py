"""Apps with bugs that are met in production: what each does wrong, and the check that says so."""

from __future__ import annotations

import asyncio
import queue
import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import Any

from support.apps.bots import MODEL
from support.apps.defended import APOLOGY, claude_async
from support.apps.sound import (
    SEVERAL,
    Breaker,
    ask_claude,
    ask_claude_async,
    ask_gpt,
    claude_stream,
    guarded,
    of_claude,
)
from support.chat_messages import from_user


@dataclass(frozen=True)
class Buggy:
    """An app, and the check that finds its bug without being asked for."""

    make: Callable[[], Any]
    check: str
    options: dict[str, Any] = field(default_factory=dict)


def retries_on_three_levels() -> Callable[[str], Any]:
    rng = random.Random(1)

    def app(question: str) -> str:
        for _ in range(2):
            for attempt in range(3):
                try:
                    return ask_claude(question, retries=2)
                except Exception:
                    time.sleep(2**attempt * (0.5 + rng.random()))
        return APOLOGY

    return app


def keeps_apologies() -> Callable[[str], Any]:
    kept: dict[str, str] = {}
    ask = guarded(ask_claude, APOLOGY)

    def app(question: str) -> str:
        if question not in kept:
            kept[question] = ask(question)
        return kept[question]

    return app


def swallows_errors_of_streams() -> Callable[[str], Any]:
    breaker = Breaker()

    def app(question: str) -> str:
        shown = []
        try:
            breaker.enter()
            for piece in claude_stream(question):
                shown += [piece]  # one by one: what came before an error stays
            breaker.leave(failed=False)
        except Exception:
            breaker.leave(failed=True)
        return "".join(shown) or APOLOGY

    return app


def retries_a_refused_key() -> Callable[[str], Any]:
    rng = random.Random(1)

    def persistent(question: str) -> str:
        for attempt in range(2):
            try:
                return ask_claude(question)
            except Exception:
                time.sleep(2**attempt * (0.5 + rng.random()))
        return ask_claude(question)

    return guarded(persistent)


def worker_that_dies() -> Callable[[str], Any]:
    """The first error ends the thread that serves the queue."""
    jobs: queue.Queue[tuple[str, queue.Queue[str]]] = queue.Queue()
    threads: list[threading.Thread] = []

    def work() -> None:
        while True:
            question, reply = jobs.get()
            try:
                reply.put(ask_claude(question))
            except Exception:
                return

    def app(question: str) -> str:
        if not threads:
            threads.append(threading.Thread(target=work, daemon=True))
            threads[0].start()
        reply: queue.Queue[str] = queue.Queue()
        jobs.put((question, reply))
        try:
            return reply.get(timeout=20)
        except queue.Empty:
            return APOLOGY

    return app


def catches_cancellations() -> Callable[[str], Any]:
    """`except BaseException` in a retry catches the deadline, too."""

    async def persistent(question: str) -> str:
        for _ in range(4):
            try:
                return await ask_claude_async(question)
            except BaseException:
                await asyncio.sleep(3)
        return APOLOGY

    async def app(question: str) -> str:
        both = asyncio.gather(*[persistent(question) for _ in range(2)])
        try:
            return "\n".join(await asyncio.wait_for(both, 10))
        except TimeoutError:
            return APOLOGY

    return app


def holds_a_lock() -> Callable[[str], Any]:
    """All users wait for one who waits for two minutes."""
    locks: list[asyncio.Lock] = []

    async def app(question: str) -> str:
        if not locks:
            locks.append(asyncio.Lock())
        client = claude_async(0).with_options(timeout=120)
        async with locks[0]:
            try:
                return of_claude(
                    await client.messages.create(
                        model=MODEL, max_tokens=300, messages=from_user(question)
                    )
                )
            except Exception:
                return APOLOGY

    return app


def hedges_with_a_thread_that_goes_on() -> Callable[[str], Any]:
    pool = ThreadPoolExecutor(16)

    def persistent(question: str) -> str:
        for _ in range(3):
            try:
                return ask_claude(question)
            except Exception:
                time.sleep(4)
        return APOLOGY

    def app(question: str) -> str:
        asked = pool.submit(persistent, question)
        if wait([asked], timeout=3).done:
            return asked.result()
        asked.cancel()
        try:
            return ask_gpt(question)
        except Exception:
            return APOLOGY

    return app


def shows_half_and_then_another() -> Callable[[str], Any]:
    def app(question: str) -> str:
        shown = []
        try:
            for piece in claude_stream(question):
                shown += [piece]  # one by one: what came before an error stays
        except Exception:
            shown.append(ask_gpt(question))
        return "".join(shown)

    return app


def shows_the_error() -> Callable[[str], Any]:
    def app(question: str) -> str:
        try:
            return ask_claude(question)
        except Exception as error:
            return f"Sorry: {error}"

    return app


BUGGY: dict[str, Buggy] = {
    "retries on three levels": Buggy(retries_on_three_levels, "retries_stay_under"),
    "a cache that keeps apologies": Buggy(keeps_apologies, "never_caches_the_outage"),
    "errors of streams are swallowed": Buggy(swallows_errors_of_streams, "answers_are_whole"),
    "a refused key is retried": Buggy(retries_a_refused_key, "auth_failures_are_not_hammered"),
    "a worker that dies": Buggy(worker_that_dies, "returns_to"),
    "cancellations are caught": Buggy(catches_cancellations, "respects_cancellation"),
    "a lock round a request": Buggy(holds_a_lock, "never_waits_past", SEVERAL),
    "a hedge that goes on": Buggy(hedges_with_a_thread_that_goes_on, "respects_cancellation"),
    "half an answer and another": Buggy(shows_half_and_then_another, "answers_are_whole"),
    "the error as an answer": Buggy(shows_the_error, "answers_are_whole"),
}
