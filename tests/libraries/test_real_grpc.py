"""The app's own gRPC services are real: they use real time during an outage."""

import asyncio
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from support.libraries import library

from chaos_llm import outage

grpc = library("grpc")
aio = library("grpc.aio")

PROFILE = "anthropic-2026-03-02-three-waves"


class Service(grpc.GenericRpcHandler):
    """Echoes after a moment, streams three messages, or is silent beyond the deadline."""

    def service(self, details):
        if details.method == "/a.B/Stream":
            return grpc.unary_stream_rpc_method_handler(self.stream)
        after = 2 if details.method == "/a.B/Silent" else 0.03
        return grpc.unary_unary_rpc_method_handler(lambda request, _: self.echo(request, after))

    @staticmethod
    def echo(request, after):
        time.sleep(after)
        return request

    @staticmethod
    def stream(_asked, _context):
        for number in range(3):
            time.sleep(0.02)
            yield str(number).encode()


@pytest.fixture(scope="module")
def address():
    server = grpc.server(ThreadPoolExecutor(4))
    server.add_generic_rpc_handlers((Service(),))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield f"127.0.0.1:{port}"
    server.stop(None).wait()


CALLS = {
    "unary": (lambda ch: ch.unary_unary("/a.B/Echo")(b"x", timeout=4), b"x"),
    "future": (lambda ch: ch.unary_unary("/a.B/Echo").future(b"x", timeout=4).result(), b"x"),
    "stream": (
        lambda ch: list(ch.unary_stream("/a.B/Stream")(b"x", timeout=4)),
        [b"0", b"1", b"2"],
    ),
    "ready": (lambda ch: grpc.channel_ready_future(ch).result(timeout=4), None),
}


@pytest.mark.parametrize("call", CALLS)
def test_a7b_a_call_to_a_real_service_takes_no_virtual_time(address, call):
    make, expected = CALLS[call]
    with outage(PROFILE) as chaos, grpc.insecure_channel(address) as channel:
        assert make(channel) == expected
        assert chaos.clock.now == 0
        time.sleep(100)
        assert chaos.clock.now == 100


@pytest.mark.parametrize("stream", [False, True])
def test_a7b_the_same_on_asyncio_while_another_task_sleeps(address, stream):
    async def scene(chaos):
        beside = asyncio.create_task(asyncio.sleep(300))
        async with aio.insecure_channel(address) as channel:
            if stream:
                call = channel.unary_stream("/a.B/Stream")(b"x", timeout=4)
                assert [message async for message in call] == [b"0", b"1", b"2"]
            else:
                assert await channel.unary_unary("/a.B/Echo")(b"x", timeout=4) == b"x"
            assert chaos.clock.now == 0
            await asyncio.sleep(100)  # an idle channel does not stop the clock
            assert chaos.clock.now == 100
        beside.cancel()

    with outage(PROFILE) as chaos:
        asyncio.run(scene(chaos))


# A service whose messages come late, in another process: no thread of ours works meanwhile.
LATE = """
import time
from concurrent.futures import ThreadPoolExecutor
import grpc

def stream(request, context):
    for number in range(3):
        time.sleep(0.2)
        yield str(number).encode()

class Service(grpc.GenericRpcHandler):
    def service(self, details):
        return grpc.unary_stream_rpc_method_handler(stream)

server = grpc.server(ThreadPoolExecutor(4))
server.add_generic_rpc_handlers((Service(),))
print(server.add_insecure_port("127.0.0.1:0"), flush=True)
server.start()
server.wait_for_termination()
"""


@pytest.fixture(scope="module")
def late_address():
    with subprocess.Popen([sys.executable, "-c", LATE], stdout=subprocess.PIPE) as server:
        yield f"127.0.0.1:{int(server.stdout.readline())}"
        server.kill()


async def _by_async_for(call):
    return [message async for message in call]


async def _by_read(call):
    return [await call.read() for _ in range(3)]


async def _by_anext(call):
    messages = aiter(call)
    return [await anext(messages, None) for _ in range(3)]


async def _in_a_generator_of_the_app(call):
    async def messages():
        async for message in call:
            yield message

    return [message async for message in messages()]


@pytest.mark.parametrize("read", [_by_async_for, _by_read, _by_anext, _in_a_generator_of_the_app])
def test_a7b_a_stream_of_another_process_is_awaited_however_it_is_read(late_address, read):
    async def scene(chaos):
        beside = asyncio.create_task(asyncio.sleep(300))
        async with aio.insecure_channel(late_address) as channel:
            call = channel.unary_stream("/a.B/Stream")(b"x", timeout=60)
            assert await read(call) == [b"0", b"1", b"2"]
            assert chaos.clock.now == 0
        beside.cancel()

    with outage(PROFILE) as chaos:
        asyncio.run(scene(chaos))


def test_a7b_a_deadline_of_a_real_call_is_real(address):
    with outage(PROFILE) as chaos, grpc.insecure_channel(address) as channel:
        with pytest.raises(grpc.RpcError) as refused:
            channel.unary_unary("/a.B/Silent")(b"x", timeout=0.2)
        assert refused.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
        assert chaos.clock.now == 0


def test_a7b_a_channel_from_before_the_outage_works_in_it(address):
    with grpc.insecure_channel(address) as channel:
        call = channel.unary_stream("/a.B/Stream")
        assert len(list(call(b"x", timeout=4))) == 3
        with outage(PROFILE) as chaos:
            assert len(list(call(b"x", timeout=4))) == 3
            assert chaos.clock.now == 0
