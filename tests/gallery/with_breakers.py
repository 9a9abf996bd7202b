"""Apps with the libraries that are to defend them: tenacity, pybreaker and circuitbreaker."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import anthropic
import openai
import pybreaker
import tenacity
from circuitbreaker import STATE_HALF_OPEN, CircuitBreaker, CircuitBreakerError
from gallery.exhibit import Exhibit, partial_outage
from support.chat_messages import from_user
from support.small_profiles import MINUTE, profile_of, window

from chaos_llm.checks import stays_available
from chaos_llm.faults import error_mid_stream, hang, overloaded, raw
from chaos_llm.profiles.model import Target

CLAUDE, GPT = "claude-sonnet-5-5", "gpt-5.5"


async def ask_claude(question: str) -> str:
    async with anthropic.AsyncAnthropic(max_retries=0) as client:
        message = await client.messages.create(
            model=CLAUDE, max_tokens=300, messages=from_user(question)
        )
    return message.content[0].text


async def ask_gpt(question: str) -> str:
    async with openai.AsyncOpenAI(max_retries=0) as client:
        completion = await client.chat.completions.create(model=GPT, messages=from_user(question))
    return completion.choices[0].message.content


# B23: a retry around an async generator is over before the generator runs

thrice = tenacity.retry(
    stop=tenacity.stop_after_attempt(3), wait=tenacity.wait_random_exponential(max=10), reraise=True
)


async def stream_claude(question: str) -> AsyncIterator[str]:
    async with (
        anthropic.AsyncAnthropic(max_retries=0) as client,
        client.messages.stream(
            model=CLAUDE, max_tokens=300, messages=from_user(question)
        ) as stream,
    ):
        async for text in stream.text_stream:
            yield text


async def collect_claude(question: str) -> str:
    return "".join([text async for text in stream_claude(question)])


async def relay_claude(question: str) -> AsyncIterator[str]:
    async for text in thrice(stream_claude)(question):
        yield text


B23 = Exhibit(
    partial_outage(error_mid_stream()),
    bug=lambda: relay_claude,
    fixed=lambda: thrice(collect_claude),
    claims=(stays_available(0.95),),
)


# B24: when the cooldown is over, everybody is let through until the first of them has an answer


class BehindABreaker:
    def __init__(self) -> None:
        self.breaker = CircuitBreaker(
            failure_threshold=3, recovery_timeout=60, expected_exception=anthropic.APIError
        )

    async def __call__(self, question: str) -> str:
        try:
            return await self.breaker(ask_claude)(question)
        except (anthropic.APIError, CircuitBreakerError):
            return await ask_gpt(question)


class WithOneProbe(BehindABreaker):
    def __init__(self) -> None:
        super().__init__()
        self.probe = asyncio.Lock()

    async def __call__(self, question: str) -> str:
        if self.breaker.state != STATE_HALF_OPEN:
            return await super().__call__(question)
        if self.probe.locked():
            return await ask_gpt(question)
        async with self.probe:
            return await super().__call__(question)


B24 = Exhibit(
    profile_of(window(hang(15), ends=20 * MINUTE)),
    bug=BehindABreaker,
    fixed=WithOneProbe,
    replay={"users": 12},
)


# B25: a breaker around a coroutine function never sees a failure, and one around a function
# takes a bad question for a bad provider


class Bot:
    def __init__(self) -> None:
        self.breaker = pybreaker.CircuitBreaker(fail_max=3, reset_timeout=60)

    async def __call__(self, question: str) -> str:
        try:
            return await self.breaker(ask_claude)(question)
        except (anthropic.APIError, pybreaker.CircuitBreakerError):
            return await ask_gpt(question)


class BotThatCounts(Bot):
    async def __call__(self, question: str) -> str:
        try:
            with self.breaker.calling():
                return await ask_claude(question)
        except (anthropic.APIError, pybreaker.CircuitBreakerError):
            return await ask_gpt(question)


B25_ASYNC = Exhibit(
    profile_of(window(overloaded(), ends=20 * MINUTE)),
    bug=Bot,
    fixed=BotThatCounts,
)


class SyncBot:
    def __init__(self, **options: object) -> None:
        self.breaker = pybreaker.CircuitBreaker(fail_max=3, reset_timeout=60, **options)
        self.client = anthropic.Anthropic(max_retries=0)

    def __call__(self, question: str) -> str:
        message = self.breaker.call(
            self.client.messages.create, model=CLAUDE, max_tokens=300, messages=from_user(question)
        )
        return message.content[0].text


def with_a_manual_now_and_then(number: int) -> str:
    """Three questions of twenty, in a row, with a whole manual pasted into them."""
    return f"question {number}" + (" the manual says" * 500 if number % 20 < 3 else "")


TOO_LONG = raw(
    400,
    json={
        "type": "error",
        "error": {"type": "invalid_request_error", "message": "prompt is too long"},
    },
)
B25_REQUESTS = Exhibit(
    profile_of(window(TOO_LONG, on=Target("anthropic", larger_than=4000), ends=20 * MINUTE)),
    bug=SyncBot,
    fixed=lambda: SyncBot(exclude=[anthropic.BadRequestError]),
    claims=(stays_available(0.85),),
    replay={"every": "10s", "prompts": with_a_manual_now_and_then},
)


# B33: a retry that leaves out one kind of error takes the cancellation of its task for another


@tenacity.retry(
    retry=tenacity.retry_if_not_exception_type(anthropic.BadRequestError),
    stop=tenacity.stop_after_attempt(3),
    reraise=True,
)
async def ask_claude_persistently(question: str) -> str:
    return await ask_claude(question)


@tenacity.retry(
    retry=tenacity.retry_if_exception_type(anthropic.APIError),
    stop=tenacity.stop_after_attempt(3),
    reraise=True,
)
async def ask_claude_until_cancelled(question: str) -> str:
    return await ask_claude(question)


def within_ten_seconds(ask: Callable[[str], Awaitable[str]]) -> Callable[[str], Awaitable[str]]:
    async def answer(question: str) -> str:
        try:
            async with asyncio.timeout(10):
                return await ask(question)
        except (TimeoutError, anthropic.APIError):
            return await ask_gpt(question)

    return answer


B33 = Exhibit(
    partial_outage(hang(20)),
    bug=lambda: within_ten_seconds(ask_claude_persistently),
    fixed=lambda: within_ten_seconds(ask_claude_until_cancelled),
)
