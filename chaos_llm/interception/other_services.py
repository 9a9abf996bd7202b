"""The team's other HTTP services, for which `chaos.respx` answers clients of httpx and httpx2."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import httpx
import respx
from respx.models import PassThrough

from chaos_llm.interception.foreign_stubs import as_httpx


class OtherServices:
    """A respx router between the clients of both libraries and the real services.

    `on_failure` is called when a service answers with a server error, or not at all.
    """

    def __init__(self, on_failure: Callable[[], None] = lambda: None) -> None:
        self._on_failure = on_failure
        self.router = respx.MockRouter(assert_all_called=False)

    def answer(self, library: str, request: Any) -> Any:
        """The response of a route, or None if the real service should answer.

        Raises respx's own error for a request without a route, unless there are no routes at all.
        """
        if not self.router.routes:
            return None
        request.read()
        try:
            response = self.router.handler(as_httpx(library, request))
        except PassThrough:
            return None
        except httpx.TransportError as error:
            self._on_failure()
            raise _error_as(library, error, request) from error
        self._judge(response)
        if library == "httpx":
            return response
        return _response_as(library, response, b"".join(_wire_bytes(response)))

    async def answer_async(self, library: str, request: Any) -> Any:
        """The same for an async client."""
        if not self.router.routes:
            return None
        await request.aread()
        try:
            response = await self.router.async_handler(as_httpx(library, request))
        except PassThrough:
            return None
        except httpx.TransportError as error:
            self._on_failure()
            raise _error_as(library, error, request) from error
        self._judge(response)
        if library == "httpx":
            return response
        body = b"".join([chunk async for chunk in _wire_bytes(response)])
        return _response_as(library, response, body)

    def _judge(self, response: httpx.Response) -> None:
        if response.is_server_error:
            self._on_failure()


def _wire_bytes(response: httpx.Response) -> Any:
    """The encoded body, which the client decodes as it does for a real service."""
    return response.stream


def _response_as(library: str, response: httpx.Response, body: bytes) -> Any:
    module = importlib.import_module(library)
    return module.Response(
        response.status_code,
        headers=response.headers.raw,
        stream=module.ByteStream(body),
        extensions=dict(response.extensions),
    )


def _error_as(library: str, error: httpx.TransportError, request: Any) -> Exception:
    """Convert an error of a stub to the class of the client's library."""
    kind = getattr(importlib.import_module(library), type(error).__name__, None)
    return error if kind is None else kind(str(error), request=request)
