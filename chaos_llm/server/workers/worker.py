"""One worker: a server without a port of its own. Its parent sends it connections.

python -m chaos_llm.server.workers.worker FD     the parent starts it so
"""

from __future__ import annotations

import asyncio
import pickle
import signal
import socket
import sys
from dataclasses import dataclass

from chaos_llm.errors import ChaosError
from chaos_llm.server.connections.tls import Authority
from chaos_llm.server.launch import event_loops, foreground
from chaos_llm.server.launch.server import Server
from chaos_llm.server.launch.settings import Settings
from chaos_llm.server.runs.runs import DEFAULT
from chaos_llm.server.workers import channel
from chaos_llm.server.workers.channel import Channel, Message
from chaos_llm.server.workers.peers import Peers
from chaos_llm.server.workers.run_names import worker_of


@dataclass(frozen=True)
class Beginning:
    """What a worker is started with: its number, how many there are, and the parent's address.

    `authority` is the CA's certificate and key, one for all workers.
    """

    settings: Settings
    index: int
    count: int
    url: str
    authority: tuple[bytes, bytes] | None


class Worker:
    """A server, and its side of the channel."""

    def __init__(self, sock: socket.socket, beginning: Beginning) -> None:
        self._beginning, self._end = beginning, asyncio.Event()
        self._channel = Channel(sock, self._took, self._end.set)
        pem = beginning.authority
        authority = None if pem is None else Authority(pem=pem)
        self._server = Server(beginning.settings, authority)
        shared = self._server.shared
        self._peers = Peers(shared, self._channel, beginning.index, beginning.count)
        shared.peers = self._peers
        shared.url = beginning.url

    async def run(self) -> None:
        """Serve until the parent says that it is over, or is gone."""
        self._server.begin()
        foreground.collect_rarely()
        leads = worker_of(DEFAULT, self._beginning.count) == self._beginning.index
        greeting = "\n".join(foreground.greeting(self._server.shared)) if leads else ""
        self._channel.send("ready", greeting.encode())
        await self._end.wait()
        await self._server.stop()
        self._channel.close()

    def _took(self, message: Message) -> None:
        match message.kind:
            case "socket":
                self._peers.adopt(message)
            case "question":
                self._peers.answer(message)
            case "answers":
                self._peers.answered(message)
            case "end":
                self._end.set()


async def _serve(sock: socket.socket, beginning: Beginning) -> None:
    await Worker(sock, beginning).run()


def main() -> int:
    """Take the beginning off the channel, and serve."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which ends us
    sock = socket.socket(fileno=int(sys.argv[1]))
    message = channel.read(sock)
    if message is None:
        return 1
    beginning: Beginning = pickle.loads(message.data)  # noqa: S301 - it comes from the parent
    try:
        event_loops.run(_serve(sock, beginning))
    except ChaosError as error:
        print(f"chaos-llm: {error}", file=sys.stderr, flush=True)  # noqa: T201 - its log
        return 2
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
