"""The team's other HTTP services: `chaos.respx` answers for them, on httpx and httpx2 alike."""

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
        """The answer of a route; None where the real service is to answer.

        Raises respx's own error for a request without a route, once there are routes at all.
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
    """The body before its encoding is undone: the client does that, as for a real service."""
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
    """The error of a stub in the classes that this client's app knows."""
    kind = getattr(importlib.import_module(library), type(error).__name__, None)
    return error if kind is None else kind(str(error), request=request)
