"""Real websocket servers on loopback, over TLS: what an interception of websockets imitates.

Their frames are written by `websockets`, and so by other code than the product's.
"""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from ssl import PROTOCOL_TLS_SERVER, SSLContext, create_default_context

import trustme

from support.libraries import library
from support.waiting import PATIENCE

REQUESTED = "response.create"  # what asks for an answer
ANSWER = [
    {"type": "response.output_text.delta", "event_id": f"event_{number}", "delta": f"word {number}"}
    for number in range(3)
]
CREATED = {"type": "session.created", "event_id": "event_0", "session": {"type": "realtime"}}
DONE = {"type": "response.done", "event_id": "event_2", "response": {"status": "completed"}}
PINGED, BETWEEN_PINGS = 1.5, 0.1  # real seconds
ERROR = {
    "type": "error",
    "event_id": "event_1",
    "error": {"type": "server_error", "code": None, "message": "The server had an error"},
}


@cache
def authority() -> trustme.CA:
    return trustme.CA()


@cache
def trusting() -> SSLContext:
    """The TLS context of a client of these servers."""
    context = create_default_context()
    authority().configure_trust(context)
    return context


class Conversation:
    """One connection of a client that wants a websocket."""

    def __init__(self, connection: socket.socket) -> None:
        from websockets.server import ServerProtocol  # noqa: PLC0415 - not everybody has it

        self.connection, self.protocol = connection, ServerProtocol()
        self.request = self.read()[0]

    def read(self):
        while not (events := self.protocol.events_received()):
            data = self.connection.recv(65_536)
            if not data:
                raise ConnectionError("the client left")
            self.protocol.receive_data(data)
        return events

    def flush(self) -> None:
        for data in self.protocol.data_to_send():
            if data:
                self.connection.sendall(data)

    def accept(self) -> None:
        self.protocol.send_response(self.protocol.accept(self.request))
        self.say(CREATED)

    def say(self, *messages) -> None:
        for message in messages:
            self.protocol.send_text(json.dumps(message).encode())
        self.flush()

    def read_until_asked(self) -> None:
        """Read until the client asks for an answer, and begin it."""
        while REQUESTED.encode() not in b"".join(bytes(event.data) for event in self.read()):
            self.flush()
        self.say(*ANSWER)

    def read_on(self) -> None:
        """Read what else comes, and answer pings, until the client leaves."""
        with suppress(OSError):
            while True:
                self.read()
                self.flush()

    def reset(self) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        socket.socket(fileno=self.connection.detach()).close()


Scene = Callable[[Conversation], None]


@contextmanager
def serving(scene: Scene) -> Iterator[str]:
    """A server that plays a scene to each client; it yields its address and needs `websockets`."""
    library("websockets.server")  # here, as a thread that cannot import it would answer nobody
    tls = SSLContext(PROTOCOL_TLS_SERVER)
    authority().issue_cert("localhost").configure_cert(tls)
    listener = socket.create_server(("127.0.0.1", 0))
    kept: list[socket.socket] = []

    def serve() -> None:
        while True:
            try:
                accepted, _ = listener.accept()
            except OSError:
                return
            with suppress(OSError):
                connection = tls.wrap_socket(accepted, server_side=True)
                kept.append(connection)
                scene(Conversation(connection))

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"wss://localhost:{listener.getsockname()[1]}"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        for connection in kept:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()
        thread.join(PATIENCE)


@cache
def resets_are_told() -> bool:
    """Whether this Python's blocking TLS tells a reset from a close (python/cpython#115627)."""
    with (
        serving(reset) as address,
        socket.create_connection(("localhost", int(address.rpartition(":")[2]))) as plain,
        trusting().wrap_socket(plain, server_hostname="localhost") as client,
    ):
        client.sendall(
            b"GET / HTTP/1.1\r\nhost: localhost\r\nupgrade: websocket\r\n"
            b"connection: upgrade\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
            b"sec-websocket-version: 13\r\n\r\n"
        )
        try:
            client.recv(1)
        except ConnectionResetError:
            return True
        return False


def reset(conversation: Conversation) -> None:
    conversation.reset()


def refusing(status: int, phrase: str, *headers: str) -> Scene:
    """A server that refuses to upgrade."""
    head = "\r\n".join([f"HTTP/1.1 {status} {phrase}", *headers, "content-length: 2", "", "{}"])

    def scene(conversation: Conversation) -> None:
        conversation.connection.sendall(head.encode())
        conversation.read_on()

    return scene


def answering(then: Scene) -> Scene:
    """A server that begins to answer, and does the rest then."""

    def scene(conversation: Conversation) -> None:
        conversation.accept()
        conversation.read_until_asked()
        then(conversation)

    return scene


def close(code: int, reason: str = "") -> Scene:
    def scene(conversation: Conversation) -> None:
        conversation.protocol.send_close(code, reason)
        conversation.flush()
        with suppress(OSError):
            conversation.read()  # the client's own close frame
        conversation.connection.close()

    return scene


def hang_up(conversation: Conversation) -> None:
    conversation.connection.close()


def half_a_frame(conversation: Conversation) -> None:
    conversation.protocol.send_text(b"x" * 100)
    frame = b"".join(conversation.protocol.data_to_send())
    conversation.connection.sendall(frame[: len(frame) // 2])
    conversation.connection.close()


def keep_silent(conversation: Conversation) -> None:
    conversation.read_on()


def ping(conversation: Conversation) -> None:
    """Send pings and no content, then the end of the answer."""
    with suppress(OSError):
        for _ in range(round(PINGED / BETWEEN_PINGS)):
            time.sleep(BETWEEN_PINGS)
            conversation.protocol.send_ping(b"")
            conversation.flush()
        conversation.say(DONE)
        conversation.read_on()


def say_error(conversation: Conversation) -> None:
    conversation.say(ERROR)
    conversation.read_on()
