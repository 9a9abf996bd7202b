"""Records the calls of httpx, and so those of most vendors' SDKs, at its transports."""

from __future__ import annotations

import importlib
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from typing import Any

from chaos_llm.recording.call_observer import CallObserver
from chaos_llm.recording.recorded_call import CallEnd
from chaos_llm.recording.watched_calls import Watch, WatchedReply, end_of_connecting, now

_ENDS: tuple[tuple[str, CallEnd], ...] = (  # httpx's errors; the first that fits
    ("ConnectTimeout", "connect_timeout"),
    ("TimeoutException", "timeout"),
    ("RemoteProtocolError", "cut"),
    ("ReadError", "reset"),
)


def replace(library: str, watch: Watch, undo: ExitStack) -> None:
    """Watch all clients, those that exist too, until `undo` restores the library's methods."""
    module = importlib.import_module(library)
    for transport, method, wrapped in (
        (module.HTTPTransport, "handle_request", _sync),
        (module.AsyncHTTPTransport, "handle_async_request", _asynchronous),
    ):
        real = vars(transport)[method]
        setattr(transport, method, wrapped(watch, module, real))
        undo.callback(setattr, transport, method, real)


def _sync(watch: Watch, module: Any, real: Callable[..., Any]) -> Callable[..., Any]:
    def handle_request(transport: Any, request: Any) -> Any:
        observer = _observer(watch, request)
        if observer is None:
            return real(transport, request)
        with _uploading(observer, module, request), _sending(observer, module):
            response = real(transport, request)
        reply = WatchedReply(observer, response.status_code, response.headers)
        response.stream = _sync_stream(module)(module, response.stream, reply)
        return response

    return handle_request


def _asynchronous(watch: Watch, module: Any, real: Callable[..., Any]) -> Callable[..., Any]:
    async def handle_async_request(transport: Any, request: Any) -> Any:
        observer = _observer(watch, request)
        if observer is None:
            return await real(transport, request)
        with _uploading(observer, module, request), _sending(observer, module):
            response = await real(transport, request)
        reply = WatchedReply(observer, response.status_code, response.headers)
        response.stream = _async_stream(module)(module, response.stream, reply)
        return response

    return handle_async_request


def _observer(watch: Watch, request: Any) -> CallObserver | None:
    url = request.url
    address = (url.host, url.port, url.scheme)
    return watch.observer(request.method, str(url), address, request.headers)


@contextmanager
def _sending(observer: CallObserver, module: Any) -> Iterator[None]:
    """End the call where no reply begins."""
    try:
        yield
    except BaseException as error:
        observer.end(_end_of(module, error), now())
        raise


@contextmanager
def _uploading(observer: CallObserver, module: Any, request: Any) -> Iterator[None]:
    """Note the body of a request: at once what is in memory, else piece by piece as it is sent."""
    content = _in_memory(module, request)
    if content is not None:
        observer.request_content(content)
        yield
        return
    upload = request.stream
    request.stream = _upload(module)(observer, upload)
    try:
        yield
    finally:
        request.stream = upload


def _in_memory(module: Any, request: Any) -> bytes | None:
    try:
        return bytes(request.content)
    except module.RequestNotRead:
        return None


@cache  # one class for a library, not one for each request
def _upload(module: Any) -> type:
    class Upload(module.SyncByteStream, module.AsyncByteStream):  # type: ignore[misc] # classes of Any
        def __init__(self, observer: CallObserver, stream: Any) -> None:
            self._observer, self._stream = observer, stream

        def __iter__(self) -> Iterator[bytes]:
            for data in self._stream:
                self._observer.request_content(data)
                yield data

        async def __aiter__(self) -> AsyncIterator[bytes]:
            async for data in self._stream:
                self._observer.request_content(data)
                yield data

        def close(self) -> None:
            self._stream.close()

        async def aclose(self) -> None:
            await self._stream.aclose()

    return Upload


class _WatchedStream:
    """The body of a reply; it is watched as the client reads it."""

    def __init__(self, module: Any, stream: Any, reply: WatchedReply) -> None:
        self._module, self._stream, self._reply = module, stream, reply

    @contextmanager
    def _reading(self) -> Iterator[None]:
        """Note how the body ends; one that the client leaves is noted when it is closed."""
        try:
            yield
        except Exception as error:
            self._reply.ended(_end_of(self._module, error))
            raise
        self._reply.ended("complete")


@cache
def _sync_stream(module: Any) -> type:
    class Stream(_WatchedStream, module.SyncByteStream):  # type: ignore[misc] # a class of Any
        def __iter__(self) -> Iterator[bytes]:
            with self._reading():
                for data in self._stream:
                    self._reply.piece(data)
                    yield data

        def close(self) -> None:
            self._stream.close()
            self._reply.ended("abandoned")

    return Stream


@cache
def _async_stream(module: Any) -> type:
    class Stream(_WatchedStream, module.AsyncByteStream):  # type: ignore[misc] # a class of Any
        async def __aiter__(self) -> AsyncIterator[bytes]:
            with self._reading():
                async for data in self._stream:
                    self._reply.piece(data)
                    yield data

        async def aclose(self) -> None:
            await self._stream.aclose()
            self._reply.ended("abandoned")

    return Stream


def _end_of(module: Any, error: BaseException) -> CallEnd:
    if isinstance(error, module.ConnectError):
        return end_of_connecting(error)
    for name, end in _ENDS:
        if isinstance(error, getattr(module, name)):
            return end
    return "reset" if isinstance(error, module.TransportError) else "abandoned"
