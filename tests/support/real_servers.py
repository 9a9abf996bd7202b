"""Real servers on loopback: what they do to a connection is what the interception imitates."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler
from ssl import SSLContext

from support.waiting import PATIENCE

Scene = Callable[[socket.socket], None]

HEADERS = b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n"
CHUNKED = HEADERS + b"transfer-encoding: chunked\r\n\r\n"


def answering(text: str) -> Scene:
    """A server that answers each request with a text."""
    body = text.encode()
    reply = HEADERS + b"content-length: %d\r\n\r\n%s" % (len(body), body)
    return lambda connection: connection.sendall(reply)


@contextmanager
def serving(scene: Scene, tls: SSLContext | None = None) -> Iterator[str]:
    """A server that reads one request per connection and then runs a scene; yields its address."""
    listener = socket.create_server(("127.0.0.1", 0))
    kept: list[socket.socket] = []

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with suppress(OSError):
                if tls is not None:
                    connection = tls.wrap_socket(connection, server_side=True)
                kept.append(connection)
                _read_request(connection)
                scene(connection)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        scheme = "http" if tls is None else "https"
        yield f"{scheme}://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(PATIENCE)
        for connection in kept:
            connection.close()


def free_port() -> int:
    """A port without a listener."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def refusing() -> str:
    """An address without a listener."""
    return f"http://127.0.0.1:{free_port()}"


def reset(connection: socket.socket) -> None:
    """Send RST instead of FIN."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def _read_request(connection: socket.socket) -> None:
    """Read the head and a body of known length; what is chunked is left to the scene."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        received = connection.recv(1)
        if not received:
            return
        head += received
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            _skip(connection, int(line.partition(b":")[2]))


def _skip(connection: socket.socket, size: int) -> None:
    while size > 0 and (received := connection.recv(size)):
        size -= len(received)


class OkPage(BaseHTTPRequestHandler):
    """Answers each GET with "ok"."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("content-length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *args: object) -> None:
        """Print nothing."""
