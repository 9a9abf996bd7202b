"""The proxy of child processes in other languages, a process of its own that ends with the outage.

What is for a provider is refused with 403 and reported; all else passes, through the proxy that
was there before, if one was. Run as a script: it imports the standard library and three files.
"""

from __future__ import annotations

import base64
import json
import os
import select
import socket
import socketserver
import ssl
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[3]))

from chaos_llm.interception.children.mailbox import Mailbox
from chaos_llm.interception.clients import CHILD, refusal
from chaos_llm.interception.destinations import Destination, destination
from chaos_llm.requests.host_names import HostPatterns

_LONGEST_HEAD = 65_536  # bytes
_PATIENCE = 30.0  # seconds for a connection to stand, and for a request's head


class Proxy(socketserver.ThreadingTCPServer):
    """Listens on loopback; `upstream` is the URL of a proxy for what may pass, if there is one."""

    daemon_threads = True

    def __init__(self, patterns: list[str], mailbox: str, upstream: str) -> None:
        super().__init__(("127.0.0.1", 0), _Visitor)
        self.hosts, self.mailbox = HostPatterns(patterns), Mailbox(mailbox)
        self.upstream = urlsplit(upstream) if upstream else None


class _Visitor(socketserver.BaseRequestHandler):
    server: Proxy

    def handle(self) -> None:
        self.request.settimeout(_PATIENCE)
        with suppress(OSError, ValueError):
            head = self._head()
            asked = destination(head)
            if asked is None:
                self.request.sendall(_said("400 Bad Request", "this is a proxy\n"))
            elif self.server.hosts.is_out(asked.host, asked.port or 80):
                self._refuse(asked.host)
            else:
                self._pass_on(head, asked)

    def _head(self) -> bytes:
        head = b""
        while b"\r\n\r\n" not in head and len(head) < _LONGEST_HEAD:
            received = self.request.recv(65_536)
            if not received:
                break
            head += received
        return head

    def _refuse(self, host: str) -> None:
        text = refusal(host, CHILD)
        self.server.mailbox.post(text)
        self.request.sendall(_said("403 Refused by chaos_llm", text + "\n"))

    def _pass_on(self, head: bytes, asked: Destination) -> None:
        is_tunnel = head.startswith(b"CONNECT ")
        try:
            other = self._other_end(asked)
        except OSError as error:
            self.request.sendall(_said("502 Bad Gateway", f"{error}\n"))
            return
        with other:
            if self.server.upstream is not None:
                other.sendall(_with_credentials(head, self.server.upstream))
            elif is_tunnel:
                self.request.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                other.sendall(head.partition(b"\r\n\r\n")[2])
            else:
                other.sendall(_as_to_an_origin(head))
            _relay(self.request, other)

    def _other_end(self, asked: Destination) -> socket.socket:
        upstream = self.server.upstream
        if upstream is None:
            return socket.create_connection((asked.host, asked.port or 80), _PATIENCE)
        address = (upstream.hostname or "", upstream.port or 3128)
        made = socket.create_connection(address, _PATIENCE)
        if upstream.scheme == "https":
            made = ssl.create_default_context().wrap_socket(made, server_hostname=address[0])
        return made


def _said(status: str, text: str) -> bytes:
    body = text.encode()
    head = f"HTTP/1.1 {status}\r\ncontent-length: {len(body)}\r\nconnection: close\r\n\r\n"
    return head.encode() + body


def _with_credentials(head: bytes, upstream: SplitResult) -> bytes:
    """The request as the proxy from before wants it: with the name and password of its URL."""
    if not upstream.username:
        return head
    pair = f"{unquote(upstream.username)}:{unquote(upstream.password or '')}"
    basic = base64.b64encode(pair.encode())
    line, _, rest = head.partition(b"\r\n")
    return line + b"\r\nProxy-Authorization: Basic " + basic + b"\r\n" + rest


def _as_to_an_origin(head: bytes) -> bytes:
    """`GET http://host/path` as `GET /path`, one request a connection."""
    line, _, rest = head.partition(b"\r\n")
    method, target, version = line.split(b" ", 2)
    path = b"/" + target.partition(b"://")[2].partition(b"/")[2]
    return b" ".join([method, path, version]) + b"\r\nConnection: close\r\n" + rest


def _relay(one: socket.socket, other: socket.socket) -> None:
    """Move bytes both ways until one end is closed."""
    one.settimeout(None)
    other.settimeout(None)
    peers = {one: other, other: one}
    while True:
        readable = [s for s in peers if isinstance(s, ssl.SSLSocket) and s.pending()]
        for sock in readable or select.select(list(peers), [], [])[0]:
            data = sock.recv(65_536)
            if not data:
                return
            peers[sock].sendall(data)


def main() -> None:
    """Read the settings from standard input, print the port, and serve until the input ends."""
    settings: dict[str, Any] = json.loads(sys.stdin.readline())
    server = Proxy(settings["patterns"], settings["mailbox"], settings["upstream"])
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdout.write(f"{server.server_address[1]}\n")
    sys.stdout.flush()
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    main()
