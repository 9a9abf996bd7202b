"""The clouds' own SDKs read their dialects: answers, streams, tools, schemas and errors."""

from __future__ import annotations

import json
from dataclasses import replace

import pydantic
import pytest
from support.cloud_requests import MODELS, SPEAKS_TOOLS, WHOLE_CALLS
from support.cloud_sdks import NEED, SCENES, driver
from support.wire_requests import CALLED, PROMPT, SAID, SAID_AND_CALLED, SCHEMA, TEXT

from chaos_llm.protocol.messages import Break, Completion, Refusal, Usage

pytestmark = pytest.mark.exhaustive(sample=12)


class Place(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid")
    city: str


STOPS = {
    "google-genai": ("STOP", "STOP", "MAX_TOKENS"),
    "anthropic": ("end_turn", "tool_use", "max_tokens"),
    "boto3": ("end_turn", "tool_use", "max_tokens"),
    "cohere": ("COMPLETE", "TOOL_CALL", "MAX_TOKENS"),
    "ollama": ("stop", "stop", "length"),
}
everywhere = pytest.mark.parametrize("label", NEED)
with_tools = pytest.mark.parametrize("label", SPEAKS_TOOLS)
flavour = pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
way = pytest.mark.parametrize("way", ["whole", "stream"])


def play(cloud, label, way, *args, **more):
    """Play one scene of the SDK's."""

    async def scene(client):
        return await getattr(SCENES[label], way)(client, cloud.is_async, *args, **more)

    return cloud.run(scene)


@flavour
@way
@everywhere
def test_an_answer_is_read_in_full(label, is_async, way):
    cloud = driver(label, is_async, SAID)
    seen = play(cloud, label, way)
    assert seen.text == TEXT
    assert seen.calls == []
    assert seen.stop == STOPS[NEED[label]][0]
    assert seen.tokens == (21, 17)
    assert seen.request_id
    (request,) = cloud.requests
    assert request.invalid is None
    assert request.stream is (way == "stream")
    assert request.model == MODELS[label]
    assert request.prompt == PROMPT


@flavour
@way
@everywhere
def test_an_empty_answer_is_no_error(label, is_async, way):
    seen = play(driver(label, is_async, Completion(usage=Usage(21, 17))), label, way)
    assert (seen.text, seen.calls) == ("", [])


@flavour
@way
@everywhere
def test_a_length_limit_is_told(label, is_async, way):
    seen = play(driver(label, is_async, replace(SAID, stop="length")), label, way)
    assert seen.stop == STOPS[NEED[label]][2]


@flavour
@way
@with_tools
def test_tools_are_called_with_their_arguments(label, is_async, way):
    cloud = driver(label, is_async, CALLED)
    parameters = {"type": "object", "properties": {"order": {"type": "string"}}}
    seen = play(cloud, label, way, **SCENES[label].with_tool("track", parameters))
    assert seen.calls == [("track", {"order": "KX-48213", "days": 3})]
    assert seen.stop == STOPS[NEED[label]][1]
    (tool,) = cloud.requests[0].tools
    assert (tool.name, tool.parameters) == ("track", parameters)


@flavour
@way
@with_tools
def test_a_text_and_two_calls_keep_their_order(label, is_async, way):
    seen = play(driver(label, is_async, SAID_AND_CALLED), label, way)
    assert seen.text == "Let me look."
    assert seen.calls == [("track", {"order": "KX-48213"}), ("weather", {"city": "Zürich"})]


@flavour
@with_tools
def test_a_tools_result_comes_back_to_us(label, is_async):
    cloud = driver(label, is_async, CALLED, SAID)
    scenes = SCENES[label]
    tools = scenes.with_tool("track", {"type": "object", "properties": {}})
    play(cloud, label, "whole", **tools)
    more = scenes.with_result(tools, cloud.replies[0], "today")
    assert play(cloud, label, "whole", **more).text == TEXT
    assert cloud.requests[1].answers_tool
    assert cloud.requests[1].prompt == PROMPT


SCHEMAS = [label for label in NEED if hasattr(SCENES[label], "with_schema")]


@flavour
@way
@pytest.mark.parametrize("label", SCHEMAS)
def test_a_schema_is_asked_for_and_met(label, is_async, way):
    cloud = driver(label, is_async, Completion('{"city": "Zürich"}', usage=Usage(21, 17)))
    seen = play(cloud, label, way, **SCENES[label].with_schema(Place))
    assert Place.model_validate_json(seen.text).city == "Zürich"
    wanted = cloud.requests[0].schema
    assert wanted["type"] == "object"
    assert wanted["properties"]["city"]["type"] == SCHEMA["properties"]["city"]["type"]
    assert wanted["required"] == ["city"]


def test_google_parses_what_it_asked_for():
    label = "gemini-generate_content"
    cloud = driver(label, False, Completion('{"city": "Zürich"}'))

    async def parsed(client):
        config = SCENES[label].with_schema(Place)
        return client.models.generate_content(model="gemini-2.5-flash", contents="x", **config)

    assert cloud.run(parsed).parsed == Place(city="Zürich")


def raised_by(cloud, label, way, *args, **more):
    try:
        play(cloud, label, way, *args, **more)
    except Exception as error:
        return error
    return pytest.fail("nothing was raised")


STATUSES = (400, 401, 402, 403, 404, 408, 409, 413, 422, 429, 500, 502, 503, 504, 529)
GENAI = {status: "ClientError" if status < 500 else "ServerError" for status in STATUSES}
CLAUDE = dict.fromkeys(STATUSES, "APIStatusError") | {
    400: "BadRequestError",
    401: "AuthenticationError",
    403: "PermissionDeniedError",
    404: "NotFoundError",
    409: "ConflictError",
    422: "UnprocessableEntityError",
    429: "RateLimitError",
    500: "InternalServerError",
    502: "InternalServerError",
    503: "ServiceUnavailableError",
    504: "InternalServerError",
    529: "InternalServerError",
}  # before 1, the clients for clouds have a shorter list than the one for Anthropic's own
CLAUDE_ON_VERTEX = CLAUDE | {504: "DeadlineExceededError"}
CLAUDE_ON_HTTPX2 = CLAUDE | {
    402: "PaymentRequiredError",
    408: "RequestTimeoutError",
    413: "ContentTooLargeError",
    504: "GatewayTimeoutError",
    529: "OverloadedError",
}
COHERE = dict.fromkeys(STATUSES, "ApiError") | {
    400: "BadRequestError",
    401: "UnauthorizedError",
    403: "ForbiddenError",
    404: "NotFoundError",
    422: "UnprocessableEntityError",
    429: "TooManyRequestsError",
    500: "InternalServerError",
    503: "ServiceUnavailableError",
    504: "GatewayTimeoutError",
}
BOTO3 = dict.fromkeys(STATUSES, "ClientError") | {
    400: "ValidationException",
    403: "AccessDeniedException",
    404: "ResourceNotFoundException",
    408: "ModelTimeoutException",
    429: "ThrottlingException",
    500: "InternalServerException",
    503: "ServiceUnavailableException",
}
CLASSES = {
    "google-genai": GENAI,
    "boto3": BOTO3,
    "cohere": COHERE,
    "ollama": dict.fromkeys(STATUSES, "ResponseError"),
}


def expected_class(cloud, status):
    if cloud.package == "anthropic":
        before = CLAUDE_ON_VERTEX if cloud.provider.name == "vertex" else CLAUDE
        return (CLAUDE_ON_HTTPX2 if cloud.on_httpx2 else before)[status]
    return CLASSES[cloud.package][status]


def status_of(error):
    if hasattr(error, "response") and isinstance(error.response, dict):  # botocore's
        return error.response["ResponseMetadata"]["HTTPStatusCode"]
    return error.status_code if hasattr(error, "status_code") else error.code


@way
@pytest.mark.parametrize("status", STATUSES)
@everywhere
def test_a_status_raises_its_class(label, way, status):
    kind = "server_error" if status >= 500 else "invalid_request"
    cloud = driver(label, False, Refusal(kind, status, message="It “failed”"))
    error = raised_by(cloud, label, way)
    assert type(error).__name__ == expected_class(cloud, status)
    assert status_of(error) == status
    assert "It “failed”" in str(error)


# kind: what the SDK shows of it besides the class
KINDS = {
    "google-genai": {
        "auth_expired": (401, "UNAUTHENTICATED"),
        "permission": (403, "PERMISSION_DENIED"),
        "not_found": (404, "NOT_FOUND"),
        "rate_limited": (429, "RESOURCE_EXHAUSTED"),
        "quota": (429, "RESOURCE_EXHAUSTED"),
        "server_error": (500, "INTERNAL"),
        "overloaded": (503, "UNAVAILABLE"),
        "timeout": (504, "DEADLINE_EXCEEDED"),
    },
    "boto3": {
        "auth_expired": (403, "ExpiredTokenException"),
        "permission": (403, "AccessDeniedException"),
        "not_found": (404, "ResourceNotFoundException"),
        "rate_limited": (429, "ThrottlingException"),
        "quota": (400, "ServiceQuotaExceededException"),
        "server_error": (500, "InternalServerException"),
        "overloaded": (503, "ServiceUnavailableException"),
        "timeout": (408, "ModelTimeoutException"),
    },
    "cohere": {
        "auth_expired": (401, "Incorrect API key provided"),
        "permission": (403, "forbidden"),
        "not_found": (404, "model 'command-a-03-2025' not found"),
        "rate_limited": (429, "limited to 40 API calls / minute"),
        "quota": (429, "limited to 1000 API calls / month"),
        "server_error": (500, "this has been reported to our developers. id "),
        "overloaded": (503, "service unavailable"),
        "timeout": (504, "gateway timeout"),
    },
    "ollama": {
        "auth_expired": (401, "unauthorized"),
        "permission": (403, "forbidden"),
        "not_found": (404, "model 'llama3.2' not found"),
        "rate_limited": (429, "too many concurrent requests"),
        "quota": (402, "You've reached your usage limit"),
        "server_error": (500, "model runner has unexpectedly stopped"),
        "overloaded": (503, "maximum pending requests exceeded"),
        "timeout": (500, "timed out waiting for llama runner to start"),
    },
}
KINDS_OF_CLAUDE = {
    "vertex-raw_predict": {
        "auth_expired": (401, "UNAUTHENTICATED"),
        "rate_limited": (429, "RESOURCE_EXHAUSTED"),
        "overloaded": (529, "overloaded_error"),
        "server_error": (500, "api_error"),
    },
    "bedrock-invoke": {
        "auth_expired": (403, "security token included in the request is expired"),
        "rate_limited": (429, "Too many tokens, please wait"),
        "overloaded": (503, "Bedrock is unable to process your request"),
        "server_error": (500, "unexpected error during processing"),
    },
}


def kinds():
    for label, package in NEED.items():
        for kind, shown in (KINDS.get(package) or KINDS_OF_CLAUDE[label]).items():
            yield label, kind, shown


@way
@pytest.mark.parametrize(("label", "kind", "shown"), list(kinds()))
def test_an_error_carries_the_vendors_words(label, way, kind, shown):
    error = raised_by(driver(label, False, Refusal(kind)), label, way)
    status, text = shown
    if label == "gemini-generate_content" and kind == "auth_expired":
        status, text = 400, "API_KEY_INVALID"  # what Google says of an expired key
    assert status_of(error) == status
    assert text in str(error)


@flavour
@everywhere
def test_an_error_in_a_stream_comes_after_what_was_told(label, is_async):
    if label == "cohere-v2_chat":
        pytest.skip("Cohere's SDK raises nothing: the next test")
    broken = replace(SAID, broken_by=Break(0.5, Refusal("overloaded", message="Too “full”")))
    told, cloud = [], driver(label, is_async, broken)
    error = raised_by(cloud, label, "events", told)
    assert 0 < len("".join(told)) < len(TEXT)
    assert TEXT.startswith("".join(told))
    if label == "bedrock-invoke" and not cloud.on_httpx2:
        assert type(error) is ValueError  # which shows the frame's bytes
        assert "serviceUnavailableException" in str(error)
        return
    assert "Too “full”" in str(error)
    expected = {
        "google-genai": ("ServerError", 503),
        "anthropic": ("APIStatusError", 200),  # HTTP had said 200, so it is no OverloadedError
        "boto3": ("EventStreamError", None),
        "ollama": ("ResponseError", -1),
    }[NEED[label]]
    seen = status_of(error) if expected[1] is not None else None
    assert (type(error).__name__, seen) == expected


@flavour
def test_coheres_broken_stream_ends_without_an_exception(is_async):
    label = "cohere-v2_chat"
    broken = replace(SAID, broken_by=Break(0.5, Refusal("overloaded", message="Too “full”")))
    told = []
    end = play(driver(label, is_async, broken), label, "events", told)
    assert TEXT.startswith("".join(told))
    assert "".join(told) != TEXT
    assert (end.finish_reason, end.error) == ("ERROR", "Too “full”")


@flavour
@with_tools
def test_arguments_cut_in_a_stream_do_not_pass_for_whole_ones(label, is_async):
    if label in WHOLE_CALLS:
        pytest.skip("a call comes in one piece")
    broken = replace(CALLED, broken_by=Break(0.5, Refusal("server_error"), within="tool"))
    error = raised_by(driver(label, is_async, broken), label, "stream")
    assert isinstance(error, json.JSONDecodeError) is (label == "cohere-v2_chat")
