"""vLLM and TGI: no key, no host, and error bodies of their own."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from support.wire_requests import SAID, reply_context, streaming_request, wire_request

from chaos_llm.protocol.messages import Break, Refusal
from chaos_llm.providers import TGI, VLLM, OldVLLM

servers = pytest.mark.parametrize("server", [VLLM(), OldVLLM(), TGI()], ids=lambda each: each.name)


def refused(server, refusal):
    reply = server.render(server.parse(wire_request(server)), refusal, reply_context())
    return reply.status, json.loads(reply.body)


@servers
def test_a_server_of_ones_own_wants_no_key_and_has_no_host(server):
    request = server.parse(wire_request(server, headers={}))
    assert request.invalid is None
    assert request.credential == ""
    assert server.hosts == ()


def test_todays_vllm_nests_its_errors_and_the_old_one_does_not():
    nested = {"message": "The model `gpt-5.2` does not exist.", "type": "NotFoundError"}
    nested |= {"param": None, "code": 404}
    assert refused(VLLM(), Refusal("not_found")) == (404, {"error": nested})
    flat = {"object": "error", **nested}
    assert refused(OldVLLM(), Refusal("not_found")) == (404, flat)


@pytest.mark.parametrize("server", [VLLM(), OldVLLM()], ids=["new", "old"])
def test_vllm_behind_a_key_says_one_word(server):
    assert refused(server, Refusal("auth_expired")) == (401, {"error": "Unauthorized"})


@pytest.mark.parametrize("server", [VLLM(), OldVLLM()], ids=["new", "old"])
def test_both_vllms_wrap_an_error_in_a_stream(server):
    broken = replace(SAID, broken_by=Break(0.5, Refusal("server_error")))
    reply = server.render(streaming_request(server), broken, reply_context())
    error = json.loads(reply.chunks[-1].data.removeprefix(b"data: "))["error"]
    assert (error["type"], error["code"]) == ("InternalServerError", 500)
    assert ("object" in error) is (server.name == "vllm-old")


@pytest.mark.parametrize(
    ("kind", "status", "body"),
    [
        ("overloaded", 429, {"error": "Model is overloaded", "error_type": "overloaded"}),
        (
            "server_error",
            500,
            {"error": "Incomplete generation", "error_type": "incomplete_generation"},
        ),
    ],
)
def test_tgi_says_a_text_and_its_type(kind, status, body):
    assert refused(TGI(), Refusal(kind)) == (status, body)


def test_tgi_refuses_a_bad_body_with_a_422():
    request = TGI().parse(wire_request(TGI(), body={"model": "tgi"}))
    reply = TGI().render(request, request.invalid, reply_context())
    assert reply.status == 422
    assert json.loads(reply.body)["error_type"] == "validation"


def test_tgis_completions_have_no_id():
    whole = TGI().render(TGI().parse(wire_request(TGI())), SAID, reply_context())
    assert json.loads(whole.body)["id"] == ""


@servers
def test_none_of_them_tells_a_quota(server):
    assert server.quota_headers(None) == ()
