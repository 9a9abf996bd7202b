"""Where asyncio's websocket clients connect: the event loop, and no client library.

`websockets` asks its loop for a connection; so do clients that are built on it: OpenAI's Realtime
and Responses, and Google's Live API. aiohttp's adapter comes here with a request to upgrade.
"""

from __future__ import annotations

import asyncio
import errno
import socket
import ssl as tls
from asyncio.base_events import BaseEventLoop
from collections.abc import Callable
from contextlib import ExitStack
from functools import wraps
from typing import Any, NoReturn

import anyio

from chaos_llm.interception.websocket.connections import Failure, WebSockets
from chaos_llm.interception.websocket.transport import MemoryTransport, TlsDetails
from chaos_llm.protocol.messages import Ending


def install(websockets: WebSockets, undo: ExitStack) -> None:
    """Answer websocket clients on asyncio until `undo` is closed."""
    real = BaseEventLoop.create_connection
    undo.callback(setattr, BaseEventLoop, "create_connection", real)
    setattr(BaseEventLoop, "create_connection", _connecting(websockets, real))  # noqa: B010


def _connecting(websockets: WebSockets, real: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(real)
    async def create_connection(
        loop: Any, factory: Any, host: Any = None, port: Any = None, **options: Any
    ) -> Any:
        if options.get("sock") is not None or not websockets.answers(host, port):
            return await real(loop, factory, host, port, **options)
        ssl, name = options.get("ssl"), options.get("server_hostname")
        return await connect(websockets, factory, (host, port), ssl, name or host)

    return create_connection


async def connect(
    websockets: WebSockets,
    factory: Callable[[], asyncio.BaseProtocol],
    address: tuple[str, int],
    ssl: Any,
    server_hostname: str,
) -> tuple[MemoryTransport, asyncio.BaseProtocol]:
    """Connect a client's protocol to a provider; `ssl` is a context, or whether TLS is wanted."""
    (host, port), details = address, None
    place = (websockets.address(host), port)
    failure = websockets.failure(host, port)
    if failure is not None:
        await _fail(failure, place)
    if ssl:
        context = ssl if isinstance(ssl, tls.SSLContext) else tls.create_default_context()
        details = TlsDetails(context, server_hostname)
    peer, protocol = websockets.peer(host, port), factory()
    transport = MemoryTransport(protocol, peer, place, socket.socket(), details)
    websockets.opened(transport)
    protocol.connection_made(transport)
    await anyio.lowlevel.checkpoint()  # as a connection takes at least one turn of the loop
    return transport, protocol


async def _fail(failure: Failure, address: tuple[str, int]) -> NoReturn:
    """Raise what asyncio raises where no connection ever stands, when it does."""
    try:
        await anyio.sleep(failure.wait)
    except BaseException:
        failure.leave()
        raise
    failure.end()
    if failure.why is Ending.UNRESOLVED:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
    if failure.why is Ending.TLS_FAILED:
        raise ConnectionResetError
    code = errno.ETIMEDOUT if failure.why is Ending.CONNECT_TIMEOUT else errno.ECONNREFUSED
    raise OSError(code, f"Connect call failed {address}")
