"""The opening handshake of a websocket (RFC 6455, 4): a request to upgrade, and what accepts it."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, field

import httptools
from wsproto.connection import Connection, ConnectionType
from wsproto.extensions import PerMessageDeflate
from wsproto.handshake import server_extensions_handshake

from chaos_llm.protocol import websocket
from chaos_llm.protocol.messages import Reply

_MAGIC = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, 1.3
_LONGEST_HEAD = 65_536  # bytes


class HeadTooLarge(Exception):
    """A request's head does not end."""


@dataclass
class UpgradeRequest:
    """A request as far as it was received; a parser of httptools calls the methods."""

    method: str = ""
    target: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    is_whole: bool = False

    def on_url(self, url: bytes) -> None:
        self.target += url.decode("latin-1")

    def on_header(self, name: bytes, value: bytes) -> None:
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        self.headers[key] = f"{self.headers[key]}, {text}" if key in self.headers else text

    def on_headers_complete(self) -> None:
        self.is_whole = True

    @property
    def wants_websocket(self) -> bool:
        """Whether it asks for a websocket."""
        return websocket.is_upgrade(self.method, self.headers)


class UpgradeParser:
    """Reads a request's head, and hands back what stands behind it."""

    def __init__(self) -> None:
        self.request = UpgradeRequest()
        self._parser = httptools.HttpRequestParser(self.request)
        self._size = 0

    def feed(self, data: bytes) -> bytes:
        """Take bytes; what follows the head comes back. Raises HttpParserError, HeadTooLarge."""
        self._size += len(data)
        if self._size > _LONGEST_HEAD:
            raise HeadTooLarge
        rest = b""
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            rest = data[upgrade.args[0] :]
        if self.request.is_whole:
            self.request.method = self._parser.get_method().decode("latin-1")
        return rest


def accepted(request: UpgradeRequest, reply: Reply) -> tuple[bytes, Connection]:
    """The head that accepts an upgrade, and the frames that follow it."""
    headers = request.headers
    offered = [each.strip() for each in headers.get("sec-websocket-extensions", "").split(",")]
    deflate = PerMessageDeflate()
    agreed = server_extensions_handshake(offered, [deflate]) if offered[0] else None
    lines = [
        "HTTP/1.1 101 Switching Protocols",
        "upgrade: websocket",
        "connection: Upgrade",
        f"sec-websocket-accept: {_accept(headers['sec-websocket-key'])}",
    ]
    if agreed:
        lines.append(f"sec-websocket-extensions: {agreed.decode()}")
    if protocol := headers.get("sec-websocket-protocol", "").partition(",")[0].strip():
        lines.append(f"sec-websocket-protocol: {protocol}")
    lines += [f"{name}: {value}" for name, value in reply.headers]
    frames = Connection(ConnectionType.SERVER, [deflate] if agreed else [])
    return "\r\n".join([*lines, "", ""]).encode("latin-1", "replace"), frames


def _accept(key: str) -> str:
    digest = hashlib.sha1(key.encode("latin-1") + _MAGIC, usedforsecurity=False).digest()
    return base64.b64encode(digest).decode()
