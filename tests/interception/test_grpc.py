"""xAI's and Vertex' own SDKs, over gRPC, on the outage's clock."""

from __future__ import annotations

import asyncio
import json
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.grpc_clients import CLIENTS, STREAMS, XAI_CLIENTS, XAI_STREAMS, Got
from support.libraries import library

from chaos_llm import faults, outage
from chaos_llm.errors import NoReply, UncaughtEgress
from chaos_llm.protocol.grpc_wire import frame
from chaos_llm.protocol.messages import WireRequest
from chaos_llm.providers import GRPC_SERVICES

grpc = library("grpc")
xai_sdk = library("xai_sdk")
library("google.cloud.aiplatform")
pytestmark = pytest.mark.filterwarnings("ignore:This feature is deprecated:UserWarning")

UNAVAILABLE, EXHAUSTED = grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.RESOURCE_EXHAUSTED
LATE = grpc.StatusCode.DEADLINE_EXCEEDED
PATHS = (
    "/xai_api.Chat/GetCompletion",
    "/google.cloud.aiplatform.v1.PredictionService/GenerateContent",
    "/google.cloud.aiplatform.v1.PredictionService/StreamGenerateContent",
    "/google.cloud.aiplatform.v1.PredictionService/Predict",
    "/google.cloud.aiplatform.v1beta1.PredictionService/CountTokens",
)
ATTEMPTS = 5  # of xai-sdk's service config


def met(client, *injected, **times) -> tuple[Got, list, float]:
    """What a client got, the exchanges, and how long it took."""
    with outage() as chaos:
        if injected:
            chaos.on(client.provider).inject(*injected, **times)
        began = chaos.clock.now
        got = client.call()
        return got, list(chaos.journal), chaos.clock.now - began


@pytest.mark.parametrize("client", CLIENTS, ids=str)
class TestEverySdk:
    def test_it_is_answered_and_journalled(self, client):
        got, (exchange,), took = met(client)
        assert got.error is None
        assert exchange.reference in got.text
        assert (exchange.provider, exchange.status, exchange.end) == (
            client.provider,
            200,
            "complete",
        )
        assert (exchange.stream, exchange.model, took) == (client.streams, client.model, 0)

    def test_tokens_are_counted(self, client):
        _, (exchange,), _ = met(client)
        assert exchange.input_tokens > 0
        assert exchange.output_tokens > 0

    def test_latency_passes_on_the_clock(self, client):
        got, _, took = met(client, faults.latency(seconds=7))
        assert got.error is None
        assert took == 7

    def test_internal_comes_as_its_own_error(self, client):
        got, exchanges, _ = met(client, faults.server_error())
        assert got.code is grpc.StatusCode.INTERNAL
        assert [exchange.status for exchange in exchanges] == [500]

    def test_resource_exhausted_says_when_to_come_back(self, client):
        got, (exchange,), _ = met(client, faults.rate_limited(retry_after=48))
        assert got.code is EXHAUSTED
        assert got.wait == 48
        assert exchange.retry_after == 48

    def test_unauthenticated_comes_as_its_own_error(self, client):
        got, (exchange,), _ = met(client, faults.auth_expired())
        assert got.code is grpc.StatusCode.UNAUTHENTICATED
        assert got.details == exchange.error_message
        assert exchange.status == 401

    def test_unavailable_is_retried_as_the_sdk_asks(self, client):
        got, exchanges, took = met(client, faults.overloaded())
        assert got.code is UNAVAILABLE
        assert len(exchanges) == (ATTEMPTS if client.provider == "xai" else 1)
        assert 1.2 <= took <= 1.8 if client.provider == "xai" else took == 0

    def test_a_provider_that_reports_a_deadline_does_so_at_once(self, client):
        got, (exchange,), took = met(client, faults.server_error(504))
        assert got.code is LATE
        assert (exchange.status, took) == (504, 0)

    @pytest.mark.parametrize(
        ("fault", "end", "words"),
        [
            (faults.refuse_connection(), "refused", "Connection refused"),
            (faults.tls_failure(), "closed", "Handshake read failed (Socket closed)"),
            (faults.hang(3), "closed", "Stream removed (Socket closed)"),
            (
                faults.reset_connection(),
                "reset",
                "Stream removed (recvmsg:Connection reset by peer",
            ),
            (faults.html_error_page(502), "complete", "Received http2 header with status: 502"),
        ],
        ids=repr,
    )
    def test_what_breaks_below_is_unavailable(self, client, fault, end, words):
        got, exchanges, _ = met(client, fault)
        assert got.code is UNAVAILABLE
        assert words in got.details
        assert {exchange.end for exchange in exchanges} == {end}

    def test_a_name_that_does_not_resolve_is_not_retried(self, client):
        got, exchanges, took = met(client, faults.dns_failure())
        assert got.code is UNAVAILABLE
        assert "Domain name not found" in got.details
        assert (len(exchanges), took) == (1, 0)

    def test_a_second_attempt_recovers(self, client):
        got, exchanges, _ = met(client, faults.overloaded(), times=1)
        assert (got.error is None) is (client.provider == "xai")
        assert len(exchanges) == (2 if client.provider == "xai" else 1)

    def test_the_same_seed_gives_the_same_journal(self, client):
        def journal() -> str:
            with outage(seed=7) as chaos:
                chaos.on(client.provider).inject(
                    faults.overloaded(), faults.slow_tokens(0.3), times=2
                )
                for _ in range(3):
                    client.call()
                return chaos.journal.to_jsonl()

        assert journal() == journal()

    def test_a_client_from_before_is_answered(self, client):
        with client.made() as made, outage() as chaos:
            got = client.call(made)
            assert got.error is None
            (exchange,) = chaos.journal
            assert exchange.reference in got.text

    def test_a_client_from_before_retries_as_its_sdk_does(self, client):
        with client.made() as made, outage() as chaos:
            chaos.on(client.provider).inject(faults.overloaded())
            assert client.call(made).code is UNAVAILABLE
            assert len(chaos.journal) == (ATTEMPTS if client.provider == "xai" else 1)


@pytest.mark.parametrize("client", STREAMS, ids=str)
class TestStreams:
    def test_words_come_one_by_one(self, client):
        got, (exchange,), took = met(client, faults.slow_tokens(0.5))
        assert exchange.reference in got.text
        assert len(got.pieces) > 5
        assert took == pytest.approx(0.5 * (len([p for p in got.pieces if p]) - 1))

    @pytest.mark.parametrize("by", ["close", "reset"])
    def test_a_stream_that_breaks_is_unavailable_after_what_has_come(self, client, by):
        got, (exchange,), _ = met(client, faults.cut_stream(by=by))
        assert got.code is UNAVAILABLE
        assert got.details.startswith("Stream removed (")
        assert exchange.end == {"close": "closed", "reset": "reset"}[by]
        assert got.text
        assert not exchange.ok

    def test_an_error_in_the_middle_is_the_status_that_ends_the_stream(self, client):
        got, (exchange,), _ = met(client, faults.error_mid_stream())
        assert got.code is UNAVAILABLE
        assert got.details == exchange.error_message
        assert got.text
        assert exchange.status == 200

    def test_a_stream_without_trailers_is_an_error(self, client):
        got, _, _ = met(client, faults.missing_terminal_event())
        assert got.code is grpc.StatusCode.UNKNOWN

    def test_a_stall_that_ends_delays_the_rest(self, client):
        got, (exchange,), took = met(client, faults.stall_mid_stream(seconds=30))
        assert exchange.reference in got.text
        assert took == 30


@pytest.mark.parametrize("client", XAI_CLIENTS, ids=str)
class TestDeadlines:
    def test_silence_ends_at_the_deadline(self, client):
        got, (exchange,), took = met(client, faults.hang())
        assert got.code is LATE
        assert got.details == "Deadline Exceeded"
        assert (took, exchange.end) == (60, "timeout")

    def test_a_channel_that_never_connects_is_tried_again_until_the_deadline(self, client):
        got, exchanges, took = met(client, faults.connect_timeout())
        assert got.code is LATE
        assert took == 60
        assert [exchange.end for exchange in exchanges] == ["timeout"] * 3  # 20 s each

    def test_retries_end_at_the_deadline(self, client):
        got, exchanges, took = met(client, faults.latency(seconds=40), faults.overloaded())
        assert got.code is LATE
        assert (took, len(exchanges)) == (60, 2)


@pytest.mark.parametrize("client", XAI_STREAMS, ids=str)
def test_a_stall_ends_at_the_deadline_and_what_came_is_kept(client):
    got, (exchange,), took = met(client, faults.stall_mid_stream())
    assert got.code is LATE
    assert got.details == "Stream removed (Deadline Exceeded)"
    assert got.text
    assert (took, exchange.end) == (60, "timeout")


class TestXaiTools:
    def tool(self):
        from xai_sdk.chat import tool

        schema = {
            "type": "object",
            "properties": {"city": {"type": "string"}},
            "required": ["city"],
        }
        return tool("weather", "The weather of a city.", schema)

    @pytest.mark.parametrize("streams", [False, True])
    def test_a_tool_is_called_and_its_result_is_answered(self, streams):
        from xai_sdk.chat import tool_result, user

        with outage() as chaos:
            client = xai_sdk.Client()
            chat = client.chat.create("grok-3", tools=[self.tool()], tool_choice="required")
            chat.append(user("What is the weather in Rome?"))
            response = [reply for reply, _ in chat.stream()][-1] if streams else chat.sample()
            (call,) = response.tool_calls
            assert call.function.name == "weather"
            assert set(json.loads(call.function.arguments)) == {"city"}
            assert response.finish_reason == "REASON_TOOL_CALLS"
            chat.append(response)
            chat.append(tool_result("21 degrees"))
            answer = client.chat.create("grok-3", messages=list(chat.messages)).sample()
            assert chaos.journal[1].reference in answer.content

    def test_structured_output_fits_its_model(self):
        from pydantic import BaseModel
        from xai_sdk.chat import user

        class City(BaseModel):
            name: str
            people: int

        with outage():
            chat = xai_sdk.Client().chat.create("grok-3", messages=[user("A city.")])
            _, city = chat.parse(City)
        assert isinstance(city, City)

    @pytest.mark.filterwarnings("ignore:chat.sample_batch will be deprecated")
    def test_several_answers_are_told_apart(self):
        from xai_sdk.chat import user

        with outage():
            chat = xai_sdk.Client().chat.create("grok-3", messages=[user("A city.")])
            answers = chat.sample_batch(3)
        assert len({answer.content for answer in answers}) == 3

    def test_a_thinking_model_shows_its_reasoning(self):
        from xai_sdk.chat import user

        with outage():
            answer = xai_sdk.Client().chat.create("grok-4", messages=[user("A city.")]).sample()
        assert answer.reasoning_content
        assert answer.usage.reasoning_tokens > 0


class TestVertex:
    def model(self):
        from support.grpc_clients import vertex_model

        return vertex_model()

    @pytest.mark.filterwarnings("ignore:The argument `including_default_value_fields`")
    def test_a_function_is_called(self):
        from vertexai.generative_models import FunctionDeclaration, Tool

        schema = {
            "type": "object",
            "properties": {"city": {"type": "string"}},
            "required": ["city"],
        }
        weather = FunctionDeclaration(name="weather", parameters=schema, description="Weather.")
        with outage():
            reply = self.model().generate_content(
                "What is the weather in Rome?",
                tools=[Tool(function_declarations=[weather])],
            )
        (call,) = reply.candidates[0].function_calls
        assert call.name == "weather"
        assert set(call.args) == {"city"}

    def test_tokens_of_a_prompt_are_counted(self):
        with outage() as chaos:
            assert self.model().count_tokens("How many?").total_tokens > 0
            assert [exchange.api for exchange in chaos.journal] == ["count_content"]

    def test_a_turn_without_contents_is_refused_as_by_rest(self):
        from google.api_core.exceptions import InvalidArgument
        from google.cloud import aiplatform_v1
        from support.grpc_clients import Token

        with outage() as chaos, pytest.raises(InvalidArgument, match="contents"):
            client = aiplatform_v1.PredictionServiceClient(credentials=Token())
            name = "projects/p/locations/l/publishers/google/models/gemini-2.5-flash"
            client.generate_content({"model": name})
        assert chaos.journal[0].broken_rule

    def test_its_own_retries_run_on_the_clock(self):
        from google.api_core import exceptions, retry
        from google.cloud import aiplatform_v1
        from support.grpc_clients import Token

        policy = retry.Retry(
            predicate=retry.if_exception_type(exceptions.ServiceUnavailable),
            initial=1,
            multiplier=2,
            timeout=600,
        )
        asked = {
            "model": "projects/p/locations/l/publishers/google/models/gemini-2.5-flash",
            "contents": [{"role": "user", "parts": [{"text": "x"}]}],
        }
        with outage() as chaos:
            chaos.on("vertex").inject(faults.overloaded(), times=3)
            client = aiplatform_v1.PredictionServiceClient(credentials=Token())
            client.generate_content(asked, retry=policy, timeout=5)
            assert len(chaos.journal) == 4
            assert 0 < chaos.clock.now < 60

    def test_what_is_not_simulated_says_so(self):
        from google.api_core.exceptions import MethodNotImplemented
        from google.cloud import aiplatform_v1
        from support.grpc_clients import Token

        with outage() as chaos, pytest.raises(MethodNotImplemented, match="does not simulate"):
            aiplatform_v1.ModelServiceClient(credentials=Token()).list_models(parent="projects/p")
        assert [exchange.api for exchange in chaos.journal] == ["unserved"]


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


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300))
def test_no_bytes_whatever_break_the_readers_of_messages(data):
    for service in GRPC_SERVICES:
        for path in PATHS:
            if service.claims("POST", path):
                wire = WireRequest("POST", "api.x.ai", path, "", {}, frame(data))
                assert service.parse(wire).invalid is not None  # there is no key


def test_no_thread_of_ours_is_left_behind():
    before = threading.active_count()
    for client in XAI_CLIENTS:
        with outage():
            client.call()
    assert threading.active_count() <= before
