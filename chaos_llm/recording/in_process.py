"""Records the calls that this process makes to providers with httpx: `chaos_llm.record`.

The SDKs of OpenAI, Anthropic, Google, Mistral, Cohere and most others use httpx. Calls by other
clients (requests, botocore, aiohttp, gRPC) are not seen; `chaos-llm record` sees those over HTTP.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from chaos_llm.errors import UsageError
from chaos_llm.recording.call_observer import KEEPS, CallObserver, Recorder
from chaos_llm.recording.recorded_call import CallEnd
from chaos_llm.requests.hosts import Hosts, host_map

_LIBRARIES = ("httpx", "httpx2")
_ENDS: tuple[tuple[str, CallEnd], ...] = (  # httpx's errors; the first that fits
    ("ConnectTimeout", "connect_timeout"),
    ("TimeoutException", "timeout"),
    ("RemoteProtocolError", "cut"),
    ("ReadError", "reset"),
)
_CONNECT: tuple[tuple[str, CallEnd], ...] = (  # words in the message of a ConnectError
    ("name or service", "unresolved"),
    ("getaddrinfo", "unresolved"),
    ("nodename", "unresolved"),
    ("name resolution", "unresolved"),
    ("ssl", "tls"),
    ("certificate", "tls"),
    ("tls", "tls"),
)
# A client may close a stream after its last event, before the bytes that end the body.
_LAST_EVENTS = (b"[DONE]", b"message_stop", b"response.completed")


@contextmanager
def record(path: str | Path, *, keep: str = "shapes") -> Iterator[Path]:
    """Append this process's calls to providers to a file, as `chaos-llm record` does.

    In an outage they are recorded as the app meets them, in virtual time. `keep="texts"` also keeps
    prompts and answers. Raises UsageError for a file that cannot be written.
    """
    if keep not in KEEPS:
        raise UsageError(f"keep is one of {', '.join(KEEPS)}; got {keep!r}")
    recorder = Recorder(Path(path), keep)
    watch = _Watch(recorder, host_map(os.environ))
    with ExitStack() as undo:
        undo.callback(recorder.close)
        for library in _LIBRARIES:
            if importlib.util.find_spec(library) is None:
                continue
            module = importlib.import_module(library)
            for transport, method, wrapped in (
                (module.HTTPTransport, "handle_request", watch.sync),
                (module.AsyncHTTPTransport, "handle_async_request", watch.asynchronous),
            ):
                real = vars(transport)[method]
                setattr(transport, method, wrapped(module, real))
                undo.callback(setattr, transport, method, real)
        yield Path(path)


class _Watch:
    """Makes the replacements of the transports' methods."""

    def __init__(self, recorder: Recorder, hosts: Hosts) -> None:
        self._recorder, self._hosts = recorder, hosts

    def sync(self, module: Any, real: Callable[..., Any]) -> Callable[..., Any]:
        def handle_request(transport: Any, request: Any) -> Any:
            observer = self._observer(request)
            if observer is None:
                return real(transport, request)
            observer.request_content(request.read())
            try:
                response = real(transport, request)
            except BaseException as error:
                observer.end(_end_of(module, error), _now())
                raise
            _begin(observer, response)
            response.stream = _sync_stream(module)(module, response.stream, observer)
            return response

        return handle_request

    def asynchronous(self, module: Any, real: Callable[..., Any]) -> Callable[..., Any]:
        async def handle_async_request(transport: Any, request: Any) -> Any:
            observer = self._observer(request)
            if observer is None:
                return await real(transport, request)
            observer.request_content(await request.aread())
            try:
                response = await real(transport, request)
            except BaseException as error:
                observer.end(_end_of(module, error), _now())
                raise
            _begin(observer, response)
            response.stream = _async_stream(module)(module, response.stream, observer)
            return response

        return handle_async_request

    def _observer(self, request: Any) -> CallObserver | None:
        url = request.url
        if not self._hosts.names(url.host, url.port, url.scheme):
            return None
        headers = {name.lower(): value for name, value in request.headers.items()}
        at = datetime.now(UTC).timestamp()
        return CallObserver(self._recorder, request.method, str(url), headers, at, _now())


def _begin(observer: CallObserver, response: Any) -> None:
    headers = {name.lower(): value for name, value in response.headers.items()}
    observer.reply_head(response.status_code, headers)


class _WatchedStream:
    """The body of a reply; it is watched as the client reads it."""

    def __init__(self, module: Any, stream: Any, observer: CallObserver) -> None:
        self._module, self._stream, self._observer = module, stream, observer
        self._last = b""

    def _piece(self, data: bytes) -> bytes:
        self._observer.reply_content(data, _now())
        self._last = (self._last + data)[-400:]
        return data

    def _ended(self, how: CallEnd) -> None:
        if how == "abandoned" and any(event in self._last for event in _LAST_EVENTS):
            how = "complete"
        self._observer.end(how, _now())


def _sync_stream(module: Any) -> type:
    class Stream(_WatchedStream, module.SyncByteStream):  # type: ignore[misc] # a class of Any
        def __iter__(self) -> Iterator[bytes]:
            try:
                for data in self._stream:
                    yield self._piece(data)
            except Exception as error:
                self._ended(_end_of(self._module, error))
                raise
            self._ended("complete")

        def close(self) -> None:
            self._stream.close()
            self._ended("abandoned")

    return Stream


def _async_stream(module: Any) -> type:
    class Stream(_WatchedStream, module.AsyncByteStream):  # type: ignore[misc] # the same
        async def __aiter__(self) -> AsyncIterator[bytes]:
            try:
                async for data in self._stream:
                    yield self._piece(data)
            except Exception as error:
                self._ended(_end_of(self._module, error))
                raise
            self._ended("complete")

        async def aclose(self) -> None:
            await self._stream.aclose()
            self._ended("abandoned")

    return Stream


def _end_of(module: Any, error: BaseException) -> CallEnd:
    if isinstance(error, module.ConnectError):
        said = str(error).casefold()
        return next((end for word, end in _CONNECT if word in said), "refused")
    for name, end in _ENDS:
        if isinstance(error, getattr(module, name)):
            return end
    return "reset" if isinstance(error, module.TransportError) else "abandoned"


def _now() -> float:
    """The clock that the process sees: in an outage it is virtual."""
    return time.monotonic()  # noqa: TID251 - as the app reads it
