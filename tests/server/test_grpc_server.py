"""gRPC for other processes: `chaos-llm serve --grpc`, by a real grpcio server."""

from __future__ import annotations

import sys

import pytest
from support.libraries import library

from chaos_llm import faults
from chaos_llm.errors import UsageError
from chaos_llm.server.launch.server_handle import ServerThread
from chaos_llm.server.launch.settings import Settings

grpc = library("grpc")
xai_sdk = library("xai_sdk")


@pytest.fixture
def here():
    with ServerThread(Settings(grpc=0, clock="manual")) as thread:
        yield thread.hand()


def client_of(here, **metadata):
    return xai_sdk.Client(
        api_key="xai-key",
        api_host=here.grpc,
        use_insecure_channel=True,
        timeout=20,
        channel_options=[("grpc.enable_retries", 0)],
        metadata=tuple((name.replace("_", "-"), value) for name, value in metadata.items()),
    )


def chat(client):
    from xai_sdk.chat import user

    return client.chat.create(model="grok-3", messages=[user("Weather?")])


def test_a_client_is_answered_and_journalled(here):
    with client_of(here) as client:
        answer = chat(client).sample().content
    (exchange,) = here.journal
    assert exchange.reference in answer
    assert (exchange.provider, exchange.status, exchange.end) == ("xai", 200, "complete")


def test_a_run_and_a_call_are_named_by_metadata(here):
    other = here.run("other")
    other.on("xai").inject(faults.server_error())
    with (
        client_of(here, x_chaos_run="other", x_chaos_call="7") as client,
        pytest.raises(grpc.RpcError) as failed,
    ):
        chat(client).sample()
    assert failed.value.code() is grpc.StatusCode.INTERNAL
    assert not here.journal
    assert [exchange.call for exchange in other.journal] == [7]


def test_a_key_names_the_run_of_a_child(here):
    key = "xai-placeholder-chaos-run-kid"
    with xai_sdk.Client(api_key=key, api_host=here.grpc, use_insecure_channel=True) as client:
        chat(client).sample()
    assert len(here.run("kid").journal) == 1


def test_a_pause_lasts_until_the_clock_is_advanced(here):
    here.on("xai").inject(faults.latency(seconds=600))
    with client_of(here) as client:
        future = _future(client)
        here.wait_for(1)
        assert not future.done()
        here.advance("10m")
        assert future.result(timeout=20).outputs


def _future(client):
    from xai_sdk.proto.v6 import chat_pb2, chat_pb2_grpc

    message = chat_pb2.Message(role="ROLE_USER", content=[chat_pb2.Content(text="Weather?")])
    request = chat_pb2.GetCompletionsRequest(model="grok-3", messages=[message])
    return chat_pb2_grpc.ChatStub(client._api_channel).GetCompletion.future(request)


def test_a_client_that_leaves_abandons_its_exchange(here):
    here.on("xai").inject(faults.hang())
    with client_of(here) as client:
        future = _future(client)
        here.wait_for(1)
        future.cancel()
        assert here._thread.wait_until(lambda: here_ends(here) == ["abandoned"], 10)


def here_ends(here):
    runs = here._thread._server.shared.runs
    return [exchange.end for exchange in runs.default.journal]


def test_a_reset_ends_calls_that_are_under_way(here):
    here.on("xai").inject(faults.hang())
    with client_of(here) as client:
        future = _future(client)
        here.wait_for(1)
        here.do(lambda run: run.begin_anew())
        with pytest.raises(grpc.RpcError) as failed:
            future.result(timeout=20)
    assert failed.value.code() is grpc.StatusCode.UNAVAILABLE


def test_what_nobody_serves_is_unimplemented(here):
    with grpc.insecure_channel(here.grpc) as channel, pytest.raises(grpc.RpcError) as failed:
        channel.unary_unary("/a.B/C")(b"x", timeout=20)
    assert failed.value.code() is grpc.StatusCode.UNIMPLEMENTED


def test_an_answer_of_the_test_that_raises_is_internal_and_told(here):
    here.on("xai").answers(lambda request: 1 / 0)
    with client_of(here) as client, pytest.raises(grpc.RpcError) as failed:
        chat(client).sample()
    assert failed.value.code() is grpc.StatusCode.INTERNAL
    assert "ZeroDivisionError" in failed.value.details()


def test_without_grpcio_the_option_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "chaos_llm.server.connections.grpc_listener", None)
    with pytest.raises(UsageError, match=r'pip install "chaos_llm\[grpc\]"'):
        ServerThread(Settings(grpc=0)).__enter__()


def test_a_taken_port_is_refused_in_words(here):
    port = int(here.grpc.rpartition(":")[2])
    with pytest.raises(UsageError, match=rf"--grpc {port}: .*give another port"):
        ServerThread(Settings(grpc=port)).__enter__()
