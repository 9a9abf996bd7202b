"""`chaos-llm record`: a server that passes everything on to the real vendors and writes it down."""

from __future__ import annotations

import asyncio
import os
import signal
import tempfile
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chaos_llm.errors import UsageError
from chaos_llm.recording.call_observer import Recorder
from chaos_llm.server.connections.tls import FIRST_BYTE, Authority, TlsLayer
from chaos_llm.server.http.addresses import Addresses, environment
from chaos_llm.server.launch.foreground import TRUST
from chaos_llm.server.launch.log import tell
from chaos_llm.server.launch.settings import is_loopback
from chaos_llm.server.passthrough.connection import PassedConnection
from chaos_llm.server.passthrough.upstreams import Route, Upstreams

_FAREWELL = 0.5  # real seconds for what was written to leave


@dataclass(frozen=True)
class RecordSettings:
    """The settings of a recording server; `upstreams` as in `--upstream`."""

    output: Path
    host: str = "127.0.0.1"
    port: int = 0
    tls: bool = False
    providers: Sequence[str] = ()
    upstreams: Sequence[str] = ()
    keep: str = "shapes"


class RecordingServer:
    """One port that passes requests on. Make it inside its event loop."""

    def __init__(self, settings: RecordSettings) -> None:
        if not is_loopback(settings.host):
            raise UsageError(
                f"--host {settings.host} can be reached from elsewhere, and the server passes keys "
                "on: listen on loopback, and forward a port if you must"
            )
        self.settings, self.loop = settings, asyncio.get_running_loop()
        self._addresses = Addresses(settings.providers)
        self._upstreams = Upstreams(settings.upstreams, self._addresses)
        self.authority = Authority() if settings.tls else None
        self.recorder: Recorder | None = Recorder(settings.output, settings.keep, tell)
        self.connections: set[Any] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._listening: asyncio.Server | None = None
        self.url = ""

    async def start(self) -> None:
        """Listen; raises UsageError if the port is taken."""
        settings = self.settings
        try:
            self._listening = await self.loop.create_server(
                lambda: self.listener(""), settings.host, settings.port, backlog=1024
            )
        except OSError as error:
            raise UsageError(
                f"{settings.host}:{settings.port} cannot be listened on: {error.strerror or error}"
            ) from None
        host, port = self._listening.sockets[0].getsockname()[:2]
        self.url = f"http://{f'[{host}]' if ':' in host else host}:{port}"

    async def stop(self) -> None:
        """Close all connections, and write down what was under way."""
        if self._listening is not None:
            self._listening.close()
        for connection in tuple(self.connections):
            connection.shut()
        for task in tuple(self._tasks):
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        end = self.loop.time() + _FAREWELL
        while self.connections and self.loop.time() < end:  # noqa: ASYNC110 - transports have no event for it
            await asyncio.sleep(0.002)  # noqa: TID251 - the server uses real time
        await asyncio.sleep(0)  # noqa: TID251 - records that are due
        if self.recorder is not None:
            self.recorder.close()

    def route(self, method: str, target: str, host: str, tunnel_host: str) -> Route | None:
        return self._upstreams.route(method, target, host, tunnel_host)

    def is_recorded(self, host: str) -> bool:
        """Whether a CONNECT to that host is watched: with TLS of our own, a provider's host."""
        return self.authority is not None and bool(self._addresses.names(host))

    def listener(self, tunnel_host: str) -> asyncio.Protocol:
        return _FirstByte(self, tunnel_host)

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = self.loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


class _FirstByte(asyncio.Protocol):
    """A new connection, until its first byte shows whether it is TLS."""

    def __init__(self, server: RecordingServer, tunnel_host: str) -> None:
        self._server, self._tunnel_host = server, tunnel_host
        self._transport: Any = None
        self._inner: Any = None

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        self._server.connections.add(self)

    def data_received(self, data: bytes) -> None:
        if self._inner is None:
            self._server.connections.discard(self)
            authority = self._server.authority
            if data[0] == FIRST_BYTE and authority is not None:
                self._inner = TlsLayer(self._transport, authority, lambda _: True, self._inside_tls)
            else:
                self._inner = PassedConnection(self._server, self._tunnel_host)
                self._inner.connection_made(self._transport)
                self._transport.set_protocol(self._inner)
        self._inner.data_received(data)

    def _inside_tls(self, sni: str) -> PassedConnection:
        is_ours = sni in ("", "localhost")
        return PassedConnection(self._server, self._tunnel_host or ("" if is_ours else sni))

    def connection_lost(self, error: Exception | None) -> None:
        self._server.connections.discard(self)
        if self._inner is not None:
            self._inner.connection_lost(error)

    def pause_writing(self) -> None:
        if self._inner is not None:
            self._inner.pause_writing()

    def resume_writing(self) -> None:
        if self._inner is not None:
            self._inner.resume_writing()

    def eof_received(self) -> bool:
        return False

    def shut(self) -> None:
        self._transport.close()


async def serve(settings: RecordSettings, say: Callable[[str], None]) -> None:
    """Record until SIGINT or SIGTERM."""
    server = RecordingServer(settings)
    ended = asyncio.Event()
    await server.start()
    for number in (signal.SIGINT, signal.SIGTERM):
        server.loop.add_signal_handler(number, ended.set)
    say("\n".join(_greeting(server)))
    await ended.wait()
    assert server.recorder is not None
    await server.stop()
    writer = server.recorder.writer
    lost = f", {writer.lost} lost" if writer.lost else ""
    say(f"{writer.written} calls recorded in {settings.output}{lost}")


def _greeting(server: RecordingServer) -> list[str]:
    settings = server.settings
    lines = [f"chaos-llm records to {settings.output}: {server.url} passes all on to the vendors"]
    variables = environment(server.url, "", os.environ)
    lines += [
        f"  export {name}='{value}'"
        for name, value in variables.items()
        if value.startswith(server.url) and not name.startswith("CHAOS_")
    ]
    if server.authority is not None:
        path = Path(tempfile.mkdtemp(prefix="chaos-llm-")) / "ca.pem"
        path.write_bytes(server.authority.pem)
        lines.append(f"  export HTTPS_PROXY='{server.url}'  # for clients with hard-coded hosts")
        lines += [f"  export {variable}='{path}'" for variable in TRUST]
    kept = "prompts and answers are kept" if settings.keep == "texts" else "no prompt, no answer"
    lines.append(f"  keys are masked; {kept}")
    return lines
