"""Records the calls of aiohttp: as its parser delivers a reply, whatever the app reads of it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from chaos_llm.recording.call_observer import CallObserver
from chaos_llm.recording.recorded_call import CallEnd
from chaos_llm.recording.watched_calls import (
    Watch,
    WatchedReply,
    bytes_of,
    end_of_connecting,
    now,
)


def replace(watch: Watch, undo: ExitStack) -> None:
    """Watch all sessions, those that exist too, until `undo` restores aiohttp's own methods."""
    import aiohttp  # noqa: PLC0415 - a library of the user's

    replies = _Replies()
    for kind, name, wrap in (
        (aiohttp.ClientSession, "_request", lambda real: _requesting(watch, replies, real)),
        (aiohttp.StreamReader, "feed_data", replies.feeding),
        (aiohttp.StreamReader, "feed_eof", replies.ending),
        (aiohttp.StreamReader, "set_exception", replies.failing),
        (aiohttp.ClientResponse, "close", replies.leaving),
        (aiohttp.ClientResponse, "release", replies.leaving),
    ):
        real = getattr(kind, name)
        undo.callback(setattr, kind, name, real)
        setattr(kind, name, wrap(real))


def _requesting(watch: Watch, replies: _Replies, real: Callable[..., Any]) -> Callable[..., Any]:
    async def _request(session: Any, method: str, url: Any, **options: Any) -> Any:
        whole = session._build_url(url)
        address = (str(whole.raw_host), whole.port, whole.scheme)
        headers = {**session.headers, **dict(options.get("headers") or {})}
        observer = watch.observer(method.upper(), str(whole), address, headers)
        if observer is None:
            return await real(session, method, url, **options)
        body = options.get("json")
        observer.request_content(bytes_of(options.get("data") if body is None else body))
        try:
            response = await real(session, method, url, **options)
        except BaseException as error:
            if status := getattr(error, "status", 0):  # raise_for_status
                observer.reply_head(status, {})
            observer.end("complete" if status else _end_of(error), now())
            raise
        replies.begin(observer, response)
        return response

    return _request


class _Replies:
    """The replies that are on their way, by the stream that they come in."""

    def __init__(self) -> None:
        self._watched: dict[int, tuple[Any, WatchedReply]] = {}

    def begin(self, observer: CallObserver, response: Any) -> None:
        reply, stream = WatchedReply(observer, response.status, response.headers), response.content
        for data in getattr(stream, "_buffer", ()):  # what came with the head
            reply.piece(bytes(data))
        if stream.exception() is not None:
            reply.ended(_end_of(stream.exception()))
        elif stream.is_eof():
            reply.ended("complete")
        else:
            self._watched[id(stream)] = stream, reply

    def feeding(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def feed_data(stream: Any, data: Any, *size: Any) -> Any:
            if watched := self._watched.get(id(stream)):
                watched[1].piece(bytes(data))
            return real(stream, data, *size)

        return feed_data

    def ending(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def feed_eof(stream: Any) -> Any:
            self._end(stream, "complete")
            return real(stream)

        return feed_eof

    def failing(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def set_exception(stream: Any, error: Any, *cause: Any, **named: Any) -> Any:
            self._end(stream, _end_of(error))
            return real(stream, error, *cause, **named)

        return set_exception

    def leaving(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def close_or_release(response: Any) -> Any:
            self._end(response.content, "abandoned")
            return real(response)

        return close_or_release

    def _end(self, stream: Any, how: CallEnd) -> None:
        if watched := self._watched.pop(id(stream), None):
            watched[1].ended(how)


def _end_of(error: BaseException | type[BaseException] | None) -> CallEnd:
    """How a call ended, by an error of aiohttp."""
    import aiohttp  # noqa: PLC0415 - a library of the user's

    if isinstance(error, type):
        error = error()
    ends: tuple[tuple[type[BaseException], CallEnd], ...] = (  # the first that fits
        (aiohttp.ConnectionTimeoutError, "connect_timeout"),
        (TimeoutError, "timeout"),
        (aiohttp.ClientConnectorDNSError, "unresolved"),
        (aiohttp.ClientConnectorSSLError, "tls"),
        (aiohttp.ClientConnectorCertificateError, "tls"),
        (aiohttp.ClientPayloadError, "cut"),
    )
    if error is not None and (found := next((e for k, e in ends if isinstance(error, k)), None)):
        return found
    if isinstance(error, aiohttp.ClientConnectorError):
        return end_of_connecting(error.os_error)
    return "reset" if isinstance(error, Exception) else "abandoned"
