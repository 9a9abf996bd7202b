"""gRPC for clients in any language, by a real grpcio server on a port of its own.

It has no TLS: clients take an insecure channel. What breaks a connection in process is a status in
the same words here, because grpcio's server cannot break one.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from typing import Any

import grpc

from chaos_llm.errors import ChaosError, UsageError
from chaos_llm.interception.grpc.timeline import timeline
from chaos_llm.journal.journal import End, Exchange
from chaos_llm.protocol.grpc_wire import CONTENT_TYPE, Status, frame
from chaos_llm.protocol.messages import Reply, WireRequest
from chaos_llm.server.connections.shared_state import SharedState
from chaos_llm.server.http.addresses import Place
from chaos_llm.server.http.request_parser import run_of
from chaos_llm.server.launch.log import described
from chaos_llm.server.runs.runs import DEFAULT, ServedRun

_CODES = {code.value[0]: code for code in grpc.StatusCode}
_STOPPED = Status("UNAVAILABLE", "Stream removed (Socket closed)")


class GrpcListener(grpc.GenericRpcHandler):  # type: ignore[misc]  # grpcio has no types
    """The port for gRPC. Make it inside the server's event loop."""

    def __init__(self, shared: SharedState) -> None:
        self._shared = shared
        options = (
            ("grpc.max_receive_message_length", shared.settings.limits.body),
            ("grpc.so_reuseport", 0),  # else two servers would share a port
        )
        self._server = grpc.aio.server(options=options)
        self._server.add_generic_rpc_handlers((self,))

    async def start(self, host: str, port: int) -> int:
        """Listen; gives back the port. Raises UsageError where it is taken."""
        try:
            bound: int = self._server.add_insecure_port(f"{host}:{port}")
        except RuntimeError as error:
            raise UsageError(
                f"--grpc {port}: {host}:{port} cannot be listened on: {error}; give another port, "
                "or 0 for any that is free"
            ) from None
        await self._server.start()
        return bound

    async def stop(self) -> None:
        """Close the port, and end all calls."""
        await self._server.stop(None)

    def service(self, handler_call_details: Any) -> Any:
        """The handler of a method: one for all, as a stream of one message is a message."""
        path = handler_call_details.method
        place = self._shared.addresses.find("POST", "", path)
        if place is None:
            return None

        async def play(message: bytes, context: Any) -> AsyncIterator[bytes]:
            async for each in _Player(self._shared, place, context).play(message):
                yield each

        return grpc.unary_stream_rpc_method_handler(play)


class _Player:
    """One call: answered by the engine of its run, and played on that run's clock."""

    def __init__(self, shared: SharedState, place: Place, context: Any) -> None:
        self._shared, self._place, self._context = shared, place, context
        self._pause: asyncio.Future[None] | None = None
        self._is_cut = False

    async def play(self, message: bytes) -> AsyncIterator[bytes]:
        """The messages of the reply, each when it is due; its status is set, or raised."""
        run, exchange, reply = await self._answer(message)
        run.waiting.add(self)
        try:
            due = run.clock.now
            for event in timeline(reply, self._shared.url, streams=True):
                due += event.pause
                await self._until(run, due)
                if event.message is not None:
                    yield event.message
                elif event.status is not None:
                    await self._end(run, exchange, event.status, event.end)
                    return
                elif event.headers:
                    await self._context.send_initial_metadata(event.headers)
            await self._until(run, None)
        finally:
            run.waiting.discard(self)
            run.end(exchange, "closed" if self._is_cut else "abandoned")

    async def _answer(self, message: bytes) -> tuple[ServedRun, Exchange, Reply]:
        headers = {"content-type": CONTENT_TYPE, "te": "trailers"}
        for name, value in self._context.invocation_metadata() or ():
            said = base64.b64encode(value).decode() if isinstance(value, bytes) else value
            headers[name] = f"{headers[name]}, {said}" if name in headers else said
        provider, path = self._place
        wire = WireRequest("POST", "", path, "", headers, frame(message), served=True)
        self._shared.requests += 1
        try:
            run = self._shared.runs.named(run_of(headers) or DEFAULT)
            return run, *run.exchange(provider, wire, headers.get("x-chaos-call", ""))
        except ChaosError as error:
            await self._abort(Status("FAILED_PRECONDITION", str(error)))
        except Exception as error:  # a fault, or answers, of the test's own
            text = self._shared.note(f"no reply to POST {path[:100]}: {described(error)}")
            await self._abort(Status("INTERNAL", text))
        raise AssertionError  # an aborted call does not come back

    async def _end(self, run: ServedRun, exchange: Exchange, status: Status, how: End) -> None:
        run.end(exchange, how)
        if status.code != "OK":
            await self._abort(status)
        self._context.set_trailing_metadata(status.trailers)

    async def _abort(self, status: Status) -> None:
        await self._context.abort(_CODES[status.number], status.details, status.trailers)

    async def _until(self, run: ServedRun, due: float | None) -> None:
        """Wait for a moment of the run's clock; for ever where a reply is silent."""
        if due is not None and due <= run.clock.now:
            return
        self._pause = asyncio.get_running_loop().create_future()
        timer = None if due is None else run.clock.call_at(due, self._go_on)
        try:
            await self._pause
        finally:
            if timer is not None:
                timer.cancel()
        if self._is_cut:
            await self._abort(_STOPPED)

    def _go_on(self) -> None:
        if self._pause is not None and not self._pause.done():
            self._pause.set_result(None)

    def cut(self) -> None:
        """End the call in the middle: the server stops, or the run begins anew."""
        self._is_cut = True
        self._go_on()
