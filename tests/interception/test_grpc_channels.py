"""grpc's own stubs, channels and services in an outage, and what is put back after it."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from support.grpc_clients import XAI_CLIENTS
from support.libraries import library

from chaos_llm import faults, outage
from chaos_llm.errors import NoReply, UncaughtEgress

grpc = library("grpc")
xai_sdk = library("xai_sdk")

UNAVAILABLE, LATE = grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED


class TestChannels:
    """grpc's own stubs, on a channel to xAI."""

    @pytest.fixture
    def stub(self):
        from xai_sdk.proto.v6 import chat_pb2_grpc

        return lambda: chat_pb2_grpc.ChatStub(
            grpc.secure_channel("api.x.ai:443", grpc.ssl_channel_credentials())
        )

    @pytest.fixture
    def request_(self):
        from xai_sdk.proto.v6 import chat_pb2

        text = [chat_pb2.Content(text="Weather?")]
        message = chat_pb2.Message(role="ROLE_USER", content=text)
        return chat_pb2.GetCompletionsRequest(model="grok-3", messages=[message])

    @pytest.fixture
    def key(self):
        return (("authorization", "Bearer xai-key"),)

    def test_wait_for_ready_goes_on_until_the_deadline(self, stub, request_, key):
        with outage() as chaos:
            chaos.on("xai").inject(faults.refuse_connection())
            with pytest.raises(grpc.RpcError) as late:
                stub().GetCompletion(request_, wait_for_ready=True, timeout=5, metadata=key)
            assert late.value.code() is LATE
            assert chaos.clock.now == 5
            assert len(chaos.journal) > 2

    def test_wait_for_ready_connects_when_it_can(self, stub, request_, key):
        with outage() as chaos:
            chaos.on("xai").inject(faults.refuse_connection(), times=4)
            reply = stub().GetCompletion(request_, wait_for_ready=True, timeout=60, metadata=key)
            assert reply.outputs[0].message.content
            assert [exchange.end for exchange in chaos.journal] == ["refused"] * 4 + ["complete"]

    def test_futures_run_side_by_side_and_can_be_cancelled(self, stub, request_, key):
        with outage() as chaos:
            chaos.on("xai").inject(faults.latency(seconds=3))
            made = stub()
            futures = [made.GetCompletion.future(request_, metadata=key) for _ in range(3)]
            with pytest.raises(grpc.FutureTimeoutError):
                futures[0].result(timeout=1)
            futures[2].cancel()
            assert all(future.result().outputs for future in futures[:2])
            assert futures[2].cancelled()
            assert chaos.clock.now == 3
            assert [exchange.end for exchange in chaos.journal] == ["complete"] * 2 + ["abandoned"]

    def test_the_time_that_remains_is_virtual(self, stub, request_, key):
        with outage() as chaos:
            chaos.on("xai").inject(faults.latency(seconds=30))
            future = stub().GetCompletion.future(request_, timeout=50, metadata=key)
            chaos.clock.sleep(20)
            assert future.time_remaining() == 30
            future.result()

    def test_a_stream_that_its_reader_leaves_is_abandoned(self, stub, request_, key):
        with outage() as chaos:
            chaos.on("xai").inject(faults.slow_tokens(1))
            stream = stub().GetCompletionChunk(request_, metadata=key)
            next(stream)
            stream.cancel()
            (exchange,) = chaos.journal
            assert exchange.end == "abandoned"

    def test_a_channel_is_ready_at_once(self):
        with outage() as chaos, grpc.insecure_channel("dns:///api.x.ai:443") as channel:
            grpc.channel_ready_future(channel).result(timeout=5)
            assert chaos.clock.now < 1

    @pytest.mark.parametrize(
        "target", ["api.x.ai", "API.x.ai.:443", "dns:///api.x.ai:443", "dns://1.1.1.1/api.x.ai"]
    )
    def test_every_spelling_of_a_target_is_answered(self, target, request_, key):
        from xai_sdk.proto.v6 import chat_pb2_grpc

        with outage(), grpc.insecure_channel(target) as channel:
            assert chat_pb2_grpc.ChatStub(channel).GetCompletion(request_, metadata=key).outputs

    def test_without_a_key_the_call_is_unauthenticated(self, stub, request_):
        with outage(), pytest.raises(grpc.RpcError) as refused:
            stub().GetCompletion(request_)
        assert refused.value.code() is grpc.StatusCode.UNAUTHENTICATED

    @pytest.mark.parametrize("kind", ["stream_unary", "stream_stream"])
    def test_streams_of_requests_are_refused_in_words(self, kind):
        with (
            pytest.raises(UncaughtEgress, match="streams of requests over gRPC are not simulated"),
            outage(),
            grpc.insecure_channel("api.x.ai:443") as channel,
        ):
            getattr(channel, kind)("/a.B/C")(iter([b"x"]))

    def test_interceptors_of_the_app_see_the_call(self, request_, key):
        from xai_sdk.proto.v6 import chat_pb2_grpc

        seen = []

        class Watching(grpc.UnaryUnaryClientInterceptor):
            def intercept_unary_unary(self, continuation, details, request):
                reply = continuation(details, request)
                seen.append((details.method, reply.code()))
                return reply

        with outage():
            plain = grpc.secure_channel("api.x.ai:443", grpc.ssl_channel_credentials())
            stub = chat_pb2_grpc.ChatStub(grpc.intercept_channel(plain, Watching()))
            stub.GetCompletion(request_, metadata=key)
        assert seen == [("/xai_api.Chat/GetCompletion", grpc.StatusCode.OK)]

    def test_a_plugin_that_fails_is_unavailable_and_sends_nothing(self, request_):
        from xai_sdk.proto.v6 import chat_pb2_grpc

        class Failing(grpc.AuthMetadataPlugin):
            def __call__(self, context, callback):
                callback(None, ValueError("no key"))

        with outage() as chaos:
            credentials = grpc.composite_channel_credentials(
                grpc.ssl_channel_credentials(), grpc.metadata_call_credentials(Failing())
            )
            stub = chat_pb2_grpc.ChatStub(grpc.secure_channel("api.x.ai:443", credentials))
            with pytest.raises(grpc.RpcError) as failed:
                stub.GetCompletion(request_)
            assert not len(chaos.journal)
        assert failed.value.code() is UNAVAILABLE
        assert failed.value.details() == "Getting metadata from plugin failed with error: no key"

    def test_threads_take_their_turns_in_one_order(self):
        xai = XAI_CLIENTS[0]

        def order():
            ends = []
            with outage() as chaos:
                chaos.on("xai").inject(faults.overloaded(), times=9)

                def work(number):
                    xai.call()
                    ends.append((number, round(chaos.clock.now, 6)))

                with ThreadPoolExecutor(8) as pool:
                    list(pool.map(work, range(8)))
                return ends, chaos.journal.to_jsonl()

        assert order() == order()

    def test_an_answer_that_raises_is_an_error_of_the_harness(self):
        with pytest.raises(NoReply, match=r"no reply to POST api.x.ai"), outage() as chaos:
            chaos.on("xai").answers(lambda request: 1 / 0)
            XAI_CLIENTS[0].call()

    def test_a_client_made_in_an_outage_goes_on_in_the_next(self):
        client = XAI_CLIENTS[0]
        with outage():
            kept = client.make()
            client.call(kept)
        with outage() as chaos:
            assert client.call(kept).error is None
            assert len(chaos.journal) == 1


class _Echo(grpc.GenericRpcHandler):
    def service(self, call):
        return grpc.unary_unary_rpc_method_handler(lambda data, context: data)


@pytest.fixture
def real_service():
    server = grpc.server(ThreadPoolExecutor(2))
    server.add_generic_rpc_handlers((_Echo(),))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield f"127.0.0.1:{port}"
    server.stop(0).wait()


class TestServicesOfTheApp:
    def test_a_real_service_works_beside_a_provider(self, real_service):
        with outage() as chaos, grpc.insecure_channel(real_service) as channel:
            for _ in range(2):
                assert channel.unary_unary("/a.B/C")(b"x", timeout=5) == b"x"
                assert channel.unary_unary("/a.B/C").future(b"x").result(timeout=5) == b"x"
                assert XAI_CLIENTS[0].call().error is None
            assert chaos.clock.now == 0
            assert len(chaos.journal) == 2

    def test_a_real_service_works_beside_a_provider_in_asyncio(self, real_service):
        async def scene():
            from xai_sdk.chat import user

            async with grpc.aio.insecure_channel(real_service) as channel:
                echoed = await channel.unary_unary("/a.B/C")(b"x", timeout=5)
            client = xai_sdk.AsyncClient()
            chat = client.chat.create("grok-3", messages=[user("Weather?")])
            answer = await chat.sample()
            await client.close()
            return echoed, answer.content

        with outage() as chaos:
            echoed, answer = asyncio.run(scene())
            assert echoed == b"x"
            assert chaos.journal[0].reference in answer

    def test_a_channel_made_in_an_outage_is_real_afterwards(self, real_service, monkeypatch):
        """Where its host is a provider's for the outage only."""
        monkeypatch.setenv("XAI_BASE_URL", f"http://{real_service}")
        with outage():
            channel = grpc.insecure_channel(real_service)
            with pytest.raises(grpc.RpcError):
                channel.unary_unary("/a.B/C")(b"x")
        assert channel.unary_unary("/a.B/C")(b"x", timeout=5) == b"x"
        channel.close()


def test_nothing_of_grpc_stays_replaced_after_an_outage():
    from grpc import _channel, _common
    from grpc._cython import cygrpc

    core = cygrpc.Channel

    def seams():
        names = (cygrpc.Channel, cygrpc.AioChannel, _common.wait, _channel._deadline)
        return *names, core.segregated_call

    before = seams()
    with outage():
        assert seams() != before
    assert seams() == before


def test_this_grpcio_has_what_is_replaced_and_no_more():
    from chaos_llm.interception.grpc.self_test import differences, is_known

    assert differences() == []
    assert is_known()


def test_no_thread_of_ours_is_left_behind():
    before = threading.active_count()
    for client in XAI_CLIENTS:
        with outage():
            client.call()
    assert threading.active_count() <= before
