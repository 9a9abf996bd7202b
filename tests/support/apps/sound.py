"""Thirty sound apps of different shapes, of which no default check may complain.

Each is made anew for a replay. What an app leaves out on purpose (a breaker, say) is said beside
it, as a team would say it by leaving the check out.
"""

from __future__ import annotations

import asyncio
import json
import queue
import random
import threading
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from chaos_llm.demo.hardened_bot import HardenedBot
from support.apps.bots import MODEL, SECOND_MODEL, claude
from support.apps.defended import APOLOGY, claude_async, gpt, gpt_async
from support.chat_messages import from_user

SMALL = "claude-haiku-4-5"
LIMIT = 15.0  # seconds that a request may take


class NoAnswer(Exception):
    """An answer that came and is none."""


class LeftAlone(NoAnswer):
    """A provider is not asked, because its breaker is open."""


@dataclass(frozen=True)
class Sound:
    """An app, the provider that it asks first, and what it leaves out on purpose."""

    make: Callable[[], Any]
    provider: str = "anthropic"
    without: frozenset[str] = frozenset()
    options: dict[str, Any] = field(default_factory=dict)


def of_claude(message: Any) -> str:
    if getattr(message, "stop_reason", None) != "end_turn":
        raise NoAnswer
    text = "".join(block.text for block in message.content if block.type == "text")
    if not text.strip():
        raise NoAnswer
    return text


def of_gpt(completion: Any) -> str:
    choices = getattr(completion, "choices", None)
    if not choices or choices[0].finish_reason != "stop" or not choices[0].message.content:
        raise NoAnswer
    return choices[0].message.content


def ask_claude(question: str, model: str = MODEL, retries: int = 0) -> str:
    client = claude(max_retries=retries, timeout=LIMIT)
    return of_claude(
        client.messages.create(model=model, max_tokens=300, messages=from_user(question))
    )


def ask_gpt(question: str) -> str:
    client = gpt().with_options(timeout=LIMIT)
    return of_gpt(client.chat.completions.create(model=SECOND_MODEL, messages=from_user(question)))


async def ask_claude_async(question: str) -> str:
    client = claude_async(0).with_options(timeout=LIMIT)
    return of_claude(
        await client.messages.create(model=MODEL, max_tokens=300, messages=from_user(question))
    )


async def ask_gpt_async(question: str) -> str:
    client = gpt_async().with_options(timeout=LIMIT)
    return of_gpt(
        await client.chat.completions.create(model=SECOND_MODEL, messages=from_user(question))
    )


@dataclass
class Breaker:
    """Opens after three failures in a row; after a minute one call may try again."""

    failures: int = 0
    opened: float = 0.0
    probing: bool = False

    def enter(self) -> None:
        if self.failures < 3:
            return
        if self.probing or time.monotonic() - self.opened < 60:
            raise LeftAlone
        self.probing = True

    def leave(self, *, failed: bool) -> None:
        self.failures, self.probing = (self.failures + 1 if failed else 0), False
        self.opened = time.monotonic()

    def call(self, ask: Callable[..., Any], *given: Any) -> Any:
        self.enter()
        try:
            answer = ask(*given)
        except Exception:
            self.leave(failed=True)
            raise
        self.leave(failed=False)
        return answer

    async def acall(self, ask: Callable[..., Any], *given: Any) -> Any:
        self.enter()
        failed = True
        try:
            answer = await ask(*given)
            failed = False
        finally:
            self.leave(failed=failed)
        return answer


def first_of(*asks: Callable[[str], Any]) -> Callable[[str], Any]:
    """Ask one after the other, each behind a breaker of its own."""
    guarded = [(Breaker(), ask) for ask in asks]

    def app(question: str) -> Any:
        for breaker, ask in guarded:
            try:
                return breaker.call(ask, question)
            except Exception:
                continue
        raise NoAnswer

    return app


def first_of_async(*asks: Callable[[str], Any]) -> Callable[[str], Any]:
    guarded = [(Breaker(), ask) for ask in asks]

    async def app(question: str) -> Any:
        for breaker, ask in guarded:
            try:
                return await breaker.acall(ask, question)
            except Exception:
                continue
        return APOLOGY

    return app


def instead(app: Callable[[str], Any], other: Callable[[str], Any]) -> Callable[[str], Any]:
    def app_or_other(question: str) -> Any:
        try:
            return app(question)
        except Exception:
            return other(question)

    return app_or_other


def guarded(ask: Callable[[str], Any], otherwise: Any = None) -> Callable[[str], Any]:
    """One provider behind a breaker; what it cannot answer is said in other words, or raised."""
    breaker = Breaker()

    def app(question: str) -> Any:
        try:
            return breaker.call(ask, question)
        except Exception:
            if otherwise is None:
                raise
            return otherwise

    return app


def or_none(app: Callable[[str], Any]) -> Callable[[str], Any]:
    def quiet(question: str) -> Any:
        try:
            return app(question)
        except Exception:
            return None

    return quiet


def cached(app: Callable[[str], Any], fresh: float = 900.0, stale: float = 0.0) -> Any:
    """A cache of good answers; an old one is better than none for a while, if `stale` says so."""
    kept: dict[str, tuple[float, Any]] = {}

    def caching(question: str) -> Any:
        since, answer = kept.get(question, (-1e9, None))
        if time.monotonic() - since < fresh:
            return answer
        try:
            new = app(question)
        except Exception:
            if time.monotonic() - since < stale:
                return answer
            raise
        kept[question] = time.monotonic(), new
        return new

    return caching


def balanced() -> Callable[[str], Any]:
    """Questions are spread over two vendors; each steps in for the other."""
    one, other = Breaker(), Breaker()

    def app(question: str) -> Any:
        vendors = [(one, ask_claude), (other, ask_gpt)]
        if zlib.crc32(question.encode()) % 2:
            vendors.reverse()
        for breaker, ask in vendors:
            try:
                return breaker.call(ask, question)
            except Exception:
                continue
        return APOLOGY

    return app


def limited_async() -> Callable[[str], Any]:
    """Four requests at a time; the others wait in a queue."""
    app, limits = first_of_async(ask_claude_async, ask_gpt_async), []

    async def limited(question: str) -> Any:
        if not limits:
            limits.append(asyncio.Semaphore(4))
        async with limits[0]:
            return await app(question)

    return limited


def worker() -> Callable[[str], Any]:
    """A thread of its own answers what is put into a queue."""
    jobs: queue.Queue[tuple[str, queue.Queue[Any]]] = queue.Queue()
    app, threads = first_of(ask_claude, ask_gpt), []

    def work() -> None:
        while True:
            question, reply = jobs.get()
            try:
                reply.put(app(question))
            except Exception:
                reply.put(APOLOGY)

    def asks(question: str) -> Any:
        if not threads:
            threads.append(threading.Thread(target=work, daemon=True))
            threads[0].start()
        reply: queue.Queue[Any] = queue.Queue()
        jobs.put((question, reply))
        return reply.get()

    return asks


LOOK_UP = {
    "type": "function",
    "function": {
        "name": "look_up",
        "parameters": {
            "type": "object",
            "properties": {"order": {"type": "string"}, "days": {"type": "integer"}},
            "required": ["order", "days"],
        },
    },
}


def gpt_agent(question: str, *, streamed: bool = False) -> str:
    """An agent that looks something up; it acts on whole tool calls only."""
    client, messages = gpt().with_options(timeout=LIMIT), from_user(question)
    more = {"model": SECOND_MODEL, "tools": [LOOK_UP]}
    if streamed:
        name, key, arguments, end = "", "", "", None
        for chunk in client.chat.completions.create(messages=messages, stream=True, **more):
            for choice in chunk.choices:
                end = choice.finish_reason or end
                for call in choice.delta.tool_calls or ():
                    name, key = name or call.function.name, key or call.id
                    arguments += call.function.arguments or ""
        if end != "tool_calls":
            raise NoAnswer
    else:
        choice = client.chat.completions.create(messages=messages, **more).choices[0]
        if choice.finish_reason != "tool_calls":
            raise NoAnswer
        call = choice.message.tool_calls[0]
        name, key, arguments = call.function.name, call.id, call.function.arguments
    if name != "look_up" or not {"order", "days"} <= set(json.loads(arguments)):
        raise NoAnswer
    called = {"id": key, "type": "function", "function": {"name": name, "arguments": arguments}}
    turns = [{"role": "assistant", "content": None, "tool_calls": [called]}]
    turns.append({"role": "tool", "tool_call_id": key, "content": "it left on Monday"})
    return of_gpt(client.chat.completions.create(messages=[*messages, *turns], **more))


def steps(question: str) -> str:
    """Three requests that build on each other, each behind the same checks."""
    text = question
    for _ in range(3):
        text = ask_claude(text)
    return text


def classify_and_write(question: str) -> str:
    try:
        ask_claude(question, SMALL)
    except Exception:
        return ask_claude(question)  # without a class it is written in the neutral style
    return ask_claude(question)


def claude_stream(question: str) -> Any:
    """Pieces of an answer; a stream that stops without its end is an error."""
    client = claude(max_retries=0, timeout=LIMIT)
    with client.messages.stream(
        model=MODEL, max_tokens=300, messages=from_user(question)
    ) as stream:
        yield from stream.text_stream
        if stream.current_message_snapshot.stop_reason != "end_turn":
            raise NoAnswer


def shown_as_it_comes() -> Callable[[str], Any]:
    breaker = Breaker()

    def app(question: str) -> Any:
        breaker.enter()
        failed, empty = True, True
        try:
            for piece in claude_stream(question):
                empty = False
                yield piece
            failed = empty
        finally:
            breaker.leave(failed=failed)
        if empty:
            raise NoAnswer

    return app


def first_words(question: str) -> str:
    """The first words of a stream; then it is closed."""
    client, shown = gpt().with_options(timeout=LIMIT), ""
    with client.chat.completions.create(
        model=SECOND_MODEL, messages=from_user(question), stream=True
    ) as stream:
        for chunk in stream:
            shown += chunk.choices[0].delta.content or ""
            if len(shown) > 40:
                return shown
    raise NoAnswer


def until_finish_reason(question: str) -> str:
    client, shown = gpt().with_options(timeout=LIMIT), []
    with client.chat.completions.create(
        model=SECOND_MODEL, messages=from_user(question), stream=True
    ) as stream:
        for chunk in stream:
            shown.append(chunk.choices[0].delta.content or "")
            if chunk.choices[0].finish_reason == "stop" and "".join(shown).strip():
                return "".join(shown)
    raise NoAnswer


async def stream_async(question: str) -> str:
    client = claude_async(0).with_options(timeout=LIMIT)
    async with client.messages.stream(
        model=MODEL, max_tokens=300, messages=from_user(question)
    ) as stream:
        text = "".join([piece async for piece in stream.text_stream])
        if stream.current_message_snapshot.stop_reason != "end_turn" or not text:
            raise NoAnswer
    return text


FORM = {
    "type": "json_schema",
    "json_schema": {
        "name": "reply",
        "strict": True,
        "schema": {
            "type": "object",
            "properties": {
                "reply": {"type": "string"},
                "days": {"type": "integer", "minimum": 1000},
            },
            "required": ["reply", "days"],
            "additionalProperties": False,
        },
    },
}


def structured(question: str) -> dict[str, Any]:
    client = gpt().with_options(timeout=LIMIT)
    completion = client.chat.completions.create(
        model=SECOND_MODEL, messages=from_user(question), response_format=FORM
    )
    value = json.loads(of_gpt(completion))
    if set(value) != {"reply", "days"}:
        raise NoAnswer
    return value


def patient(ask: Callable[[str], Any]) -> Callable[[str], Any]:
    """Ask up to three times, with jitter, and not before a retry-after that is short enough."""
    rng = random.Random(7)

    def app(question: str) -> Any:
        for attempt in range(3):
            try:
                return ask(question)
            except LeftAlone:
                raise
            except Exception as error:
                response = getattr(error, "response", None)
                wait = response.headers.get("retry-after") if response is not None else None
                seconds = float(wait) if wait and wait.replace(".", "").isdigit() else 0.0
                refused = getattr(error, "status_code", 0) in (400, 401, 402, 403, 404, 413)
                if attempt == 2 or refused or seconds > 5:
                    raise
                time.sleep(max(seconds, 2**attempt * (0.5 + rng.random())))
        return None

    return app


async def with_deadline(question: str) -> str:
    try:
        async with asyncio.timeout(10):
            return await ask_claude_async(question)
    except TimeoutError:
        raise NoAnswer from None


def hedged() -> Callable[[str], Any]:
    """A second request to the other vendor after three seconds; the first answer counts."""
    breaker = Breaker()

    async def late(question: str) -> str:
        await asyncio.sleep(3)
        return await ask_gpt_async(question)

    async def app(question: str) -> str:
        tasks = [
            asyncio.ensure_future(breaker.acall(ask_claude_async, question)),
            asyncio.ensure_future(late(question)),
        ]
        try:
            for done in asyncio.as_completed(tasks):
                try:
                    return await done
                except Exception:
                    continue
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        return APOLOGY

    return app


def label(question: str) -> str:
    return "parcel" if "order" in ask_claude(question) else "other"


def length_of(question: str) -> int:
    return len(ask_claude(question))


NO_BREAKER = frozenset({"stops_calling"})
SEVERAL = {"users": 4}

APPS: dict[str, Sound] = {
    "the hardened bot": Sound(lambda: HardenedBot().answer),
    "Claude, else GPT": Sound(lambda: first_of(ask_claude, ask_gpt)),
    "GPT, else Claude": Sound(lambda: first_of(ask_gpt, ask_claude), "openai"),
    "one provider, errors are raised": Sound(lambda: guarded(ask_claude)),
    "one provider, an apology": Sound(lambda: guarded(ask_claude, APOLOGY)),
    "one provider, None": Sound(lambda: or_none(guarded(ask_gpt)), "openai"),
    "a cache that may go stale": Sound(lambda: cached(guarded(ask_claude), stale=7200)),
    "a cache of fresh answers": Sound(lambda: cached(guarded(ask_gpt)), "openai"),
    "a cache before two vendors": Sound(lambda: cached(first_of(ask_claude, ask_gpt))),
    "two vendors share the questions": Sound(balanced),
    "async, two vendors": Sound(
        lambda: first_of_async(ask_claude_async, ask_gpt_async), options=SEVERAL
    ),
    "async, a queue": Sound(limited_async, options=SEVERAL),
    "a worker thread": Sound(worker),
    "several users": Sound(lambda: first_of(ask_claude, ask_gpt), options=SEVERAL),
    "an agent with a tool": Sound(lambda: guarded(gpt_agent), "openai"),
    "an agent with a streamed tool": Sound(
        lambda: guarded(lambda question: gpt_agent(question, streamed=True)), "openai"
    ),
    "an agent of three steps": Sound(lambda: guarded(steps)),
    "a classifier before a writer": Sound(lambda: guarded(classify_and_write)),
    "a stream that is shown as it comes": Sound(shown_as_it_comes),
    "the first words of a stream": Sound(lambda: guarded(first_words), "openai"),
    "a stream until its finish_reason": Sound(lambda: guarded(until_finish_reason), "openai"),
    "an async stream": Sound(lambda: first_of_async(stream_async, ask_gpt_async)),
    "a structured answer": Sound(lambda: guarded(structured), "openai"),
    "a label": Sound(lambda: guarded(label, "unknown")),
    "a number": Sound(lambda: guarded(length_of)),
    "retries with jitter": Sound(lambda: patient(guarded(ask_claude))),
    "retries, then another vendor": Sound(
        lambda: instead(patient(guarded(ask_claude)), guarded(ask_gpt, APOLOGY))
    ),
    "a deadline, then another vendor": Sound(lambda: first_of_async(with_deadline, ask_gpt_async)),
    "two models of one vendor": Sound(
        lambda: first_of(ask_claude, lambda question: ask_claude(question, SMALL))
    ),
    "a hedged request": Sound(hedged),
    "no breaker on purpose": Sound(lambda: ask_claude, without=NO_BREAKER),
    "slow by design": Sound(
        lambda: patient(ask_gpt), "openai", without=NO_BREAKER, options={"every": "2m"}
    ),
}
