"""The destination of bytes on a socket: the host that the first bytes of a protocol name.

Look-ups by name are checked by themselves. This module is for connections without one: a request to
a proxy (HTTP, SOCKS), a hand-made query to a name server (dnspython), a connection to an address
that was looked up before the outage (TLS, HTTP).
"""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import urlsplit

_REQUEST = re.compile(rb"[A-Z]{3,10} (?P<target>\S+) HTTP/1\.[01]\r?\n")
_HOST = re.compile(rb"\r?\nhost:[ \t]*(?P<host>[^\s]+)", re.IGNORECASE)
_CONNECT = b"CONNECT "
_TLS_HANDSHAKE, _CLIENT_HELLO = 0x16, 1  # RFC 8446, 5.1 and 4
_SOCKS5_NAME = b"\x05\x01\x00\x03"  # version, CONNECT, reserved, "a domain name": RFC 1928, 4
_SOCKS4A = re.compile(
    rb"\x04\x01(?P<port>..)\x00\x00\x00[^\x00][^\x00]*\x00(?P<host>[^\x00]+)\x00", re.DOTALL
)
_LONGEST_NAME = 255  # bytes of a name in DNS: RFC 1035, 2.3.4


class Destination(NamedTuple):
    """A host and its port, None where it is missing.

    `relayed` means that the peer, a proxy or name server, is to contact the host.
    """

    host: str
    port: int | None
    relayed: bool


def destination(data: bytes) -> Destination | None:
    """The host that the first bytes of a connection name, or None."""
    if data[:1] == b"\x16":
        name = _server_name(data)
        return None if name is None else Destination(name, None, relayed=False)
    if data[:1] in (b"\x04", b"\x05"):
        return _of_socks(data)
    found = _REQUEST.match(data)
    return None if found is None else _of_http(data, found["target"])


def question(data: bytes) -> Destination | None:
    """The name in a DNS query (RFC 1035, 4.1); None for any other packet."""
    if len(data) < 17 or data[2] & 0x80 or data[4:6] == b"\0\0":  # a response, or no question
        return None
    labels, at = [], 12
    while at < len(data) and data[at]:
        size = data[at]
        labels.append(data[at + 1 : at + 1 + size])
        at += 1 + size
        if size > 63 or at - 12 > _LONGEST_NAME:
            return None
    return Destination(b".".join(labels).decode("latin-1"), None, relayed=True)


def _of_http(data: bytes, target: bytes) -> Destination | None:
    if data.startswith(_CONNECT):
        return _split(target, relayed=True)
    if b"://" in target:
        return _split(target.partition(b"://")[2].partition(b"/")[0], relayed=True)
    found = _HOST.search(data)
    return None if found is None else _split(found["host"], relayed=False)


def _split(authority: bytes, *, relayed: bool) -> Destination | None:
    try:
        parts = urlsplit(b"//" + authority)
        port = parts.port
    except ValueError:
        return None
    host = (parts.hostname or b"").decode("latin-1")
    return Destination(host, port, relayed) if host else None


def _of_socks(data: bytes) -> Destination | None:
    if data.startswith(_SOCKS5_NAME) and len(data) > 5:
        host, rest = data[5 : 5 + data[4]], data[5 + data[4] :]
        port = int.from_bytes(rest[:2]) if len(rest) > 1 else None
        return Destination(host.decode("latin-1"), port, relayed=True)
    found = _SOCKS4A.match(data)
    if found is None:
        return None
    return Destination(found["host"].decode("latin-1"), int.from_bytes(found["port"]), relayed=True)


def _server_name(data: bytes) -> str | None:
    """The host name in a TLS ClientHello (RFC 6066, 3); None where it is missing or cut off."""
    if len(data) < 44 or data[5] != _CLIENT_HELLO:
        return None
    at = 43  # behind the headers of record and handshake, the version and the random bytes
    at += 1 + data[at]  # session id
    at += 2 + int.from_bytes(data[at : at + 2])  # cipher suites
    at += 1 + int.from_bytes(data[at : at + 1])  # compression methods
    at += 2  # the extensions' length
    while at + 4 <= len(data):
        kind, size = data[at : at + 2], int.from_bytes(data[at + 2 : at + 4])
        if kind == b"\0\0":  # server_name: a list's length, a name's type and length, the name
            return data[at + 9 : at + 4 + size].decode("latin-1") or None
        at += 4 + size
    return None
