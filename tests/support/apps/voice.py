"""Apps that speak to OpenAI's Realtime API on a websocket, and open it again when it breaks.

`Line` keeps one session for all calls, as a voice app does for a conversation; how it treats a
message whose answer broke off is what its subclasses differ in.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp

URL = "wss://api.openai.com/v1/realtime?model=gpt-realtime"
KEY = {"authorization": "Bearer sk-test"}
APOLOGY = "Sorry, I cannot hear you just now."
BROKEN = (aiohttp.ClientError, OSError, TimeoutError)
Pause = Callable[[int], float]


class Broken(aiohttp.ClientError):
    """The session, or its answer, broke."""


def growing(seed: int = 0) -> Pause:
    """Pauses that double, up to eight seconds, with jitter."""
    rng = random.Random(seed)
    return lambda attempt: min(8.0, 0.5 * 2**attempt) * rng.uniform(0.75, 1.25)


def none(_: int) -> float:
    return 0.0


async def say(ws: Any, text: str) -> None:
    content = [{"type": "input_text", "text": text}]
    item = {"type": "message", "role": "user", "content": content}
    await ws.send_json({"type": "conversation.item.create", "item": item})


async def answer(ws: Any, limit: float = 20.0) -> str:
    """Ask for an answer, and read it; raises Broken, or TimeoutError after so many seconds."""
    await ws.send_json({"type": "response.create", "response": {"output_modalities": ["text"]}})
    return await heard(ws, limit)


async def heard(ws: Any, limit: float = 20.0) -> str:
    text = ""
    while True:
        message = await asyncio.wait_for(ws.receive(), limit)
        if message.type is not aiohttp.WSMsgType.TEXT:
            raise Broken(f"closed: {ws.close_code}")
        event = message.json()
        if event["type"] == "response.output_text.delta":
            text += event["delta"]
        elif event["type"] == "error":
            raise Broken(event["error"]["message"])
        elif event["type"] == "response.done":
            if event["response"]["status"] != "completed":
                raise Broken(event["response"]["status"])
            return text


async def call_once(prompt: str) -> str:
    """A session for each call, and none after it failed."""
    async with aiohttp.ClientSession() as http, http.ws_connect(URL, headers=KEY) as ws:
        await say(ws, prompt)
        return await answer(ws)


def session_per_call(pause: Pause, tries: int = 3) -> Callable[[str], Awaitable[str]]:
    async def app(prompt: str) -> str:
        for attempt in range(tries):
            try:
                return await call_once(prompt)
            except BROKEN:
                await asyncio.sleep(pause(attempt))
        return APOLOGY

    return app


class Line:
    """One session for all calls; what broke off is said again in the next one."""

    def __init__(self, pause: Pause = none, tries: int = 3) -> None:
        self._pause, self._tries = pause, tries
        self._http: aiohttp.ClientSession | None = None
        self._ws: Any = None

    async def __call__(self, prompt: str) -> str:
        for attempt in range(self._tries):
            try:
                return await self.turn(await self._line(), prompt, attempt)
            except BROKEN:
                await self.close()
                await asyncio.sleep(self._pause(attempt))
        return APOLOGY

    async def turn(self, ws: Any, prompt: str, attempt: int) -> str:
        await say(ws, prompt)
        return await answer(ws)

    async def _line(self) -> Any:
        if self._ws is None:
            self._http = aiohttp.ClientSession()
            self._ws = await self._http.ws_connect(URL, headers=KEY)
        return self._ws

    async def close(self) -> None:
        if self._ws is not None:
            await self._ws.close()
        if self._http is not None:
            await self._http.close()
        self._ws = self._http = None


class Forgetful(Line):
    """Says nothing again after a reconnect, and waits for an answer to what it said before."""

    async def turn(self, ws: Any, prompt: str, attempt: int) -> str:
        if attempt:
            return await heard(ws, 10.0)
        return await super().turn(ws, prompt, attempt)


class Stuttering(Line):
    """Restores the conversation after a reconnect, then says its last message once more."""

    async def turn(self, ws: Any, prompt: str, attempt: int) -> str:
        if attempt:
            await say(ws, prompt)
        return await super().turn(ws, prompt, attempt)


class Resending(Line):
    """After a reconnect sends its whole outbox, of which the answered part was never cleared."""

    def __init__(self, pause: Pause = none, tries: int = 3) -> None:
        super().__init__(pause, tries)
        self._broke = False

    async def turn(self, ws: Any, prompt: str, attempt: int) -> str:
        self._broke = self._broke or attempt > 0
        said = await super().turn(ws, prompt, attempt)
        if attempt:  # the outbox still holds it
            await self.close()
            said = await super().turn(await self._line(), prompt, attempt)
        return said
