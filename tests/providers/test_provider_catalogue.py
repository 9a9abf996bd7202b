"""The catalogue: which format a request speaks, and what every format can say."""

from __future__ import annotations

from dataclasses import replace

import pytest
from support.wire_requests import (
    CALLED,
    PATHS,
    SAID,
    SAID_AND_CALLED,
    path_of,
    reply_context,
    wire_request,
)
from support.wire_requests import streaming_request as streaming

import chaos_llm.providers
from chaos_llm.errors import UnknownName, Unsupported
from chaos_llm.protocol.messages import Break, Completion, Document, Refusal, ToolCall
from chaos_llm.providers import PROVIDERS, find
from chaos_llm.providers.model_endpoint import ModelEndpoint

pytestmark = pytest.mark.exhaustive(sample=12)

SAYINGS = {"text": SAID, "tools": CALLED, "both": SAID_AND_CALLED, "nothing": Completion()}
saying = pytest.mark.parametrize("said", SAYINGS.values(), ids=SAYINGS)


def test_every_provider_is_found_by_its_own_path(provider):
    request = wire_request(provider)
    assert find(provider.name, request.method, request.path) is provider


def test_every_api_has_an_ordinary_request_that_is_not_refused(provider):
    known = {provider.api, f"{provider.name}-{provider.api}"} & PATHS.keys()
    assert known, "a new API needs its line in support/wire_requests.py"
    assert provider.parse(wire_request(provider)).invalid is None


def test_a_base_url_with_a_prefix_speaks_the_same_format(endpoint):
    path = "/gateway/eu" + path_of(endpoint)
    assert find(endpoint.name, "POST", path) is endpoint
    assert endpoint.parse(wire_request(endpoint, path=path)).invalid is None


def test_b2_an_unknown_path_is_answered_as_not_simulated(provider):
    found = find(provider.name, "POST", "/v1/nowhere")
    wire = replace(wire_request(provider), method="POST", path="/v1/nowhere")
    request = found.parse(wire)
    assert (request.provider, request.surface) == (provider.name, "unserved")
    assert found.render(request, request.invalid, reply_context()).status == 501


def test_a_known_path_with_a_wrong_method_is_a_405(provider):
    found = find(provider.name, "DELETE", path_of(provider))
    assert found is provider
    request = found.parse(wire_request(found, method="DELETE"))
    assert request.invalid.kind == "method_not_allowed"
    assert found.render(request, request.invalid, reply_context()).status == 405


def test_an_unknown_provider_is_told_the_known_ones():
    with pytest.raises(UnknownName, match="'anthropic'"):
        find("antropic", "POST", "/v1/messages")


def test_the_exports_are_sorted_and_there():
    names = chaos_llm.providers.__all__
    assert names == sorted(names, key=lambda name: (not name.isupper(), name[0].islower(), name))
    assert all(hasattr(chaos_llm.providers, name) for name in names)
    assert {type(provider).__name__ for provider in PROVIDERS} <= set(names)


@pytest.mark.parametrize("kind", Refusal.KINDS)
def test_every_refusal_has_an_error_status_and_json(provider, kind):
    request = provider.parse(wire_request(provider))
    reply = provider.render(request, Refusal(kind), reply_context())
    assert 400 <= reply.status < 600
    kind = dict(reply.headers)["content-type"].partition(";")[0]
    assert kind == ("text/xml" if provider.api == "sts" else "application/json")
    assert not any(chunk.content for chunk in reply.chunks)


@pytest.mark.parametrize("kind", Refusal.KINDS)
def test_a_status_and_a_message_override_the_providers_own(provider, kind):
    refusal = Refusal(kind, status=418, message="A “teapot”")
    reply = provider.render(provider.parse(wire_request(provider)), refusal, reply_context())
    assert reply.status == 418
    assert "A “teapot”".encode().replace(b'"', b'\\"') in reply.body


def test_the_content_length_is_the_bodys(provider):
    request = provider.parse(wire_request(provider))
    for answer in (Refusal("server_error"), Document({"key": "schön"})):
        reply = provider.render(request, answer, reply_context())
        assert dict(reply.headers)["content-length"] == str(len(reply.body))


def test_only_an_endpoint_has_a_model_to_speak(provider):
    request = provider.parse(wire_request(provider))
    if isinstance(provider, ModelEndpoint):
        assert provider.healthy(request, reply_context()) is None
    else:
        with pytest.raises(Unsupported):
            provider.render(request, SAID, reply_context())


@saying
def test_an_equal_stamp_makes_equal_bytes_and_another_makes_other_ids(endpoint, said):
    for request in (endpoint.parse(wire_request(endpoint)), streaming(endpoint)):
        first = endpoint.render(request, said, reply_context())
        assert endpoint.render(request, said, reply_context()) == first
        other = endpoint.render(request, said, reply_context("another"))
        assert other.body != first.body or b'"id":""' in first.body  # TGI gives none
        assert len(other.body) == len(first.body)


def test_rendering_twice_with_one_stamp_gives_equal_bytes(provider):
    request, once = provider.parse(wire_request(provider)), reply_context()
    said = SAID if isinstance(provider, ModelEndpoint) else Document({})
    for answer in (said, Refusal("overloaded")):
        assert provider.render(request, answer, once) == provider.render(request, answer, once)


def test_logging_in_twice_with_one_stamp_gives_equal_tokens():
    login = find("anthropic", "POST", "/v1/oauth/token")
    body = {"grant_type": "refresh_token", "refresh_token": "r"}
    request = login.parse(wire_request(login, method="POST", path="/v1/oauth/token", body=body))
    once = reply_context()
    assert login.healthy(request, once) == login.healthy(request, once)


@saying
def test_a_stream_has_as_many_pieces_as_the_whole_reply(endpoint, said):
    whole = endpoint.render(endpoint.parse(wire_request(endpoint)), said, reply_context())
    stream = endpoint.render(streaming(endpoint), said, reply_context())
    assert stream.streamed
    assert not whole.streamed
    assert whole.pieces == stream.pieces == sum(chunk.content for chunk in stream.chunks)


@saying
def test_every_chunk_is_one_event_and_comes_at_once(endpoint, said):
    for chunk in endpoint.render(streaming(endpoint), said, reply_context()).chunks:
        assert chunk.delay == 0.0
        assert chunk.data.endswith(b"\n\n")
        assert chunk.data.count(b"\n\n") == 1


def test_the_words_of_a_stream_are_cut_as_words(endpoint):
    reply = endpoint.render(streaming(endpoint), SAID, reply_context())
    assert reply.pieces == len(SAID.text.split(" "))


@pytest.mark.parametrize(("after", "left"), [(0.0, 0), (0.25, 2), (0.5, 4), (1.0, 8)])
def test_an_error_comes_after_its_share_of_the_content(endpoint, after, left):
    eight = Completion("one two three four five six seven eight")
    broken = replace(eight, broken_by=Break(after, Refusal("overloaded")))
    clean = endpoint.render(streaming(endpoint), eight, reply_context())
    reply = endpoint.render(streaming(endpoint), broken, reply_context())
    assert reply.pieces == left
    same = [
        chunk for chunk, other in zip(reply.chunks, clean.chunks, strict=False) if chunk == other
    ]
    assert [chunk for chunk in reply.chunks if chunk.content] == [c for c in same if c.content]
    assert b'"error"' in reply.chunks[len(same)].data


def test_a_break_in_an_empty_answer_still_says_the_error(endpoint):
    broken = Completion(broken_by=Break(0.5, Refusal("server_error")))
    reply = endpoint.render(streaming(endpoint), broken, reply_context())
    assert reply.pieces == 0
    assert len(reply.chunks) >= 2
    assert b'"error"' in reply.chunks[1].data


def test_a_whole_reply_cannot_say_an_error_after_a_part(endpoint):
    broken = replace(SAID, broken_by=Break(0.5, Refusal("overloaded")))
    with pytest.raises(Unsupported):
        endpoint.render(endpoint.parse(wire_request(endpoint)), broken, reply_context())


@pytest.mark.parametrize("arguments", ['{"order": "KX-4', "[1]", "", '"text"'])
def test_broken_arguments_are_said_or_inexpressible_but_never_bad_json(endpoint, arguments):
    broken = Completion(tool_calls=(ToolCall("track", arguments),), stop="tool")
    request = endpoint.parse(wire_request(endpoint))
    assert endpoint.render(streaming(endpoint), broken, reply_context()).status == 200
    if endpoint.api == "messages":
        with pytest.raises(Unsupported, match="only be streamed"):
            endpoint.render(request, broken, reply_context())
    else:
        reply = endpoint.render(request, broken, reply_context())
        assert reply.body.decode().count("\\") == arguments.count('"')


def test_a_model_id_is_echoed(endpoint):
    if endpoint.api == "llama_chat":
        pytest.skip("its replies name no model")
    request = replace(endpoint.parse(wire_request(endpoint)), model='ft:"odd"\n')
    for stream in (False, True):
        body = endpoint.render(replace(request, stream=stream), SAID, reply_context()).body
        assert rb'"ft:\"odd\"\n"' in body


def test_a_lone_surrogate_in_a_model_id_does_not_break_the_reply(endpoint):
    request = replace(endpoint.parse(wire_request(endpoint)), model="m\ud83d")
    body = endpoint.render(request, SAID, reply_context()).body
    assert b'"m?"' in body or endpoint.api == "llama_chat"
