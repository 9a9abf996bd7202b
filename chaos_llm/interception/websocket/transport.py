"""A transport of asyncio whose other end is a peer in memory."""

from __future__ import annotations

import asyncio
import errno
import socket
import ssl
from collections.abc import Iterable
from typing import Any

from chaos_llm.engine.websocket.peer import Hangup, Peer

CLIENT_ADDRESS = ("192.0.2.254", 40_000)  # an address for documentation, RFC 5737
_CIPHER = ("TLS_AES_256_GCM_SHA384", "TLSv1.3", 256)


class MemoryTransport(asyncio.Transport):
    """A client's end of a connection; one timer of the loop waits for what the peer does next.

    `sock` is a real socket that was never connected: some clients ask for it, to set its options.
    """

    def __init__(
        self,
        protocol: asyncio.BaseProtocol,
        peer: Peer,
        address: tuple[str, int],
        sock: socket.socket,
        tls: TlsDetails | None,
    ) -> None:
        super().__init__(_details(address, sock, tls))
        self._loop, self._protocol, self._peer = asyncio.get_running_loop(), protocol, peer
        self._sock, self._is_tls = sock, tls is not None
        self._sent: list[bytes] = []  # by the client, and not fed to the peer yet
        self._timer: asyncio.TimerHandle | None = None
        self._is_paused = self._is_closing = self._is_lost = False

    # -- the client writes

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Take bytes; the peer reacts in the loop's next iteration, in this client's context."""
        if self._is_closing or not data:
            return
        if not self._sent:
            self._loop.call_soon(self._deliver)
        self._sent.append(bytes(data))

    def writelines(self, list_of_data: Iterable[bytes | bytearray | memoryview]) -> None:
        self.write(b"".join(list_of_data))

    def _deliver(self) -> None:
        data, self._sent = b"".join(self._sent), []
        if not data or self._is_lost:
            return
        try:
            self._peer.feed(data, self._loop.time())
        except BaseException:  # the outage knows it; the client must not wait for an answer
            self._lose(ConnectionResetError(errno.ECONNRESET, "Connection reset by peer"))
            raise
        self._wait()

    # -- the peer sends

    def _wait(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        due = self._peer.due
        if due is not None and not self._is_lost and not self._is_paused:
            self._timer = self._loop.call_at(max(due, self._loop.time()), self._receive)

    def _receive(self) -> None:
        """Hand over what is due; each piece has an iteration of the loop to itself."""
        self._timer = None
        if self._is_lost:
            return
        data, hangup = self._peer.take(self._loop.time())
        if data and not self._is_closing:
            self._hand_over(data)
        if hangup is not None:
            self._break(hangup)
        else:
            self._wait()

    def _hand_over(self, data: bytes) -> None:
        protocol = self._protocol
        if isinstance(protocol, asyncio.BufferedProtocol):
            rest = memoryview(data)
            while rest:
                buffer: Any = protocol.get_buffer(len(rest))
                size = min(len(buffer), len(rest))
                buffer[:size], rest = rest[:size], rest[size:]
                protocol.buffer_updated(size)
        elif isinstance(protocol, asyncio.Protocol):
            protocol.data_received(data)

    def _break(self, hangup: Hangup) -> None:
        if hangup is Hangup.RESET:
            self._lose(ConnectionResetError(errno.ECONNRESET, "Connection reset by peer"))
            return
        protocol: Any = self._protocol
        stays_open = not self._is_closing and protocol.eof_received()
        if not stays_open or self._is_tls:  # TLS is never half open
            self._is_closing = True
            self._loop.call_soon(self._lose, None)

    def cut(self) -> None:
        """End the connection from the far end: the outage is over."""
        if not self._is_lost and not self._loop.is_closed():
            self._lose(ConnectionResetError(errno.ECONNRESET, "the outage is over"))

    def _lose(self, error: Exception | None) -> None:
        if self._is_lost:
            return
        self._is_lost = self._is_closing = True
        if self._timer is not None:
            self._timer.cancel()
        self._peer.leave(self._loop.time())
        try:
            self._protocol.connection_lost(error)
        finally:
            self._sock.close()

    # -- the client leaves

    def close(self) -> None:
        if not self._is_closing:
            self._is_closing = True
            self._loop.call_soon(self._flush_and_lose)

    def _flush_and_lose(self) -> None:
        self._deliver()
        self._lose(None)

    def abort(self) -> None:
        self._is_closing, self._sent = True, []
        self._loop.call_soon(self._lose, None)

    def is_closing(self) -> bool:
        return self._is_closing

    def can_write_eof(self) -> bool:
        return not self._is_tls

    def write_eof(self) -> None:
        """Take note of nothing: a peer reads messages, which end by themselves."""

    def pause_reading(self) -> None:
        self._is_paused = True
        self._wait()

    def resume_reading(self) -> None:
        self._is_paused = False
        self._wait()

    def is_reading(self) -> bool:
        return not self._is_paused and not self._is_closing

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """Set nothing: everything is taken at once."""

    def get_write_buffer_size(self) -> int:
        return 0

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        self._protocol = protocol

    def get_protocol(self) -> asyncio.BaseProtocol:
        return self._protocol


class TlsDetails:
    """What a client may ask of its TLS session, of which there is none."""

    def __init__(self, context: ssl.SSLContext, server_hostname: str) -> None:
        self.context, self.server_hostname, self.server_side = context, server_hostname, False

    def version(self) -> str:
        return "TLSv1.3"

    def cipher(self) -> tuple[str, str, int]:
        return _CIPHER

    def compression(self) -> None:
        """No session of TLS 1.3 is compressed."""

    def selected_alpn_protocol(self) -> str | None:
        return "http/1.1"

    def getpeercert(self, binary_form: bool = False) -> Any:
        return b"" if binary_form else {"subjectAltName": (("DNS", self.server_hostname),)}


def _details(
    address: tuple[str, int], sock: socket.socket, tls: TlsDetails | None
) -> dict[str, Any]:
    details: dict[str, Any] = {
        "peername": address,
        "sockname": CLIENT_ADDRESS,
        "socket": sock,
    }
    if tls is not None:
        details |= {
            "sslcontext": tls.context,
            "ssl_object": tls,
            "peercert": tls.getpeercert(),
            "cipher": tls.cipher(),
            "compression": None,
        }
    return details
