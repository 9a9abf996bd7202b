"""The server: one process, one event loop, one port for every provider.

The draws for a retry depend on the number of requests before it, so a run lives whole in one
process. `chaos_llm.server.workers` has several of these behind one port, each with runs of its own.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from chaos_llm.answers.healthy_answers import warm_up
from chaos_llm.errors import ChaosError, UsageError
from chaos_llm.protocol import strict_json
from chaos_llm.server.admin import api
from chaos_llm.server.connections.listener import Listener
from chaos_llm.server.connections.shared_state import SharedState
from chaos_llm.server.connections.tls import Authority
from chaos_llm.server.launch.log import described
from chaos_llm.server.launch.settings import Settings

if TYPE_CHECKING:
    from chaos_llm.server.connections.grpc_listener import GrpcListener
    from chaos_llm.server.connections.toxiproxy_front import ToxiproxyFront

_SWEEP = 5.0  # real seconds between two looks for clients that say nothing
_FAREWELL = 0.5  # real seconds for what was written to leave
_LOOPBACK = "127.0.0.1"


class Server:
    """One port with everything behind it. Make it inside its event loop."""

    def __init__(self, settings: Settings, authority: Authority | None = None) -> None:
        self.shared = SharedState(settings, api.answer, authority)
        self._listener: asyncio.Server | None = None
        self._behind: asyncio.Server | None = None  # Toxiproxy
        self._wire: ToxiproxyFront | None = None
        self._grpc: GrpcListener | None = None
        self._sweep: asyncio.TimerHandle | None = None

    async def start(self) -> None:
        """Listen; raises UsageError where the port is taken."""
        shared, settings = self.shared, self.shared.settings
        try:
            self._listener = await shared.loop.create_server(
                lambda: Listener(shared), settings.host, settings.port, backlog=1024
            )
        except OSError as error:
            if shared.file is not None:
                shared.file.close()
            raise UsageError(
                f"{settings.host}:{settings.port} cannot be listened on: "
                f"{error.strerror or error}; give another --port, or 0 for any that is free"
            ) from None
        port = self._listener.sockets[0].getsockname()[1]
        shared.url = f"http://{from_here(settings.host)}:{port}"
        self.begin()
        if settings.grpc is not None:
            await self._open_grpc(settings.grpc)
        if settings.toxiproxy:
            await self._open_wire()

    def begin(self) -> None:
        """Be ready for connections, wherever they come from."""
        self.shared.loop.set_exception_handler(self._trouble)
        _warm_up()
        self.shared.lag.begin()
        self._sweep = self.shared.loop.call_later(_SWEEP, self._look_around)

    async def _open_grpc(self, port: int) -> None:
        """Listen for gRPC; raises UsageError where grpcio is missing or the port is taken."""
        try:
            from chaos_llm.server.connections.grpc_listener import GrpcListener  # noqa: PLC0415 - an extra

            listener = GrpcListener(self.shared)
            host = self.shared.settings.host
            bound = await listener.start(f"[{host}]" if ":" in host else host, port)
            self.shared.grpc = f"{from_here(host)}:{bound}"
        except (ImportError, UsageError) as error:
            await self.stop()
            if isinstance(error, UsageError):
                raise
            raise UsageError('--grpc needs grpcio: pip install "chaos_llm[grpc]"') from error
        self._grpc = listener

    async def _open_wire(self) -> None:
        """Listen on an additional port for Toxiproxy, so that its connections can be recognised."""
        from chaos_llm.server.connections.toxiproxy_front import ToxiproxyFront  # noqa: PLC0415 - only where it is asked for

        shared = self.shared
        self._behind = await shared.loop.create_server(
            lambda: Listener(shared, over_wire=True), _LOOPBACK, 0, backlog=1024
        )
        port = self._behind.sockets[0].getsockname()[1]
        wire = ToxiproxyFront(shared.runs.default, shared.addresses.played)
        try:
            shared.doors = wire.open(f"{_LOOPBACK}:{port}")
        except ChaosError:
            await self.stop()
            raise
        self._wire, shared.worn = wire, lambda: wire.worn

    async def stop(self) -> None:
        """End every reply where it stands, write the journal out, and close the port."""
        shared = self.shared
        if self._wire is not None:
            self._wire.close()
        for listener in filter(None, (self._listener, self._behind)):
            listener.close()
        shared.lag.stop()
        if self._sweep is not None:
            self._sweep.cancel()
        shared.runs.stop()
        if self._grpc is not None:
            await self._grpc.stop()
        for connection in tuple(shared.connections):
            connection.shut()
        for task in tuple(shared.tasks):
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        end = shared.time() + _FAREWELL
        while shared.connections and shared.time() < end:  # noqa: ASYNC110 - transports have no event for it
            await asyncio.sleep(0.002)  # noqa: TID251 - the server uses real time
        shared.stop_work()
        if shared.file is not None:
            shared.file.close()

    def _trouble(self, _loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """What asyncio would print with a traceback, in one line."""
        error = context.get("exception")
        what = described(error) if isinstance(error, BaseException) else ""
        self.shared.note(f"{context.get('message', 'something went wrong')} {what}")

    def _look_around(self) -> None:
        now = self.shared.time()
        for connection in tuple(self.shared.connections):
            if connection.overdue(now):
                connection.expire()
        self._sweep = self.shared.loop.call_later(_SWEEP, self._look_around)


def _warm_up() -> None:
    """Import what the first request would wait for: Faker alone takes a quarter of a second."""
    warm_up()
    strict_json.loads(b"{}")


def from_here(host: str) -> str:
    """How a client on this machine writes the address."""
    every = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}  # noqa: S104 - read, not bound
    return every.get(host, f"[{host}]" if ":" in host else host)
