"""Small apps that tests play bad days on; ordinary code on the vendors' SDKs."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

import anthropic
import openai

MODEL, SECOND_MODEL = "claude-sonnet-5-5", "gpt-5.5"


def ask(question: str) -> str:
    """One question to Claude, with the SDK's defaults."""
    message = anthropic.Anthropic().messages.create(
        model=MODEL, max_tokens=300, messages=[{"role": "user", "content": question}]
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


@dataclass
class AsyncBot:
    """Claude behind a small breaker, else GPT; the async twin of the demo's hardened bot."""

    failures: int = 0
    open_until: float = 0.0
    claude: anthropic.AsyncAnthropic = field(
        default_factory=lambda: anthropic.AsyncAnthropic(timeout=20, max_retries=1)
    )
    gpt: openai.AsyncOpenAI = field(
        default_factory=lambda: openai.AsyncOpenAI(timeout=20, max_retries=1)
    )

    async def answer(self, question: str) -> str:
        for ask_one in (self._ask_claude, self._ask_gpt):
            try:
                return await ask_one(question)
            except (anthropic.APIError, openai.APIError, ConnectionError):
                continue
        return "We cannot answer just now. Please ask again in a few minutes."

    async def _ask_claude(self, question: str) -> str:
        if time.monotonic() < self.open_until:
            raise ConnectionError("the breaker is open")
        try:
            message = await self.claude.messages.create(
                model=MODEL, max_tokens=300, messages=[{"role": "user", "content": question}]
            )
        except anthropic.APIError:
            self.failures += 1
            if self.failures >= 3:
                self.open_until = time.monotonic() + 60
            raise
        self.failures = 0
        return message.content[0].text

    async def _ask_gpt(self, question: str) -> str:
        completion = await self.gpt.chat.completions.create(
            model=SECOND_MODEL, messages=[{"role": "user", "content": question}]
        )
        return completion.choices[0].message.content
