"""The vendors' own SDKs read every wire format: answers, streams, tools, schemas and errors."""

from __future__ import annotations

import json
from dataclasses import replace

import pydantic
import pytest
from support.sdk_drivers import SCENES, Driver
from support.wire_requests import BODIES, CALLED, PROMPT, SAID, SAID_AND_CALLED, SCHEMA, TEXT

from chaos_llm.protocol.messages import Break, Completion, Refusal, Usage

pytestmark = pytest.mark.exhaustive(sample=12)


class Place(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid")
    city: str


FORMATS = {"anthropic-messages", "openai-chat", "openai-responses"}
STOPS = {
    "messages": {"end": "end_turn", "tool": "tool_use", "length": "max_tokens"},
    "chat": {"end": "stop", "tool": "tool_calls", "length": "length"},
    "responses": {"end": "completed", "tool": "completed", "length": "incomplete"},
}
flavour = pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
way = pytest.mark.parametrize("way", ["whole", "stream"])


@pytest.fixture
def drive(endpoint, is_async):
    """`drive(answer, ...)`: a driver and the scenes of its API."""
    return lambda *answers: (Driver(endpoint, list(answers), is_async), SCENES[endpoint.api])


def body_of(endpoint):
    return dict(BODIES[endpoint.api])


@flavour
@way
def test_an_answer_is_read_in_full(endpoint, drive, way):
    driver, scenes = drive(SAID)
    seen = driver.run(getattr(scenes, way), **body_of(endpoint))
    assert seen.text == TEXT
    assert seen.calls == []
    assert seen.stop == STOPS[endpoint.api]["end"]
    assert seen.tokens == (21, 17)
    assert seen.request_id.startswith("req_")
    assert driver.requests[0].stream is (way == "stream")
    assert driver.requests[0].prompt == PROMPT


@flavour
@way
def test_odd_characters_come_through(endpoint, drive, way):
    odd = (
        'Tab\t, "quote", back\\slash, line\r\nbreaks \u2028 \x85 \x0b, nul \x00, 字 𝄞, data: x\n\n.'
    )
    driver, scenes = drive(replace(SAID, text=odd))
    assert driver.run(getattr(scenes, way), **body_of(endpoint)).text == odd


@flavour
@way
@pytest.mark.parametrize("said", [CALLED, SAID_AND_CALLED], ids=["calls", "text-and-calls"])
def test_tool_calls_are_read_in_full(endpoint, drive, way, said):
    driver, scenes = drive(said)
    seen = driver.run(
        getattr(scenes, way), **body_of(endpoint), **scenes.with_tool("track", SCHEMA)
    )
    assert seen.text == said.text
    assert seen.calls == [(call.name, json.loads(call.arguments)) for call in said.tool_calls]
    assert seen.stop == STOPS[endpoint.api]["tool"]
    assert [tool.name for tool in driver.requests[0].tools] == ["track"]


@flavour
def test_an_agents_loop_runs_from_the_call_to_the_last_word(endpoint, drive):
    driver, scenes = drive(CALLED, SAID)
    body = body_of(endpoint) | scenes.with_tool("track", SCHEMA)
    first = driver.run(scenes.whole, **body)
    assert first.calls == [("track", {"order": "KX-48213", "days": 3})]
    second = driver.run(scenes.whole, **scenes.with_result(body, driver.replies[0], "3 days"))
    assert (second.text, second.calls) == (TEXT, [])
    assert [request.answers_tool for request in driver.requests] == [False, True]
    assert [request.prompt for request in driver.requests] == [PROMPT, PROMPT]


@flavour
@pytest.mark.parametrize("way", ["parse", "parse_stream"])
def test_structured_output_is_asked_for_and_read(endpoint, drive, way):
    driver, scenes = drive(Completion('{"city":"Zürich"}', usage=Usage(5, 5)))
    place = driver.run(getattr(scenes, way), Place, **body_of(endpoint))
    assert place == Place(city="Zürich")
    schema = driver.requests[0].schema
    assert schema["properties"]["city"]["type"] == "string"
    assert schema["required"] == ["city"]


@flavour
def test_a_cut_answer_says_so(endpoint, drive):
    driver, scenes = drive(replace(SAID, stop="length"))
    assert driver.run(scenes.whole, **body_of(endpoint)).stop == STOPS[endpoint.api]["length"]


@flavour
def test_an_empty_answer_is_no_error(endpoint, drive):
    driver, scenes = drive(Completion())
    seen = driver.run(scenes.whole, **body_of(endpoint))
    assert (seen.text, seen.calls) == ("", [])


# Which class an SDK raises for a status, measured. The newer Anthropic generation has more of them.
ANTHROPIC = {
    400: "BadRequestError",
    401: "AuthenticationError",
    402: "PaymentRequiredError",
    403: "PermissionDeniedError",
    404: "NotFoundError",
    408: "RequestTimeoutError",
    409: "ConflictError",
    413: "ContentTooLargeError",
    422: "UnprocessableEntityError",
    429: "RateLimitError",
    500: "InternalServerError",
    502: "InternalServerError",
    503: "ServiceUnavailableError",
    504: "GatewayTimeoutError",
    529: "OverloadedError",
}
ANTHROPIC_ON_HTTPX = ANTHROPIC | {
    402: "APIStatusError",
    408: "APIStatusError",
    413: "RequestTooLargeError",
    503: "InternalServerError",  # it has classes for this and the next, and does not raise them
    504: "InternalServerError",
}
OPENAI = dict.fromkeys(ANTHROPIC, "APIStatusError") | {
    400: "BadRequestError",
    401: "AuthenticationError",
    403: "PermissionDeniedError",
    404: "NotFoundError",
    409: "ConflictError",
    422: "UnprocessableEntityError",
    429: "RateLimitError",
    500: "InternalServerError",
    502: "InternalServerError",
    503: "InternalServerError",
    504: "InternalServerError",
    529: "InternalServerError",
}


def expected_class(driver, status):
    if driver.sdk.__name__ == "openai":
        return OPENAI[status]
    return (ANTHROPIC if driver.on_httpx2 else ANTHROPIC_ON_HTTPX)[status]


def raised_by(driver, scene, *args, **body):
    with pytest.raises(driver.sdk.APIError) as caught:
        driver.run(scene, *args, **body)
    return caught.value


@flavour
@way
@pytest.mark.parametrize("status", ANTHROPIC)
def test_a_status_raises_its_class(endpoint, drive, way, status):
    driver, scenes = drive(Refusal("server_error" if status >= 500 else "invalid_request", status))
    error = raised_by(driver, getattr(scenes, way), **body_of(endpoint))
    assert type(error).__name__ == expected_class(driver, status)
    assert error.status_code == status
    header = "request-id" if endpoint.api == "messages" else "x-request-id"
    assert error.request_id == dict(driver.replies[0].headers)[header]


# kind: (status, type) for Anthropic, (status, type, code) for OpenAI
KINDS = {
    "auth_expired": (
        (401, "authentication_error"),
        (401, "invalid_request_error", "invalid_api_key"),
    ),
    "rate_limited": ((429, "rate_limit_error"), (429, "tokens", "rate_limit_exceeded")),
    "quota": ((400, "invalid_request_error"), (429, "insufficient_quota", "insufficient_quota")),
    "server_error": ((500, "api_error"), (500, "server_error", None)),
    "overloaded": (
        (529, "overloaded_error"),
        (503, "service_unavailable_error", "server_is_overloaded"),
    ),
    "timeout": ((504, "timeout_error"), (504, "server_error", None)),
    "not_found": ((404, "not_found_error"), (404, "invalid_request_error", "model_not_found")),
    "permission": ((403, "permission_error"), (403, "invalid_request_error", None)),
}


@flavour
@pytest.mark.parametrize("kind", KINDS)
def test_an_error_carries_the_vendors_attributes(endpoint, drive, kind):
    driver, scenes = drive(Refusal(kind))
    error = raised_by(driver, scenes.whole, **body_of(endpoint))
    anthropics, openais = KINDS[kind]
    if endpoint.api == "messages":
        assert (error.status_code, error.type) == anthropics
        assert error.body["request_id"] == error.request_id
        assert error.request_id.startswith("req_011C")
    else:
        assert (error.status_code, error.type, error.code) == openais
        assert error.param is None
        assert error.request_id.startswith("req_")


@flavour
def test_retry_after_reaches_the_client(endpoint, drive):
    driver, scenes = drive(Refusal("rate_limited", retry_after=7))
    error = raised_by(driver, scenes.whole, **body_of(endpoint))
    assert error.response.headers["retry-after"] == "7"


@flavour
def test_an_overload_carries_no_retry_after(endpoint, drive):
    driver, scenes = drive(Refusal("overloaded"))
    error = raised_by(driver, scenes.whole, **body_of(endpoint))
    assert "retry-after" not in error.response.headers
    if endpoint.api == "messages":
        assert error.response.headers["x-should-retry"] == "true"


@flavour
def test_an_error_in_a_stream_comes_after_what_was_told(endpoint, drive):
    driver, scenes = drive(replace(SAID, broken_by=Break(0.5, Refusal("overloaded"))))
    told = []
    error = raised_by(driver, scenes.events, told, **body_of(endpoint))
    text = "".join(told)
    assert text
    assert TEXT.startswith(text)
    assert text != TEXT
    if endpoint.api == "messages":  # HTTP had said 200, so it is no OverloadedError
        assert type(error) is driver.sdk.APIStatusError
        assert error.status_code == 200
        assert error.body["error"]["type"] == "overloaded_error"
    else:
        assert type(error) is driver.sdk.APIError
        assert not hasattr(error, "status_code")
        assert error.code == "server_is_overloaded"


@flavour
def test_the_stream_helpers_raise_it_too(endpoint, drive):
    driver, scenes = drive(replace(SAID, broken_by=Break(0.5, Refusal("server_error"))))
    error = raised_by(driver, scenes.stream, **body_of(endpoint))
    assert "error" in error.message.lower()


def test_the_sdks_are_of_one_generation(endpoint):
    driver = Driver(endpoint, [SAID], is_async=False)
    client = driver.client()
    module = type(client._client).__mro__[1].__module__
    assert module.startswith("httpx2" if driver.on_httpx2 else "httpx.")
