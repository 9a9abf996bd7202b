"""The HTTP proxy for child processes in other languages: a process that ends with the outage.

Requests to a provider get status 403 and are recorded; others are forwarded, through the app's own
proxy if it has one. It runs as a script, and imports the standard library and a few small modules,
so it starts fast.
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

from chaos_llm.interception.children.refusal_log import RefusalLog
from chaos_llm.interception.clients import CHILD, refusal
from chaos_llm.interception.destinations import Destination, destination
from chaos_llm.requests.host_names import HostPatterns

_LONGEST_HEAD = 65_536  # bytes
_TIMEOUT = 30.0  # seconds to connect, and to receive a request's head


class Proxy(socketserver.ThreadingTCPServer):
    """Listens on loopback; `upstream` is the URL of the app's own proxy, "" without one."""

    daemon_threads = True

    def __init__(self, patterns: list[str], refusal_log: str, upstream: str) -> None:
        super().__init__(("127.0.0.1", 0), _ProxyHandler)
        self.hosts, self.refusal_log = HostPatterns(patterns), RefusalLog(refusal_log)
        self.upstream = urlsplit(upstream) if upstream else None


class _ProxyHandler(socketserver.BaseRequestHandler):
    server: Proxy

    def handle(self) -> None:
        self.request.settimeout(_TIMEOUT)
        with suppress(OSError, ValueError):
            head = self._head()
            wanted = destination(head)
            if wanted is None:
                self.request.sendall(_response("400 Bad Request", "this is an HTTP proxy\n"))
            elif self.server.hosts.is_out(wanted.host, wanted.port or 80):
                self._refuse(wanted.host)
            else:
                self._forward(head, wanted)

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
        self.server.refusal_log.write(text)
        self.request.sendall(_response("403 Refused by chaos_llm", text + "\n"))

    def _forward(self, head: bytes, wanted: Destination) -> None:
        is_tunnel = head.startswith(b"CONNECT ")
        try:
            other = self._connect(wanted)
        except OSError as error:
            self.request.sendall(_response("502 Bad Gateway", f"{error}\n"))
            return
        with other:
            if self.server.upstream is not None:
                other.sendall(_with_credentials(head, self.server.upstream))
            elif is_tunnel:
                self.request.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                other.sendall(head.partition(b"\r\n\r\n")[2])
            else:
                other.sendall(_origin_form(head))
            _relay(self.request, other)

    def _connect(self, wanted: Destination) -> socket.socket:
        upstream = self.server.upstream
        if upstream is None:
            return socket.create_connection((wanted.host, wanted.port or 80), _TIMEOUT)
        address = (upstream.hostname or "", upstream.port or 3128)
        made = socket.create_connection(address, _TIMEOUT)
        if upstream.scheme == "https":
            made = ssl.create_default_context().wrap_socket(made, server_hostname=address[0])
        return made


def _response(status: str, text: str) -> bytes:
    body = text.encode()
    head = f"HTTP/1.1 {status}\r\ncontent-length: {len(body)}\r\nconnection: close\r\n\r\n"
    return head.encode() + body


def _with_credentials(head: bytes, upstream: SplitResult) -> bytes:
    """Add the name and password of the upstream proxy's URL to a request."""
    if not upstream.username:
        return head
    pair = f"{unquote(upstream.username)}:{unquote(upstream.password or '')}"
    basic = base64.b64encode(pair.encode())
    line, _, rest = head.partition(b"\r\n")
    return line + b"\r\nProxy-Authorization: Basic " + basic + b"\r\n" + rest


def _origin_form(head: bytes) -> bytes:
    """Change `GET http://host/path` to `GET /path`, with one request for each connection."""
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
    server = Proxy(settings["patterns"], settings["refusal_log"], settings["upstream"])
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdout.write(f"{server.server_address[1]}\n")
    sys.stdout.flush()
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    main()
