"""xAI's and Vertex' own SDKs, over gRPC, on the outage's clock."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.grpc_clients import CLIENTS, STREAMS, XAI_CLIENTS, XAI_STREAMS, Got
from support.libraries import library

from chaos_llm import faults, outage
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


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300))
def test_no_bytes_whatever_break_the_readers_of_messages(data):
    for service in GRPC_SERVICES:
        for path in PATHS:
            if service.claims("POST", path):
                wire = WireRequest("POST", "api.x.ai", path, "", {}, frame(data))
                assert service.parse(wire).invalid is not None  # there is no key
