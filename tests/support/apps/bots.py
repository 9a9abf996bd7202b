"""Small apps for replays: ordinary code on the vendors' SDKs."""

from __future__ import annotations

import time
import zlib
from dataclasses import dataclass, field
from functools import cache

import anthropic
import openai

MODEL, SECOND_MODEL = "claude-sonnet-5-5", "gpt-5.5"


def ask(question: str) -> str:
    """One question to Claude, with the SDK's defaults."""
    message = anthropic.Anthropic().messages.create(
        model=MODEL, max_tokens=300, messages=[{"role": "user", "content": question}]
    )
    return message.content[0].text


@cache
def claude(**more: float) -> anthropic.Anthropic:
    """A client that is made once, before any outage: making one costs more than asking it."""
    return anthropic.Anthropic(api_key="made once", **more)


def ask_once(question: str = "hi", model: str = MODEL, **more: float) -> str:
    """One request to Claude, without retries."""
    message = claude(max_retries=0, **more).messages.create(
        model=model, max_tokens=300, messages=[{"role": "user", "content": question}]
    )
    return message.content[0].text


async def ask_async(question: str) -> str:
    """The same with the async client."""
    async with anthropic.AsyncAnthropic() as client:
        message = await client.messages.create(
            model=MODEL, max_tokens=300, messages=[{"role": "user", "content": question}]
        )
    return message.content[0].text


def trip(bot) -> None:
    """Ask until the bot's breaker is open."""
    for number in range(3):
        bot.answer(f"question {number}")


def _insisted_on(text: str | None) -> str:
    """An answer with something in it."""
    if not text:
        raise ConnectionError("an empty answer")
    return text


@dataclass
class AsyncBot:
    """Questions go to either vendor, each behind a small breaker and backed by the other."""

    failures: dict[str, int] = field(default_factory=dict)
    open_until: dict[str, float] = field(default_factory=dict)
    claude: anthropic.AsyncAnthropic = field(
        default_factory=lambda: anthropic.AsyncAnthropic(timeout=20, max_retries=1)
    )
    gpt: openai.AsyncOpenAI = field(
        default_factory=lambda: openai.AsyncOpenAI(timeout=20, max_retries=1)
    )

    async def answer(self, question: str) -> str:
        vendors = [self._ask_claude, self._ask_gpt]
        if zlib.crc32(question.encode()) % 2:
            vendors.reverse()
        for ask_one in vendors:
            try:
                return await ask_one(question)
            except (anthropic.APIError, openai.APIError, ConnectionError):
                continue
        return "We cannot answer just now. Please ask again in a few minutes."

    async def _ask_claude(self, question: str) -> str:
        message = await self._guarded(
            "claude",
            self.claude.messages.create(
                model=MODEL, max_tokens=300, messages=[{"role": "user", "content": question}]
            ),
        )
        return _insisted_on("".join(block.text for block in message.content))

    async def _ask_gpt(self, question: str) -> str:
        completion = await self._guarded(
            "gpt",
            self.gpt.chat.completions.create(
                model=SECOND_MODEL, messages=[{"role": "user", "content": question}]
            ),
        )
        return _insisted_on(completion.choices[0].message.content)

    async def _guarded(self, vendor, request):
        if time.monotonic() < self.open_until.get(vendor, 0.0):
            request.close()
            raise ConnectionError("the breaker is open")
        try:
            answer = await request
        except (anthropic.APIError, openai.APIError):
            self.failures[vendor] = self.failures.get(vendor, 0) + 1
            if self.failures[vendor] >= 3:
                self.open_until[vendor] = time.monotonic() + 60
            raise
        self.failures[vendor] = 0
        return answer
