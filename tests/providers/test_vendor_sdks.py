"""OpenAI's manner as its look-alikes have it, read by the SDKs that their users have."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from support.vendor_sdks import Vendor, scenes_of
from support.wire_requests import BODIES, CALLED, SAID, SAID_AND_CALLED, SCHEMA, TEXT

from chaos_llm.protocol.messages import Break, Refusal
from chaos_llm.providers import PROVIDERS
from chaos_llm.providers.model_endpoint import ModelEndpoint

pytestmark = pytest.mark.exhaustive(sample=8)

SHIPPED = {"groq": "groq", "together": "together", "mistral": "mistralai"}
FAMILY = [
    provider
    for provider in PROVIDERS
    if isinstance(provider, ModelEndpoint)
    and provider.api in ("chat", "llama_chat")
    and provider.name != "openai"
]
PAIRS = [(p, "openai") for p in FAMILY if p.api == "chat"]
PAIRS += [(p, SHIPPED[p.name]) for p in FAMILY if p.name in SHIPPED]
PAIRS += [(p, "llama_api_client") for p in FAMILY if p.api == "llama_chat"]
IDS = [f"{provider.name}-by-{sdk}" for provider, sdk in PAIRS]
BODY = BODIES["chat"]
TOOLS = [{"type": "function", "function": {"name": "track", "parameters": SCHEMA}}]
way = pytest.mark.parametrize("way", ["whole", "stream"])


@pytest.fixture(params=PAIRS, ids=IDS)
def pair(request):
    return request.param


@pytest.fixture(params=[False, True], ids=["sync", "async"])
def drive(request, pair):
    """`drive(answer)`: a client of this SDK, and the scenes that it can play."""
    provider, wants = pair

    def start(*answers):
        vendor = Vendor(provider, list(answers), request.param, wants=wants)
        vendor.sdk_or_skip()
        return vendor, scenes_of(vendor)

    return start


@way
def test_an_answer_is_read_in_full(drive, way):
    vendor, scenes = drive(SAID)
    seen = vendor.run(getattr(scenes, way), **BODY)
    assert (seen.text, seen.calls, seen.stop) == (TEXT, [], "stop")
    if (
        way == "whole"
        or vendor.provider.tells_usage
        or vendor.wants in ("groq", "llama_api_client")
    ):
        assert seen.tokens == (21, 17)
    assert vendor.requests[0].stream is (way == "stream")
    assert vendor.requests[0].provider == vendor.provider.name
    assert vendor.requests[0].api == vendor.provider.api


@way
@pytest.mark.parametrize("said", [CALLED, SAID_AND_CALLED], ids=["calls", "text-and-calls"])
def test_tool_calls_are_read_in_full(drive, way, said):
    vendor, scenes = drive(said)
    seen = vendor.run(getattr(scenes, way), **BODY, tools=TOOLS)
    assert (seen.text, seen.stop) == (said.text, "tool_calls")
    assert seen.calls == [(call.name, json.loads(call.arguments)) for call in said.tool_calls]
    assert [tool.name for tool in vendor.requests[0].tools] == ["track"]


def test_a_wanted_schema_is_heard(drive):
    vendor, scenes = drive(replace(SAID, text='{"city":"Ulm"}'))
    form = {"type": "json_schema", "json_schema": {"name": "place", "schema": SCHEMA}}
    seen = vendor.run(scenes.whole, **BODY, response_format=form)
    assert json.loads(seen.text) == {"city": "Ulm"}
    assert vendor.requests[0].schema["required"] == ["city"]


def error_of(vendor, scene, *args, **body):
    base = vendor.sdk_or_skip()
    kind = base.errors.MistralError if vendor.wants == "mistralai" else base.APIError
    with pytest.raises(kind) as caught:
        vendor.run(scene, *args, **body)
    return caught.value


@pytest.mark.parametrize("kind", Refusal.KINDS)
def test_a_refusal_raises_the_class_of_its_status(drive, kind):
    vendor, scenes = drive(Refusal(kind))
    error = error_of(vendor, scenes.whole, **BODY)
    status = vendor.replies[0].status
    assert error.status_code == status
    assert type(error).__name__ == class_for(vendor, status)


CLASSES = {
    400: "BadRequestError",
    401: "AuthenticationError",
    403: "PermissionDeniedError",
    404: "NotFoundError",
    409: "ConflictError",
    422: "UnprocessableEntityError",
    429: "RateLimitError",
}


def class_for(vendor, status):
    if vendor.wants == "mistralai":
        return "SDKError"
    return CLASSES.get(status, "InternalServerError" if status >= 500 else "APIStatusError")


def test_an_error_in_a_stream_comes_after_what_was_told(drive):
    vendor, scenes = drive(replace(SAID, broken_by=Break(0.5, Refusal("overloaded"))))
    told = []
    if (vendor.provider.name, vendor.wants) == ("mistral", "openai"):
        # a flat error has no "error" in it, so the SDK takes it for a chunk, without choices
        with pytest.raises(TypeError):
            vendor.run(scenes.stream, told, **BODY)
    else:
        error_of(vendor, scenes.stream, told, **BODY)
    text = "".join(told)
    assert text
    assert TEXT.startswith(text)
    assert text != TEXT


def test_retry_after_reaches_the_client(drive):
    vendor, scenes = drive(Refusal("rate_limited", retry_after=7))
    error = error_of(vendor, scenes.whole, **BODY)
    headers = error.headers if vendor.wants == "mistralai" else error.response.headers
    if vendor.provider.name == "gemini":  # it says it in the body alone
        assert '"retryDelay": "7s"' in error.response.text
        assert "retry-after" not in headers
    else:
        assert headers["retry-after"] == "7"
