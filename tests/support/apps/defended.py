"""Small apps with one defence each, and some that only look as if they had one."""

from __future__ import annotations

import asyncio
import time
import zlib
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache

import anthropic
import openai

from support.apps.bots import MODEL, SECOND_MODEL, ask_once, claude

APOLOGY = "We cannot answer just now. Please ask again in a few minutes."
ERRORS = (anthropic.APIError, openai.APIError, ConnectionError)


@cache
def gpt() -> openai.OpenAI:
    return openai.OpenAI(api_key="made once", max_retries=0)


@cache
def gpt_async() -> openai.AsyncOpenAI:
    return openai.AsyncOpenAI(api_key="made once", max_retries=0)


@cache
def claude_async(retries: int) -> anthropic.AsyncAnthropic:
    return anthropic.AsyncAnthropic(api_key="made once", max_retries=retries)


def ask_gpt(question: str) -> str:
    completion = gpt().chat.completions.create(
        model=SECOND_MODEL, messages=[{"role": "user", "content": question}]
    )
    return completion.choices[0].message.content


def ask_claude_or_gpt(question: str) -> str:
    """A fallback, and no other defence."""
    try:
        return ask_once(question)
    except ERRORS:
        return ask_gpt(question)


def or_else(app, otherwise, errors=Exception):
    """An app that shows something else, perhaps made of the error, where it fails."""

    def forgiving(question: str) -> object:
        try:
            return app(question)
        except errors as error:
            return otherwise(error) if callable(otherwise) else otherwise

    return forgiving


def apologise(question: str) -> str:
    return APOLOGY


@dataclass
class Breaker:
    """Opens after some failures in a row, and lets one call through after its cooldown."""

    limit: int = 3
    cooldown: float = 60.0
    failures: int = 0
    opened: float = 0.0

    def let_through(self) -> bool:
        return self.failures < self.limit or time.monotonic() - self.opened >= self.cooldown

    def note(self, *, failed: bool) -> None:
        self.failures = self.failures + 1 if failed else 0
        self.opened = time.monotonic()

    def ask(self, ask, question: str) -> str:
        if not self.let_through():
            raise ConnectionError("the breaker is open")
        try:
            answer = ask(question)
        except ERRORS:
            self.note(failed=True)
            raise
        self.note(failed=False)
        return answer


@dataclass
class Defended:
    """One vendor behind a breaker, and something else for when that fails."""

    otherwise: object = ask_gpt
    ask: object = ask_once
    breaker: Breaker = field(default_factory=Breaker)

    def __call__(self, question: str) -> str:
        try:
            return self.breaker.ask(self.ask, question)
        except ERRORS:
            return self.otherwise(question)


@dataclass
class Balanced:
    """Questions are spread over two vendors; each steps in for the other."""

    claude: Breaker = field(default_factory=Breaker)
    gpt: Breaker = field(default_factory=Breaker)

    def __call__(self, question: str) -> str:
        vendors = [(self.claude, ask_once), (self.gpt, ask_gpt)]
        if zlib.crc32(question.encode()) % 2:
            vendors.reverse()
        for breaker, ask in vendors:
            try:
                return breaker.ask(ask, question)
            except ERRORS:
                continue
        return APOLOGY


@dataclass
class Cached:
    """A cache in front of an app; a bad one keeps whatever the app says."""

    app: object
    keep: float = 1800.0
    answers: dict[str, tuple[float, object]] = field(default_factory=dict)

    def __call__(self, question: str) -> object:
        kept = self.answers.get(question)
        if kept and time.monotonic() - kept[0] < self.keep:
            return kept[1]
        answer = self.app(question)
        self.answers[question] = time.monotonic(), answer
        return answer


def agent(question: str, steps: int = 4, retries: int = 2) -> str:
    """Several requests that build on each other, each with the SDK's retries."""
    client, text = claude(max_retries=retries), question
    for _ in range(steps):
        message = client.messages.create(
            model=MODEL, max_tokens=300, messages=[{"role": "user", "content": text}]
        )
        text = message.content[0].text
    return text


def try_again(app, times: int, pause: float = 1.0):
    """A retry layer of the app's own around whatever the SDK does."""

    def persistent(question: str) -> object:
        for attempt in range(times):
            try:
                return app(question)
            except ERRORS:
                if attempt == times - 1:
                    raise
                time.sleep(pause)
        return None

    return persistent


async def ask_async_once(question: str, retries: int = 0) -> str:
    message = await claude_async(retries).messages.create(
        model=MODEL, max_tokens=300, messages=[{"role": "user", "content": question}]
    )
    return message.content[0].text


async def ask_gpt_async(question: str) -> str:
    completion = await gpt_async().chat.completions.create(
        model=SECOND_MODEL, messages=[{"role": "user", "content": question}]
    )
    return completion.choices[0].message.content


@dataclass
class DefendedAsync:
    """The same as Defended for many users at once."""

    breaker: Breaker | None = field(default_factory=Breaker)
    balanced: bool = False

    async def answer(self, question: str) -> str:
        if self.balanced and zlib.crc32(question.encode()) % 2:
            return await ask_gpt_async(question)
        if self.breaker and not self.breaker.let_through():
            return await ask_gpt_async(question)
        try:
            answer = await ask_async_once(question)
        except ERRORS:
            if self.breaker:
                self.breaker.note(failed=True)
            return await ask_gpt_async(question)
        if self.breaker:
            self.breaker.note(failed=False)
        return answer


class WithPings:
    """An app that also asks its vendor every ten seconds whether it is there."""

    def __init__(self, app) -> None:
        self.app, self.pinging = app, None

    async def answer(self, question: str) -> str:
        if self.pinging is None:
            self.pinging = asyncio.create_task(self._ping())
        return await self.app(question)

    async def _ping(self) -> None:
        while True:
            with suppress(ERRORS):
                await ask_async_once("ping")
            await asyncio.sleep(10)
