"""The egress guard of an outage: it refuses calls and look-ups of the providers' hosts.

It knows no client library: the modules that redirect network functions ask it before each call.
"""

from __future__ import annotations

import _socket
import os
import socket
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any, Protocol

from chaos_llm.errors import ChildEgress, UncaughtEgress
from chaos_llm.interception.clients import CHILD, Client, caller, refusal
from chaos_llm.interception.destinations import Destination, destination, question
from chaos_llm.requests.host_names import HostPatterns, canonical, is_local

_HEAD = 16_384  # bytes; a request's head or a TLS ClientHello is not longer
_FIRST_BYTES = frozenset(b"\x04\x05\x16ABCDEFGHIJKLMNOPQRSTUVWXYZ")  # SOCKS, TLS, a method of HTTP
_NAME_SERVER = 53  # port
_INTERNET = (socket.AF_INET, socket.AF_INET6)


class SimulatedSockets(Protocol):
    """What answers clients that make their own sockets."""

    def look_up(self, host: object, port: object) -> str | None:
        """The address that stands for a host; None where this client's sockets stay real."""

    def connect(self, sock: socket.socket, address: Any) -> bool:
        """Connect a socket in memory; False where the address stands for no host."""


class EgressGuard:
    """Refuses requests to the providers' hosts, but not to this machine.

    `report` gets each error, because an app may swallow the one that is raised. In a child process
    `report_in_child` gets its text instead; a spawned child has no `report` at all.
    """

    def __init__(
        self,
        patterns: Iterable[str],
        report_in_child: Callable[[str], object],
        report: Callable[[UncaughtEgress], object] | None = None,
    ) -> None:
        self.hosts = HostPatterns(patterns)
        self._report_in_child, self._report, self._process_id = report_in_child, report, os.getpid()
        self.simulated: SimulatedSockets | None = None
        self._looked_up: dict[str, str] = {}  # by address: hosts of which some ports are providers'

    def is_in_child(self) -> bool:
        """Whether the calling process is a child of the outage's process."""
        return self._report is None or os.getpid() != self._process_id

    def refuse(self, host: str, client: Client | None = None) -> UncaughtEgress:
        """Record a refusal, and return the error to raise."""
        if self._report is None or self.is_in_child():
            text = refusal(host, CHILD)
            self._report_in_child(text)
            return ChildEgress(text)
        error = UncaughtEgress(refusal(host, client or caller()))
        self._report(error)
        return error

    def check_host(self, host: object, port: Any = None, client: Client | None = None) -> None:
        """Raise UncaughtEgress if a host, a str or bytes, is a provider's."""
        name = _text(host)
        if name and self.hosts.is_out(name, _port(port)):
            raise self.refuse(canonical(name), client)

    def remember(self, host: object, addresses: Iterable[str]) -> None:
        """Keep the addresses of a host of which only some ports are a provider's.

        A look-up without a port is allowed, so a later connection to such a port must be recognised
        by its address.
        """
        name = _text(host)
        if name and self.hosts.ports(name):
            self._looked_up |= {canonical(address): name for address in addresses}

    def check_address(self, sock: socket.socket, address: Any) -> None:
        """Raise UncaughtEgress if a socket is about to connect, or send, to a provider."""
        if sock.family not in _INTERNET or not isinstance(address, tuple) or len(address) < 2:
            return
        self.check_endpoint(_text(address[0]), _port(address[1]))

    def check_endpoint(
        self, host: str, port: int | str | None, client: Client | None = None
    ) -> None:
        """Raise UncaughtEgress if a provider is at this host, a name or an IP address, and port."""
        if not host:
            return
        name = self._looked_up.get(canonical(host), host) if self._looked_up else host
        if self.hosts.is_out(host, port) or (name != host and self.hosts.is_out(name, port)):
            raise self.refuse(canonical(name), client)

    def check_bytes(self, sock: socket.socket, data: Any, address: Any = None) -> None:
        """Raise UncaughtEgress if the bytes are the first ones for a provider."""
        head = _head(data)
        if not head or sock.family not in _INTERNET:
            return
        if sock.type == socket.SOCK_DGRAM:
            is_query = (address or peer_of(sock))[1] == _NAME_SERVER
            found = question(head) if is_query else None
        else:
            found = destination(head) if head[0] in _FIRST_BYTES else None
        if found is not None:
            self._check_destination(sock, found)

    def _check_destination(self, sock: socket.socket, found: Destination) -> None:
        host, port = peer_of(sock)
        if not found.relayed and is_local(host):
            return  # a stub on this machine, under the provider's name
        if self.hosts.is_out(found.host, found.port or (None if found.relayed else port)):
            raise self.refuse(canonical(found.host))


def _text(host: object) -> str:
    if isinstance(host, bytes | bytearray):
        return host.decode("latin-1")
    return host if isinstance(host, str) else ""


def _port(port: object) -> int | str | None:
    if isinstance(port, bytes):
        return port.decode("latin-1")
    return port if isinstance(port, int | str) else None


def _head(data: Any) -> bytes:
    if type(data) is bytes:
        return data[:_HEAD]
    with suppress(TypeError, ValueError, NotImplementedError):  # the socket raises the usual error
        return bytes(memoryview(data).cast("B")[:_HEAD])
    return b""


def peer_of(sock: socket.socket) -> tuple[str, int]:
    """Host and port at the other end; empty where there is none."""
    with suppress(OSError, IndexError):
        name = _socket.socket.getpeername(sock)  # not `sock.getpeername`, which PySocks overrides
        return name[0], name[1]
    return "", 0
