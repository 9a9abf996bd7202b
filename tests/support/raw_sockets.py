"""Raw sockets against a server: what is on the wire, byte for byte."""

from __future__ import annotations

import json
import socket
import ssl
from dataclasses import dataclass
from urllib.parse import urlsplit

from support.waiting import PATIENCE

ASKED = {
    "model": "claude-opus-4-6",
    "max_tokens": 50,
    "messages": [{"role": "user", "content": "Where is order KX-48213?"}],
}
KEY = {"x-api-key": "sk-test", "anthropic-version": "2023-06-01"}


@dataclass
class Heard:
    """All bytes until the end of a connection, and how it ended: "fin", "rst" or "silence"."""

    data: bytes
    end: str

    @property
    def head(self):
        return self.data.partition(b"\r\n\r\n")[0]

    @property
    def body(self):
        return self.data.partition(b"\r\n\r\n")[2]

    @property
    def status(self):
        return int(self.data.split(b" ")[1]) if self.data else 0

    @property
    def json(self):
        return json.loads(self.body)


def dialled(url, limit=PATIENCE):
    parts = urlsplit(url)
    return socket.create_connection((parts.hostname, parts.port), limit)


def request(path="/anthropic/v1/messages", body=ASKED, method="POST", *, close=True, **headers):
    """The bytes of a request; underscores in a header's name are hyphens."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    text = {"host": "127.0.0.1", **KEY, "content-length": str(len(data))}
    text |= {name.replace("_", "-"): value for name, value in headers.items()}
    if close:
        text["connection"] = "close"
    lines = [f"{method} {path} HTTP/1.1", *(f"{n}: {v}" for n, v in text.items() if v is not None)]
    return "\r\n".join([*lines, "", ""]).encode() + data


def heard(connection, limit=PATIENCE):
    """Everything that comes until the connection ends, or is silent for so long."""
    connection.settimeout(limit)
    data = bytearray()
    while True:
        try:
            came = connection.recv(65536)
        except ConnectionResetError:
            return Heard(bytes(data), "rst")
        except TimeoutError:
            return Heard(bytes(data), "silence")
        if not came:
            return Heard(bytes(data), "fin")
        data += came


def asked(url, *pieces, limit=PATIENCE):
    """What comes of sending these bytes."""
    with dialled(url) as connection:
        for piece in pieces or (request(),):
            connection.sendall(piece)
        return heard(connection, limit)


def shaken(connection, trusting, host):
    """A TLS session over a socket that stays ours, so that the wire's own end can be seen."""
    came, going = ssl.MemoryBIO(), ssl.MemoryBIO()
    session = trusting.wrap_bio(came, going, server_hostname=host)
    while True:
        try:
            session.do_handshake()
        except ssl.SSLWantReadError:
            connection.sendall(going.read())
            came.write(connection.recv(65536))
        else:
            connection.sendall(going.read())
            return session, going
