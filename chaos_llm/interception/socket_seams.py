"""The guard of Python code: it checks look-ups, sockets, TLS and the standard library's HTTP.

Builtins and methods are redirected in place, so a name that was bound before the outage
(`from socket import getaddrinfo`, `_socket.getaddrinfo`) follows. An audit hook would see the same
calls, but it sees `connect(("a.name", 443))` only after the look-up, it cannot be removed, and it
makes each `sys._getframe` and `id` of the process slower (by 0.2 us on CPython 3.11).
"""

from __future__ import annotations

import _socket
import copyreg
import http.client
import socket
import ssl
import weakref
from asyncio.base_events import BaseEventLoop
from collections.abc import Callable
from contextlib import ExitStack, suppress
from functools import cache, wraps
from types import BuiltinFunctionType
from typing import Any
from urllib.parse import urlsplit

from chaos_llm.interception.egress_guard import EgressGuard, peer_of
from chaos_llm.requests.host_names import is_local
from chaos_llm.virtual_time.patching import replace_methods
from chaos_llm.virtual_time.redirects import Redirect, copy_of_builtin, reduce_by_name

SIMULATED = (
    "_chaos_llm_simulated"  # set on connections of http.client that deliver a simulated reply
)

_LOOK_UPS = ("getaddrinfo", "gethostbyname", "gethostbyname_ex", "gethostbyaddr")

_STANDARD = {name: getattr(socket, name) for name in _LOOK_UPS}

_guard: EgressGuard | None = None  # None outside of an outage


def install(guard: EgressGuard, undo: ExitStack) -> None:
    """Check the network calls of Python code with the guard until `undo` is closed."""
    undo.callback(_use_guard, None)
    _use_guard(guard)
    for name in _LOOK_UPS:
        redirect = _redirected(name)
        undo.callback(redirect.remove)
        redirect.install()
        if getattr(socket, name) is not _STANDARD[name]:  # a test has replaced it by its own
            _replace(undo, socket, name, _look_up(guard, getattr(socket, name)))
    _replace(undo, BaseEventLoop, "getaddrinfo", _loop_look_up(guard, BaseEventLoop.getaddrinfo))
    _pickle_by_name(undo)
    replace_methods(undo, _socket.socket, **_methods(guard))
    _guard_tls(guard, undo)
    connection: Any = http.client.HTTPConnection
    while hasattr(connection, "_baseclass"):  # vcrpy's class, whose `_baseclass` is the real one
        connection = connection._baseclass
    _replace(undo, connection, "putrequest", _request(guard, connection.putrequest))


def _use_guard(guard: EgressGuard | None) -> None:
    global _guard  # noqa: PLW0603 - the builtins are global, too
    _guard = guard


def _replace(undo: ExitStack, where: Any, name: str, new: Any) -> None:
    undo.callback(setattr, where, name, getattr(where, name))
    setattr(where, name, new)


@cache
def _redirected(name: str) -> Redirect:
    builtin = getattr(_socket, name)
    real = copy_of_builtin(builtin)

    def look_up(host: Any, *args: Any, **options: Any) -> Any:
        guard = _guard
        if guard is None:
            return real(host, *args, **options)
        if name == "getaddrinfo" and (found := _simulated(guard, host, *args, **options)):
            return found
        return _guarded(guard, real, host, *args, **options)

    return Redirect(builtin, look_up)


def _pickle_by_name(undo: ExitStack) -> None:
    """Let redirected builtins, `time.sleep` included, be passed to a process pool."""
    before = copyreg.dispatch_table.get(BuiltinFunctionType)
    if before is None:
        undo.callback(copyreg.dispatch_table.pop, BuiltinFunctionType, None)
        copyreg.pickle(BuiltinFunctionType, reduce_by_name)


def _look_up(guard: EgressGuard, real: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(real)
    def look_up(host: Any, *args: Any, **options: Any) -> Any:
        return _guarded(guard, real, host, *args, **options)

    return look_up


def _simulated(
    guard: EgressGuard, host: Any, port: Any = None, *_: Any, **__: Any
) -> list[Any] | None:
    """What a client finds whose sockets are simulated."""
    address = None if guard.simulated is None else guard.simulated.look_up(host, port)
    if address is None:
        return None
    return [(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (address, port))]


def _guarded(
    guard: EgressGuard, real: Callable[..., Any], host: Any, *args: Any, **options: Any
) -> Any:
    guard.check_host(host, args[0] if args else options.get("port"))
    found = real(host, *args, **options)
    guard.remember(host, _addresses(found))
    return found


def _addresses(found: Any) -> list[str]:
    """The addresses in a look-up's result, whichever of the four functions returned it."""
    if isinstance(found, str):
        return [found]
    with suppress(TypeError, IndexError):
        if isinstance(found, tuple):
            return list(found[2])
        return [entry[4][0] for entry in found]
    return []


def _loop_look_up(guard: EgressGuard, real: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(real)
    async def getaddrinfo(loop: Any, host: Any, port: Any, **options: Any) -> Any:
        guard.check_host(host, port)  # here, in the task, because the stack shows the client
        return await real(loop, host, port, **options)

    return getaddrinfo


def _methods(guard: EgressGuard) -> dict[str, Callable[..., Any]]:
    """The replacements of the methods of all sockets, with the same arguments."""
    kind = _socket.socket
    real_sendto, real_sendmsg = kind.sendto, kind.sendmsg

    def sending(real: Callable[..., Any]) -> Callable[..., Any]:
        def method(sock: Any, data: Any, *flags: Any) -> Any:
            guard.check_bytes(sock, data)
            return real(sock, data, *flags)

        return method

    def sendto(sock: Any, data: Any, *where: Any) -> Any:
        if where:
            guard.check_address(sock, where[-1])
        guard.check_bytes(sock, data, where[-1] if where else None)
        return real_sendto(sock, data, *where)

    def sendmsg(sock: Any, buffers: Any, *more: Any) -> Any:
        buffers = list(buffers)
        address = more[2] if len(more) > 2 else None
        guard.check_address(sock, address)
        if buffers:
            guard.check_bytes(sock, buffers[0], address)
        return real_sendmsg(sock, buffers, *more)

    addressing = {
        name: _addressed(guard, getattr(kind, name), is_connect=name == "connect")
        for name in ("bind", "connect", "connect_ex")
    }
    streaming = {name: sending(getattr(kind, name)) for name in ("send", "sendall")}
    return {**addressing, **streaming, "sendto": sendto, "sendmsg": sendmsg}


def _addressed(
    guard: EgressGuard, real: Callable[..., Any], *, is_connect: bool
) -> Callable[..., Any]:
    def method(sock: Any, address: Any) -> Any:
        simulated = guard.simulated
        if is_connect and simulated is not None and simulated.connect(sock, address):
            return None
        guard.check_address(sock, address)
        return real(sock, address)

    return method


def _guard_tls(guard: EgressGuard, undo: ExitStack) -> None:
    """Refuse TLS sessions with a provider: new ones on blocking sockets, and all from before.

    OpenSSL writes to the descriptor of a blocking TLS socket itself. Any other session that begins
    in the outage sends its ClientHello through a socket, where it is checked.
    """
    begun: weakref.WeakSet[Any] = weakref.WeakSet()  # sessions that were allowed to begin

    def beginning(real: Callable[..., Any]) -> Callable[..., Any]:
        def do_handshake(session: Any, *args: Any, **options: Any) -> Any:
            if isinstance(session, ssl.SSLSocket) and not is_local(peer_of(session)[0]):
                guard.check_host(session.server_hostname)
            begun.add(session)
            return real(session, *args, **options)

        return do_handshake

    def writing(real: Callable[..., Any]) -> Callable[..., Any]:
        def write(session: Any, *args: Any, **options: Any) -> Any:
            if session not in begun:
                guard.check_host(session.server_hostname)
            return real(session, *args, **options)

        return write

    for kind, names in ((ssl.SSLSocket, ("send", "write")), (ssl.SSLObject, ("write",))):
        _replace(undo, kind, "do_handshake", beginning(getattr(kind, "do_handshake")))  # noqa: B009
        for name in names:
            _replace(undo, kind, name, writing(getattr(kind, name)))


def _request(guard: EgressGuard, real: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(real)
    def putrequest(connection: Any, method: Any, url: Any, *args: Any, **options: Any) -> Any:
        if not hasattr(connection, SIMULATED):
            for host, port in _hosts_of(connection, url):
                guard.check_host(host, port)
        return real(connection, method, url, *args, **options)

    return putrequest


def _hosts_of(connection: Any, url: Any) -> list[tuple[Any, Any]]:
    """The hosts of a request of http.client: its peer, a tunnel's end, a proxied URL's host."""
    hosts = [(connection.host, connection.port)]
    if tunnel := getattr(connection, "_tunnel_host", None):
        hosts.append((tunnel, connection._tunnel_port))
    if isinstance(url, str) and "://" in url:
        with suppress(ValueError):
            parts = urlsplit(url)
            hosts.append((parts.hostname, parts.port or parts.scheme))
    return hosts
