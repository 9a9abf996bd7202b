"""Real sockets: a reply after 0.2 real seconds meets every virtual timeout."""

import asyncio
import socket
import ssl
import sys
from collections.abc import Awaitable, Callable

import pytest
from support.waiting import PATIENCE

from chaos_llm.errors import RealWaitExceeded
from chaos_llm.virtual_time import VirtualTime, real_monotonic

StartServer = Callable[..., int]
TEN = b"0123456789"


def run(main: Callable[[], Awaitable[object]], **options: float) -> tuple[object, VirtualTime]:
    with VirtualTime(**options) as clock:
        return asyncio.run(main()), clock  # type: ignore[arg-type]


def test_a_reply_in_two_parts_is_awaited_to_its_end(late_server: StartServer) -> None:
    port = late_server([TEN, TEN], 0.1)

    async def main() -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"x")
        reply = await asyncio.wait_for(reader.readexactly(20), 5)
        writer.close()
        await writer.wait_closed()
        return reply

    reply, clock = run(main)
    assert reply == TEN + TEN
    assert clock.now == 0
    assert clock.real_peers == (f"real socket to 127.0.0.1:{port}",)


def test_sock_recv_stops_the_clock(late_server: StartServer) -> None:
    port = late_server([TEN], 0.15)

    async def main() -> bytes:
        loop = asyncio.get_running_loop()
        with socket.socket() as sock:
            sock.setblocking(False)
            await loop.sock_connect(sock, ("127.0.0.1", port))
            await loop.sock_sendall(sock, b"x")
            return await asyncio.wait_for(loop.sock_recv(sock, 10), 5)

    reply, clock = run(main)
    assert reply == TEN
    assert clock.now == 0


def test_add_reader_stops_the_clock_as_psycopg_uses_it(late_server: StartServer) -> None:
    port = late_server([TEN], 0.15)

    async def main() -> bytes:
        loop, readable = asyncio.get_running_loop(), asyncio.Event()
        with socket.create_connection(("127.0.0.1", port)) as sock:
            sock.send(b"x")
            loop.add_reader(sock, readable.set)
            await asyncio.wait_for(readable.wait(), 5)
            loop.remove_reader(sock)
            return sock.recv(10)

    reply, clock = run(main)
    assert reply == TEN
    assert clock.now == 0


def test_tls_session_tickets_do_not_count_as_the_reply(
    late_server: StartServer, tls_pair: tuple[ssl.SSLContext, ssl.SSLContext]
) -> None:
    server_tls, client_tls = tls_pair
    port = late_server([TEN], 0.2, server_tls)

    async def main() -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=client_tls)
        writer.write(b"x")
        reply = await asyncio.wait_for(reader.readexactly(10), 5)
        writer.close()
        await writer.wait_closed()
        return reply

    reply, clock = run(main)
    assert reply == TEN
    assert clock.now == 0


def test_a_custom_protocol_stops_the_clock_until_its_reply_arrives(
    late_server: StartServer,
) -> None:
    port = late_server([TEN], 0.15)

    class Opaque(asyncio.Protocol):
        __slots__ = ("on_reply",)

        def data_received(self, data: bytes) -> None:
            self.on_reply(data)

    async def main() -> bytes:
        loop, got = asyncio.get_running_loop(), asyncio.Event()
        replies: list[bytes] = []

        def on_reply(data: bytes) -> None:
            replies.append(data)
            got.set()

        transport, protocol = await loop.create_connection(Opaque, "127.0.0.1", port)
        protocol.on_reply = on_reply  # type: ignore[attr-defined]
        transport.write(b"x")
        await asyncio.wait_for(got.wait(), 5)
        transport.close()
        await asyncio.sleep(0)
        return replies[0]

    reply, clock = run(main)
    assert reply == TEN
    assert clock.now == 0


def test_anyios_streams_stop_the_clock(late_server: StartServer) -> None:
    anyio = pytest.importorskip("anyio")
    port = late_server([TEN, TEN], 0.1)

    async def main() -> bytes:
        async with await anyio.connect_tcp("127.0.0.1", port) as stream:
            await stream.send(b"x")
            reply: bytes = b""
            with anyio.fail_after(5):
                while len(reply) < 20:
                    reply += await stream.receive()
            return reply

    reply, clock = run(main)
    assert reply == TEN + TEN
    assert clock.now == 0


def test_an_idle_keep_alive_connection_lets_time_pass(late_server: StartServer) -> None:
    port = late_server([TEN], 0.0)

    async def main() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"x")
        await reader.readexactly(10)
        await asyncio.sleep(36_000)
        writer.close()
        await writer.wait_closed()

    began = real_monotonic()
    _, clock = run(main)
    assert clock.now == 36_000
    assert real_monotonic() - began < PATIENCE


def test_a_listener_from_before_the_outage_lets_time_pass(late_server: StartServer) -> None:
    port = late_server([TEN], 0.0)

    async def main() -> float:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        listener = asyncio.create_task(reader.read(10))
        await asyncio.sleep(0.01)
        with VirtualTime() as clock:
            await asyncio.sleep(3600)
        listener.cancel()
        writer.close()
        await writer.wait_closed()
        return clock.now

    assert asyncio.run(main()) == 3600


def test_a_connection_from_before_the_outage_stops_the_clock_once_it_is_used(
    late_server: StartServer,
) -> None:
    port = late_server([TEN, TEN], 0.1)

    async def main() -> float:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        with VirtualTime() as clock:
            writer.write(b"x")
            await asyncio.wait_for(reader.readexactly(20), 5)
        writer.close()
        await writer.wait_closed()
        return clock.now

    assert asyncio.run(main()) == 0


def test_a_server_on_the_same_loop_sleeps_in_virtual_time_while_its_client_waits() -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.read(100):
            await asyncio.sleep(45)  # as an app does that calls a slow provider
            writer.write(TEN)
        writer.close()
        await writer.wait_closed()

    async def main() -> list[float]:
        loop = asyncio.get_running_loop()
        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        times = []
        for _ in range(3):
            began = loop.time()
            writer.write(b"x")
            await reader.readexactly(10)
            times.append(loop.time() - began)
        began = loop.time()
        writer.write(b"x")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(reader.readexactly(10), 30)
        times.append(loop.time() - began)
        await asyncio.sleep(1000)  # the server's end waits for the next request: no hold
        writer.close()
        await writer.wait_closed()
        await asyncio.sleep(100)  # all ends notice it
        server.close()
        return times

    began = real_monotonic()
    times, clock = run(main)
    assert times == pytest.approx([45, 45, 45, 30])
    assert clock.real_peers == ()
    assert real_monotonic() - began < PATIENCE


def test_name_resolution_in_the_loops_executor_meets_virtual_timeouts() -> None:
    async def main() -> bool:
        loop = asyncio.get_running_loop()
        return bool(await asyncio.wait_for(loop.getaddrinfo("localhost", 80), 5))

    found, clock = run(main)
    assert found
    assert clock.now == 0


def test_a_child_process_that_is_awaited_stops_the_clock() -> None:
    async def main() -> tuple[int, bytes]:
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-c", "print('done')", stdout=asyncio.subprocess.PIPE
        )
        out, _ = await asyncio.wait_for(child.communicate(), 0.01)
        return child.returncode or 0, out

    result, clock = run(main, real_wait=20)
    assert result == (0, b"done\n")
    assert clock.now == 0


def test_a_child_process_that_no_task_awaits_lets_time_pass() -> None:
    async def main() -> None:
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-c", "import time; time.sleep(60)"
        )
        await asyncio.sleep(36_000)
        child.kill()
        await child.wait()

    _, clock = run(main, real_wait=20)
    assert clock.now == 36_000


def test_the_error_for_a_silent_peer_names_it(late_server: StartServer) -> None:
    port = late_server([], 0.0)

    async def main() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"x")
        try:
            await asyncio.wait_for(reader.read(10), 5)
        finally:
            writer.close()
            await writer.wait_closed()

    with pytest.raises(
        RealWaitExceeded, match=f"127.0.0.1:{port} stopped virtual time .* 0.1 real"
    ):
        run(main, real_wait=0.1)


def test_the_error_for_a_silent_peer_names_it_also_without_a_pending_timer(
    late_server: StartServer,
) -> None:
    port = late_server([], 0.0)

    async def main() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"x")
        try:
            await reader.read(10)
        finally:
            writer.close()
            await writer.wait_closed()

    with pytest.raises(RealWaitExceeded, match=f"127.0.0.1:{port}"):
        run(main, real_wait=0.1)
