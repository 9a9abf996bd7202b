"""Ten more sound apps: task groups, shared flights, bulkheads, hedges and others."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Any

from support.apps.bots import MODEL, claude
from support.apps.defended import APOLOGY
from support.apps.sound import (
    LIMIT,
    SEVERAL,
    Breaker,
    LeftAlone,
    NoAnswer,
    Sound,
    ask_claude,
    ask_claude_async,
    ask_gpt,
    ask_gpt_async,
    claude_stream,
    first_of,
    first_of_async,
    guarded,
    of_claude,
    structured,
)
from support.chat_messages import from_user

REFUSED = (400, 401, 402, 403, 404, 413)  # statuses of requests that are not sent again


def task_group() -> Callable[[str], Any]:
    """Two questions at once; if one fails, the other is cancelled."""
    breaker = Breaker()

    async def both(question: str) -> str:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(ask_claude_async(question)) for _ in range(2)]
        return "\n".join(task.result() for task in tasks)

    async def app(question: str) -> str:
        try:
            return await breaker.acall(both, question)
        except* Exception:
            pass
        return APOLOGY

    return app


def shared_flights() -> Callable[[str], Any]:
    """Users who ask the same at one time wait for one request."""
    flights: dict[str, asyncio.Future[Any]] = {}
    kept: dict[str, tuple[float, Any]] = {}
    ask = first_of_async(ask_claude_async, ask_gpt_async)

    async def app(question: str) -> Any:
        since, answer = kept.get(question, (-1e9, None))
        if time.monotonic() - since < 600:
            return answer
        if question not in flights:
            flights[question] = asyncio.ensure_future(ask(question))
            flights[question].add_done_callback(lambda _: flights.pop(question, None))
        answer = await asyncio.shield(flights[question])
        if answer != APOLOGY:
            kept[question] = time.monotonic(), answer
        return answer

    return app


def refreshed_in_the_background() -> Callable[[str], Any]:
    """An answer of up to 50 minutes is shown at once, and renewed after five."""
    kept: dict[str, tuple[float, Any]] = {}
    tasks, breaker = set(), Breaker()

    async def refresh(question: str) -> None:
        try:
            kept[question] = time.monotonic(), await breaker.acall(ask_claude_async, question)
        except Exception:  # the old answer serves on
            return

    async def app(question: str) -> Any:
        if not is_fresh(question, 3000):
            await refresh(question)
        elif not is_fresh(question, 300):
            tasks.add(task := asyncio.create_task(refresh(question)))
            task.add_done_callback(tasks.discard)
        return kept[question][1] if is_fresh(question, 3000) else APOLOGY

    def is_fresh(question: str, limit: float) -> bool:
        return question in kept and time.monotonic() - kept[question][0] < limit

    return app


def bulkhead() -> Callable[[str], Any]:
    """Two requests at a time; nobody waits for more than eight seconds to be served."""
    places: list[asyncio.Semaphore] = []
    ask = first_of_async(ask_claude_async, ask_gpt_async)

    async def app(question: str) -> Any:
        if not places:
            places.append(asyncio.Semaphore(2))
        try:
            async with asyncio.timeout(8):
                await places[0].acquire()
        except TimeoutError:
            return APOLOGY
        try:
            return await ask(question)
        finally:
            places[0].release()

    return app


def whole_stream(question: str) -> str:
    """A stream that is shown when it is whole."""
    text = "".join(claude_stream(question))
    if not text:
        raise NoAnswer
    return text


def batch() -> Callable[[str], Any]:
    """A job that may take two and a half minutes, and tries again with growing pauses."""
    breaker, rng = Breaker(), random.Random(3)

    async def tries(question: str) -> Any:
        for attempt in range(4):
            try:
                return await breaker.acall(ask_claude_async, question)
            except LeftAlone:
                raise
            except Exception as error:
                seconds = asked_wait(error)
                if attempt == 3 or getattr(error, "status_code", 0) in REFUSED or seconds > 60:
                    raise
                await asyncio.sleep(seconds + 2**attempt * (0.5 + rng.random()))
        return None

    async def app(question: str) -> Any:
        try:
            async with asyncio.timeout(150):
                return await tries(question)
        except Exception:
            return APOLOGY

    return app


def asked_wait(error: Exception) -> float:
    response = getattr(error, "response", None)
    wait_for = response.headers.get("retry-after") if response is not None else None
    return float(wait_for) if wait_for and wait_for.replace(".", "").isdigit() else 0.0


def conversation() -> Callable[[str], Any]:
    """The last two turns go along with each question."""
    turns: list[dict[str, str]] = []
    breaker, client = Breaker(), claude(max_retries=0, timeout=LIMIT)

    def ask(question: str) -> str:
        messages = [*turns[-4:], *from_user(question)]
        return of_claude(client.messages.create(model=MODEL, max_tokens=300, messages=messages))

    def app(question: str) -> str:
        try:
            answer = breaker.call(ask, question)
        except Exception:
            return APOLOGY
        turns.extend([*from_user(question), {"role": "assistant", "content": answer}])
        return answer

    return app


def paced() -> Callable[[str], Any]:
    """Two seconds between two questions."""
    last, ask = [0.0], first_of(ask_claude, ask_gpt)

    def app(question: str) -> Any:
        time.sleep(max(0.0, last[0] + 2 - time.monotonic()))
        last[0] = time.monotonic()
        return ask(question)

    return app


@dataclass
class Reply:
    reply: str
    days: int


def asked_once_more(question: str) -> Reply:
    """An answer that is not in the form is asked for once more."""
    try:
        return Reply(**structured(question))
    except (NoAnswer, ValueError, TypeError):
        return Reply(**structured(question))


def hedged_in_threads() -> Callable[[str], Any]:
    """The other vendor is asked after four seconds, in a thread of its own."""
    pool, one, other = ThreadPoolExecutor(16), Breaker(), Breaker()

    def app(question: str) -> Any:
        asked = [pool.submit(one.call, ask_claude, question)]
        if not wait(asked, timeout=4).done or asked[0].exception():
            asked.append(pool.submit(other.call, ask_gpt, question))
        pending: set[Future[Any]] = set(asked)
        while pending:
            done, pending = wait(pending, return_when=FIRST_COMPLETED)
            for future in done:
                if not future.exception():
                    for slower in pending:
                        slower.cancel()
                    return future.result()
        return APOLOGY

    return app


MORE_APPS: dict[str, Sound] = {
    "a task group": Sound(task_group),
    "shared flights": Sound(shared_flights, options=SEVERAL),
    "refreshed in the background": Sound(refreshed_in_the_background),
    "a bulkhead": Sound(bulkhead, options=SEVERAL),
    "a stream that is shown when it is whole": Sound(lambda: first_of(whole_stream, ask_gpt)),
    "a batch with a deadline of its own": Sound(batch),
    "a conversation": Sound(conversation),
    "paced requests": Sound(paced),
    "a form that is asked for once more": Sound(lambda: guarded(asked_once_more), "openai"),
    "hedged in threads": Sound(hedged_in_threads),
}
