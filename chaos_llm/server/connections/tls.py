"""TLS on the wire: certificates of a CA of our own, and handshakes that fail where a day says so.

The layer is between a socket's transport and a connection, and is a transport itself. It works on
bytes that have come already, which asyncio's own does not, so one port speaks plain HTTP, TLS and
CONNECT; and it can hang up in the midst of a handshake.
"""

from __future__ import annotations

import gc
import ssl
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from chaos_llm.errors import ChaosError, UsageError
from chaos_llm.server.connections import client_hello

_LOCAL = ("localhost", "127.0.0.1", "::1")
_READ = 65_536
FIRST_BYTE = client_hello.HANDSHAKE
_MOST_HOSTS = 256  # hosts whose certificates are kept, some 50 kB each; clients may name any host
_SWEPT = 32  # certificates after which their garbage, which is in cycles, is collected
# RFC 8446, 6.2, as one record: fatal, unrecognized_name.
_UNKNOWN_HOST = bytes((0x15, 3, 3, 0, 2, 2, 112))


class Authority:
    """A certificate authority for the lifetime of the server, and its certificates by host.

    `pem` is the certificate and key of one that is there already. Raises UsageError if trustme is
    not installed.
    """

    def __init__(self, also: str = "", pem: tuple[bytes, bytes] | None = None) -> None:
        try:
            import trustme  # noqa: PLC0415 - an extra
        except ModuleNotFoundError:
            raise UsageError(
                "--tls needs certificates: pip install 'chaos_llm[server]' (it brings trustme)"
            ) from None
        new = trustme.CA
        self._ca = new.from_pem(*pem) if pem else new(organization_name="chaos_llm, for tests only")
        self._local = tuple(dict.fromkeys((*_LOCAL, *([also] if also else ()))))
        self.context = lru_cache(_MOST_HOSTS)(self._context)
        self._made = 0

    def exported(self) -> tuple[bytes, bytes]:
        """The certificate and the key, for another process to issue certificates by."""
        return self.pem, self._ca.private_key_pem.bytes()

    @property
    def pem(self) -> bytes:
        """The certificate that clients have to trust."""
        pem: bytes = self._ca.cert_pem.bytes()
        return pem

    def _context(self, host: str) -> ssl.SSLContext:
        """The server's side of TLS for a host; "" for an address of this machine.

        Raises ValueError for a name that no certificate can have.
        """
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.set_alpn_protocols(["http/1.1"])
        self._ca.issue_cert(*([host] if host else self._local)).configure_cert(context)
        self._made += 1
        if self._made % _SWEPT == 0:
            gc.collect(1)
        return context


class TlsLayer:
    """The transport of one connection over TLS.

    `admits` gets the host that the client names (SNI; "" without) and returns whether the handshake
    goes on; if not, the connection is closed. `made` gets that host and makes the protocol that the
    layer carries.
    """

    def __init__(
        self,
        raw: Any,
        authority: Authority,
        admits: Callable[[str], bool],
        made: Callable[[str], Any],
    ) -> None:
        self._raw, self._authority, self._admits = raw, authority, admits
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._host, self._is_refused, self._is_done = "", False, False
        self._hello: bytes | None = b""  # as much of it as came; None once OpenSSL has it
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.sni_callback = self._named
        context.set_alpn_protocols(["http/1.1"])
        self._base = context
        self._made = made
        self._protocol: Any = None
        self._tls: ssl.SSLObject | None = None

    def _named(self, tls: ssl.SSLObject, host: str | None, _: ssl.SSLContext) -> int | None:
        """Choose a host's certificate; OpenSSL calls it, so nothing may be raised here."""
        self._host = host or ""
        try:
            if not self._admits(self._host):
                self._is_refused = True
                return ssl.ALERT_DESCRIPTION_INTERNAL_ERROR
            tls.context = self._authority.context(self._host)
        except (ValueError, ChaosError):  # no name of a host; or too many runs
            return ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME
        return None

    def data_received(self, data: bytes) -> None:
        """Take bytes off the socket."""
        if self._hello is not None:
            name = client_hello.server_name(self._hello + data)
            if name is None:
                self._hello += data
                return
            if not name.isascii() or b"\0" in name:
                self._raw.write(_UNKNOWN_HOST)
                self.close()
                return
            data, self._hello = self._hello + data, None
        self._in.write(data)
        try:
            self._go_on()
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            self._flush()
        except ssl.SSLError:
            if not self._is_refused:
                self._flush()  # the alert that says why
            self.close()

    def _go_on(self) -> None:
        if self._tls is None:
            self._tls = self._base.wrap_bio(self._in, self._out, server_side=True)
        if not self._is_done:
            self._tls.do_handshake()
            self._is_done = True
            self._flush()
            self._protocol = self._made(self._host)
            self._protocol.connection_made(self)
        while not self._raw.is_closing():
            plain = self._tls.read(_READ)
            if not plain:  # the client's close_notify
                self.close()
                return
            self._protocol.data_received(plain)
        self._flush()

    def _flush(self) -> None:
        data = self._out.read()
        if data and not self._raw.is_closing():
            self._raw.write(data)

    def connection_lost(self, error: Exception | None) -> None:
        if self._protocol is not None:
            self._protocol.connection_lost(error)

    def pause_writing(self) -> None:
        if self._protocol is not None:
            self._protocol.pause_writing()

    def resume_writing(self) -> None:
        if self._protocol is not None:
            self._protocol.resume_writing()

    def write(self, data: bytes) -> None:
        assert self._tls is not None
        try:
            self._tls.write(data)
        except ssl.SSLError:  # the client has ended TLS, or broken it
            self.abort()
        else:
            self._flush()

    def close(self) -> None:
        """End the connection without TLS's own farewell, as a cut connection does."""
        self._raw.close()

    def abort(self) -> None:
        self._raw.abort()

    def is_closing(self) -> bool:
        closing: bool = self._raw.is_closing()
        return closing

    def set_protocol(self, protocol: Any) -> None:
        """Carry another protocol from now on, such as a websocket's."""
        self._protocol = protocol

    def __getattr__(self, name: str) -> Any:
        return getattr(self._raw, name)  # what is the same over TLS
