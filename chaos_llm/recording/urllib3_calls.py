"""Records the calls of urllib3, and so those of requests, botocore and libraries based on them.

A pool's attempt to make a request is watched, whatever retries it. The file below the reply is
replaced by one that tells what is read, because urllib3 reads chunked replies past http.client.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable
from contextlib import ExitStack
from http.client import IncompleteRead
from typing import Any

from chaos_llm.recording.http_framing import Body, Head
from chaos_llm.recording.recorded_call import CallEnd
from chaos_llm.recording.watched_calls import (
    Watch,
    WatchedReply,
    bytes_of,
    end_of_connecting,
    now,
    text,
)


def replace(watch: Watch, undo: ExitStack) -> None:
    """Watch all pools, those that exist too, until `undo` restores urllib3's own method."""
    from urllib3 import HTTPConnectionPool  # noqa: PLC0415 - a library of the user's

    real = HTTPConnectionPool._make_request
    undo.callback(setattr, HTTPConnectionPool, "_make_request", real)
    setattr(HTTPConnectionPool, "_make_request", _making(watch, real))  # noqa: B010 - a method


def _making(watch: Watch, real: Callable[..., Any]) -> Callable[..., Any]:
    def _make_request(
        pool: Any, connection: Any, method: str, url: str, *arguments: Any, **options: Any
    ) -> Any:
        body = options.get("body", arguments[0] if arguments else None)
        headers = options.get("headers") or (arguments[1] if len(arguments) > 1 else None) or {}
        whole = url if "://" in url else f"{pool.scheme}://{pool.host}:{pool.port}{url}"
        observer = watch.observer(method, whole, (pool.host, pool.port, pool.scheme), headers)
        if observer is None:
            return real(pool, connection, method, url, *arguments, **options)
        observer.request_content(bytes_of(body))
        # What urllib3 would read at once is read below, when the reply is watched.
        reads_at_once = options.get("preload_content", False)
        if reads_at_once:
            options["preload_content"] = False
        try:
            response = real(pool, connection, method, url, *arguments, **options)
        except BaseException as error:
            observer.end(_end_of(error), now())
            raise
        reply = WatchedReply(observer, response.status, response.headers)
        _watch_body(response, reply, is_head=method == "HEAD")
        if reads_at_once:
            response.data  # noqa: B018 - it reads, and keeps what it has read
        return response

    return _make_request


def _watch_body(response: Any, reply: WatchedReply, *, is_head: bool) -> None:
    """Watch the file that a reply is read from; a reply without a body is over."""
    http_response = getattr(response, "_fp", response)  # urllib3 1.26 gives http.client's own
    file = getattr(http_response, "fp", None)
    if file is None:
        reply.ended("complete")
        return
    lines = [f"{name}: {text(value)}" for name, value in response.headers.items()]
    raw = "\r\n".join([f"HTTP/1.1 {response.status} ", *lines]).encode("latin-1", "replace")
    http_response.fp = _WatchedFile(file, reply, Body(Head(raw), is_reply=True, to_head=is_head))


class _WatchedFile:
    """The file of a connection from which http.client and urllib3 read a reply."""

    def __init__(self, file: Any, reply: WatchedReply, body: Body) -> None:
        self._file, self._reply, self._body = file, reply, body

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)

    def read(self, *size: Any) -> bytes:
        return self._read(self._file.read, *size)

    def read1(self, *size: Any) -> bytes:
        return self._read(self._file.read1, *size)

    def readline(self, *size: Any) -> bytes:
        return self._read(self._file.readline, *size)

    def readinto(self, buffer: Any) -> int:
        def into(_size: int) -> bytes:
            count = self._file.readinto(buffer) or 0
            return bytes(memoryview(buffer)[:count])

        return len(self._read(into, len(buffer)))

    def _read(self, read: Callable[..., bytes], *size: Any) -> bytes:
        try:
            data = read(*size)
        except BaseException as error:
            self._reply.ended(_end_of(error))
            raise
        if data:
            self._reply.piece(self._body.take(data)[1])
        if self._body.is_whole or (not data and self._body.until_close):
            self._reply.ended("complete")
        elif not data and size != (0,):
            self._reply.ended("cut")
        return data

    def close(self) -> None:
        self._file.close()
        self._reply.ended("abandoned")


def _end_of(error: BaseException) -> CallEnd:
    """How a call ended, by an error of urllib3, http.client or the socket."""
    from urllib3 import exceptions  # noqa: PLC0415 - a library of the user's

    if isinstance(error, exceptions.NewConnectionError | exceptions.ProxyError):
        return end_of_connecting(error)
    if isinstance(error, exceptions.ConnectTimeoutError):
        return "connect_timeout"
    if isinstance(error, exceptions.ReadTimeoutError | TimeoutError):
        return "timeout"
    if isinstance(error, ssl.SSLError | exceptions.SSLError):
        return "tls"
    if isinstance(error, IncompleteRead | exceptions.IncompleteRead):
        return "cut"
    return "reset" if isinstance(error, Exception) else "abandoned"
