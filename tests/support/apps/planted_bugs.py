"""Eight small apps with one bug each: ordinary code on httpx, so that many calls are cheap."""

from __future__ import annotations

import asyncio
import json
import time
from functools import cache

import cachetools
import httpx

CLAUDE = "https://api.anthropic.com/v1/messages"
LOGIN = "https://console.anthropic.com/v1/oauth/token"
GPT = "https://api.openai.com/v1/chat/completions"
KEYS = {"x-api-key": "sk-ant-test", "anthropic-version": "2023-06-01"}
TIMEOUT = 10.0


@cache
def client() -> httpx.Client:
    """One for all apps: making one costs more than asking with it."""
    return httpx.Client(timeout=TIMEOUT)


def body(question: str, model: str = "claude-sonnet-5-5", **more) -> dict:
    text = [{"role": "user", "content": question}]
    return {"model": model, "max_tokens": 300, "messages": text, **more}


def text_of(response: httpx.Response) -> str:
    """The text of an answer that is whole; raises for what is none."""
    response.raise_for_status()
    answer = response.json()
    if answer.get("type") != "message" or answer["stop_reason"] != "end_turn":
        raise ValueError("no whole answer")
    return answer["content"][0]["text"]


def ask_claude(question: str, model: str = "claude-sonnet-5-5", **headers: str) -> str:
    return text_of(client().post(CLAUDE, headers=headers or KEYS, json=body(question, model)))


class BreakerCountsRefusals:
    """Three tries for each question; after a refusal, no call makes a request for ten minutes."""

    def __init__(self) -> None:
        self.failures, self.open_until = 0, 0.0

    def answer(self, question: str) -> str:
        if time.monotonic() < self.open_until:
            raise ConnectionError("the breaker is open")
        for _ in range(3):
            try:
                return ask_claude(question)
            except httpx.HTTPStatusError:
                self.failures += 1  # an HTTP 400, too, which says nothing about the next question
        if self.failures >= 3:
            self.failures, self.open_until = 0, time.monotonic() + 600
        raise ConnectionError("no answer")


class CacheWithoutStale:
    """An answer is cached for a minute, and never served longer during an outage."""

    def __init__(self) -> None:
        self.cache = cachetools.TTLCache(100, 60)

    def answer(self, question: str) -> str:
        if question not in self.cache:
            self.cache[question] = ask_claude(question)
        return self.cache[question]


class FallbackInTheSameDomain:
    """Where the large model fails, the small one of the same provider is asked."""

    def answer(self, question: str) -> str:
        try:
            return ask_claude(question)
        except (httpx.HTTPError, ValueError, LookupError):
            return ask_claude(question, "claude-haiku-5-5")


class RetriesWithoutCap:
    """Asks every other second until there is an answer."""

    def answer(self, question: str) -> str:
        while True:
            try:
                return ask_claude(question)
            except (httpx.HTTPError, ValueError, LookupError):
                time.sleep(2)


class HalfOpenStampede:
    """Asks about four documents at once; when its breaker's minute is over, about all of them."""

    def __init__(self) -> None:
        self.failures, self.open_until = 0, 0.0

    async def answer(self, question: str) -> str:
        async with httpx.AsyncClient(timeout=TIMEOUT) as clients:
            shown = [self._read(clients, f"{question} Document {n}.") for n in range(4)]
            return " ".join(await asyncio.gather(*shown))

    async def _read(self, clients: httpx.AsyncClient, question: str) -> str:
        if time.monotonic() < self.open_until:
            raise ConnectionError("the breaker is open")
        try:
            answer = text_of(await clients.post(CLAUDE, headers=KEYS, json=body(question)))
        except Exception:
            self.failures += 1
            if self.failures >= 3:
                self.open_until = time.monotonic() + 60
            raise
        self.failures = 0
        return answer


class LoginLoop:
    """A token that is refused is refreshed, and so is the next one, and the next one."""

    def __init__(self) -> None:
        self.token, self.refresh_token = "", "sk-ant-ort01-x"

    def answer(self, question: str) -> str:
        for _ in range(10):
            if not self.token:
                self._log_in()
            try:
                return ask_claude(
                    question,
                    authorization=f"Bearer {self.token}",
                    **{"anthropic-version": "2023-06-01", "anthropic-beta": "oauth-2025-04-20"},
                )
            except httpx.HTTPStatusError as refused:
                if refused.response.status_code != 401:
                    raise
                self.token = ""
                time.sleep(1)
        raise PermissionError("logged in ten times, and out as often")

    def _log_in(self) -> None:
        sent = {"grant_type": "refresh_token", "refresh_token": self.refresh_token}
        granted = client().post(LOGIN, json=sent)
        granted.raise_for_status()
        self.token = granted.json()["access_token"]
        self.refresh_token = granted.json()["refresh_token"]


class StreamWithoutEnd:
    """Shows what has come when the stream is over, whether it has said that it is or not."""

    def answer(self, question: str) -> str:
        text = []
        sent = body(question, stream=True)
        with client().stream("POST", CLAUDE, headers=KEYS, json=sent) as response:
            response.raise_for_status()
            for line in response.iter_lines():
                if line.startswith("data: "):
                    event = json.loads(line.removeprefix("data: "))
                    delta = event.get("delta", {})
                    if delta.get("stop_reason") == "max_tokens":
                        raise ValueError("the answer was too long")
                    text.append(delta.get("text", ""))
        return "".join(text)


class WaitsAsToldTo:
    """Answers within half a minute, unless a retry-after says something else."""

    def answer(self, question: str) -> str:
        response = client().post(CLAUDE, headers=KEYS, json=body(question))
        if response.status_code == 429:
            time.sleep(float(response.headers.get("retry-after", 1)))
            response = client().post(CLAUDE, headers=KEYS, json=body(question))
        return text_of(response)
