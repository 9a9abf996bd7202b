"""The same bot after a few outages: a circuit breaker, a second vendor, a cache of old answers."""

from __future__ import annotations

from dataclasses import dataclass, replace

import anthropic
import cachetools
import openai
import pybreaker

from chaos_llm.demo.naive_bot import INSTRUCTIONS, MODEL

SECOND_MODEL = "gpt-5.5"
TIMEOUT = 20.0  # seconds
FRESH_FOR, KEEP_FOR = 15 * 60, 24 * 3600  # seconds


@dataclass(frozen=True)
class Answer:
    """The text that a customer reads, and its origin."""

    text: str
    provider: str


class Unanswered(Exception):
    """No vendor answered, and there is no old answer in the cache."""


_FAILURES = (
    anthropic.APIError,
    openai.APIError,
    pybreaker.CircuitBreakerError,
    Unanswered,
    ValueError,  # an empty body or invalid JSON; neither SDK wraps it in an error of its own
)


class HardenedBot:
    """Answers with Claude, else with GPT, else with an earlier answer."""

    def __init__(self) -> None:
        # Without retries: this SDK sleeps as long as a retry-after says, even for hours.
        self._claude = anthropic.Anthropic(timeout=TIMEOUT, max_retries=0)
        self._gpt = openai.OpenAI(timeout=TIMEOUT, max_retries=1)
        self._breaker = pybreaker.CircuitBreaker(fail_max=3, reset_timeout=60)
        self._fresh: cachetools.TTLCache[str, Answer] = cachetools.TTLCache(1000, FRESH_FOR)
        self._kept: cachetools.TTLCache[str, Answer] = cachetools.TTLCache(10_000, KEEP_FOR)

    def answer(self, question: str) -> Answer:
        """Answer one question; raises Unanswered if there is no answer at all."""
        if question in self._fresh:
            return self._fresh[question]
        for ask in (self._ask_claude, self._ask_gpt):
            try:
                answer = ask(question)
            except _FAILURES:
                continue
            self._fresh[question] = self._kept[question] = answer
            return answer
        return self._stale(question)

    def _ask_claude(self, question: str) -> Answer:
        message = self._breaker.call(
            self._claude.messages.create,
            model=MODEL,
            max_tokens=500,
            system=INSTRUCTIONS,
            messages=[{"role": "user", "content": question}],
        )
        if getattr(message, "stop_reason", None) != "end_turn":
            raise Unanswered("the answer is not whole")
        text = "".join(block.text for block in message.content if block.type == "text")
        return _whole(text, "anthropic")

    def _ask_gpt(self, question: str) -> Answer:
        completion = self._gpt.chat.completions.create(
            model=SECOND_MODEL,
            messages=[
                {"role": "system", "content": INSTRUCTIONS},
                {"role": "user", "content": question},
            ],
        )
        choices = getattr(completion, "choices", None)
        if not choices or choices[0].finish_reason != "stop":
            raise Unanswered("the answer is not whole")
        return _whole(choices[0].message.content or "", "openai")

    def _stale(self, question: str) -> Answer:
        if question not in self._kept:
            raise Unanswered("we cannot answer just now; please ask again in a few minutes")
        return replace(self._kept[question], provider="memory")


def _whole(text: str, provider: str) -> Answer:
    if not text.strip():
        raise Unanswered("the answer is empty")
    return Answer(text, provider)
