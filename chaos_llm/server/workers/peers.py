"""What a worker knows of the others: whose a request is, how it gets there, and what all say."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import socket
from concurrent.futures import Future
from typing import Any

from chaos_llm.server.admin.questions import QUESTIONS
from chaos_llm.server.connections.connection import Connection
from chaos_llm.server.connections.listener import Listener, connect
from chaos_llm.server.connections.shared_state import ClientOrigin, SharedState
from chaos_llm.server.connections.tls import TlsLayer
from chaos_llm.server.http.request_parser import ReceivedRequest
from chaos_llm.server.workers.channel import Channel, Message
from chaos_llm.server.workers.pump import pumped
from chaos_llm.server.workers.run_names import worker_of

_PATIENCE = 10.0  # real seconds for all workers to answer
_REPLACED = ("content-length", "transfer-encoding", "expect")  # a whole body has a length


class Peers:
    """The other workers, by way of the parent."""

    def __init__(self, shared: SharedState, channel: Channel, index: int, count: int) -> None:
        self._shared, self._channel = shared, channel
        self.index, self.count = index, count
        self._asked: dict[int, Future[list[Any]]] = {}
        self._numbers = itertools.count()
        self._adopting: set[asyncio.Task[Any]] = set()

    def is_elsewhere(self, run: str) -> bool:
        """Whether a run lives on another worker."""
        return worker_of(run, self.count) != self.index

    def hand_on(
        self,
        connection: Connection,
        requests: list[ReceivedRequest],
        rest: bytes,
        run: str,
        origin: ClientOrigin,
    ) -> None:
        """Give a connection, with requests that came whole, to the worker of a run."""
        transport = connection.transport
        words = {"to": worker_of(run, self.count), "origin": list(origin)}
        data = b"".join([*map(written, requests), rest])
        if isinstance(transport, TlsLayer):
            sock = pumped(self._shared, transport)
            connection.connection_lost(None)
        else:
            transport.pause_reading()
            sock = socket.socket(fileno=os.dup(transport.get_extra_info("socket").fileno()))
            transport.abort()
        self._channel.send("socket", data, sock, **words)

    def adopt(self, message: Message) -> None:
        """Go on with a connection that the parent accepted, or another worker had."""
        sock, shared = message.sock, self._shared
        assert sock is not None
        sock.setblocking(False)
        origin = message.words.get("origin")
        task = shared.loop.create_task(self._adopt(sock, message.data, origin))
        self._adopting.add(task)
        task.add_done_callback(self._adopting.discard)

    async def _adopt(self, sock: socket.socket, data: bytes, origin: list[Any] | None) -> None:
        shared = self._shared
        if origin is None:
            await shared.loop.connect_accepted_socket(lambda: Listener(shared), sock)
            return
        caller = ClientOrigin(*origin)

        def made() -> Connection:
            return Connection(shared, connect, caller, reused=True)

        _, connection = await shared.loop.connect_accepted_socket(made, sock)
        connection.data_received(data)

    def ask(self, question: str) -> list[Any]:
        """What every worker answers, in their order; for a thread, because it waits."""
        answers: Future[list[Any]] = Future()

        def send() -> None:
            number = next(self._numbers)
            self._asked[number] = answers
            self._channel.send("ask", number=number, question=question)

        self._shared.loop.call_soon_threadsafe(send)
        return answers.result(_PATIENCE)

    def answered(self, message: Message) -> None:
        """All workers have answered a question of ours."""
        self._asked.pop(message.words["number"]).set_result(json.loads(message.data))

    def answer(self, message: Message) -> None:
        """Answer what the parent, or another worker, asks."""
        said = QUESTIONS[message.words["question"]](self._shared)
        data = json.dumps(said).encode()
        self._channel.send("answer", data, number=message.words["number"])


def written(asked: ReceivedRequest) -> bytes:
    """A request that came whole, as bytes once more."""
    lines = [f"{n}: {v}" for n, v in asked.headers.items() if n not in _REPLACED]
    if asked.body or "content-length" in asked.headers:
        lines.append(f"content-length: {len(asked.body)}")
    head = "\r\n".join([f"{asked.method} {asked.target} HTTP/{asked.version}", *lines, "", ""])
    return head.encode("latin-1") + asked.body
