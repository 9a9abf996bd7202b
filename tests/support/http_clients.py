"""Bare clients of both HTTP libraries, sync and async driven by the same scenes.

A scene is an async function that awaits everything through `settle` and iterates through `each`;
with a sync client it never waits, so it runs without an event loop.
"""

from __future__ import annotations

import asyncio
import importlib
import importlib.util
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from inspect import isawaitable
from types import ModuleType
from typing import Any

LIBRARIES = [name for name in ("httpx", "httpx2") if importlib.util.find_spec(name)]
MESSAGES = "https://api.anthropic.com/v1/messages"
BODY = {
    "model": "claude-opus-4-6",
    "max_tokens": 100,
    "messages": [{"role": "user", "content": "Where is order KX-48213?"}],
}
HEADERS = {"x-api-key": "sk-test", "anthropic-version": "2023-06-01"}
STREAMED = BODY | {"stream": True}


@dataclass(frozen=True)
class Http:
    """One library in one flavour."""

    library: str
    is_async: bool

    def __str__(self) -> str:
        return f"{self.library}-{'async' if self.is_async else 'sync'}"

    @property
    def module(self) -> ModuleType:
        return importlib.import_module(self.library)

    @property
    def leaf(self) -> type:
        return self.module.AsyncHTTPTransport if self.is_async else self.module.HTTPTransport

    def client(self, **options: Any) -> Any:
        kind = self.module.AsyncClient if self.is_async else self.module.Client
        return kind(**({"trust_env": False} | options))

    def raw(self, response: Any) -> Any:
        """The chunks of a streamed response as they come."""
        return response.aiter_raw() if self.is_async else response.iter_raw()

    def run(self, scene: Coroutine[Any, Any, Any]) -> Any:
        """Run a scene, on a new event loop or without one."""
        if self.is_async:
            return asyncio.run(scene)
        try:
            scene.send(None)
        except StopIteration as over:
            return over.value
        raise AssertionError("a scene with a sync client waited for something")

    def ask(self, client: Any = None, body: Any = BODY, url: str = MESSAGES, **options: Any) -> Any:
        """One whole answer, by a client of its own where none is given."""

        async def scene() -> Any:
            sent_body = client or self.client()
            try:
                return await settle(sent_body.post(url, json=body, headers=HEADERS, **options))
            finally:
                if client is None:
                    await close(sent_body)

        return self.run(scene())

    def read(self, chunks: list[bytes], client: Any = None, **options: Any) -> Any:
        """One stream, chunk by chunk."""

        async def scene() -> Any:
            sent_body = client or self.client()
            async with streamed(sent_body, **options) as response:
                async for chunk in each(self.raw(response)):
                    chunks.append(chunk)  # noqa: PERF401 - what came before an error counts
                return response

        return self.run(scene())


HTTPS = [Http(library, is_async) for library in LIBRARIES for is_async in (False, True)]


async def settle(value: Any) -> Any:
    """A sync client's result, or an async client's awaited."""
    return await value if isawaitable(value) else value


async def close(client: Any) -> None:
    await settle(client.aclose() if hasattr(client, "aclose") else client.close())


async def each(stream: Any) -> AsyncIterator[Any]:
    """The items of a sync or an async stream."""
    if hasattr(stream, "__aiter__"):
        async for item in stream:
            yield item
    else:
        for item in stream:
            yield item


@asynccontextmanager
async def streamed(client: Any, **options: Any) -> AsyncIterator[Any]:
    """A streamed request, opened and closed."""
    sent = {"url": MESSAGES, "json": STREAMED, "headers": HEADERS} | options
    manager = client.stream("POST", **sent)
    if hasattr(manager, "__aenter__"):
        async with manager as response:
            yield response
    else:
        with manager as response:
            yield response
