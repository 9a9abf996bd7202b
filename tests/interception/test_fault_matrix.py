"""How the vendors' SDKs handle each fault, in each wire format, plain and streamed.

A row is a fault, a column a wire format and a way to ask. A cell is the error that the SDK raises,
with its attributes, or the text that the app gets; every cell is tested sync and async. The
faults behind the first ones have their table in tests/faults/test_faults_in_sdks.py.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from support.http_clients import Http, close
from support.sdk_drivers import SCENES
from support.wire_requests import BODIES, SAID, TEXT

from chaos_llm import faults, outage
from chaos_llm.faults import FAULTS
from chaos_llm.providers import PROVIDERS

_OF_SDKS = {("anthropic", "messages"), ("openai", "chat"), ("openai", "responses")}
FORMATS = [p for p in PROVIDERS if (p.name, p.api) in _OF_SDKS]
WAYS = ("whole", "events")
LIMIT = 20.0  # the clients' time limit, in seconds


@dataclass(frozen=True)
class Raises:
    """An exception of the SDK, or of its HTTP library where the SDK lets it through."""

    name: str
    of_http: bool = False
    end: str = "complete"  # how the exchange ended
    now: float = 0.0  # when
    shows: dict[str, Any] = field(default_factory=dict)  # attributes of the exception


@dataclass(frozen=True)
class Reads:
    """No exception: the app gets this much of the answer."""

    text: str = TEXT
    now: float | None = 0.0  # None: some time, but no error


@dataclass(frozen=True)
class Unsupported:
    """The format cannot express the fault: it is journalled so, and the answer is clean."""


@dataclass(frozen=True)
class Sdk:
    """A vendor's SDK in the installed version."""

    name: str

    @property
    def module(self) -> Any:
        return importlib.import_module(self.name)

    @property
    def newest(self) -> bool:
        """Whether the SDK uses httpx2; earlier versions use httpx."""
        first = 1 if self.name == "anthropic" else 3
        return int(self.module.__version__.split(".")[0]) >= first

    @property
    def http(self) -> Any:
        return importlib.import_module("httpx2" if self.newest else "httpx")

    def client(self, *, is_async: bool) -> Any:
        maker = {"anthropic": "Anthropic", "openai": "OpenAI"}[self.name]
        kind = getattr(self.module, f"Async{maker}" if is_async else maker)
        return kind(api_key="sk-test", max_retries=0, timeout=LIMIT)


def status(name, number, kind, *, old=None, **shows):
    """The SDK's exception for an error with an HTTP status."""

    def cell(sdk, _api, _way):
        named = name if sdk.newest or old is None else old
        seen = {"status_code": number, "type": kind} | shows
        if sdk.name == "openai":
            return Raises(named, shows={"code": None, "param": None} | seen)
        return Raises(named, shows=seen)

    return cell


def by_vendor(anthropic, openai):
    return lambda sdk, api, way: (anthropic if sdk.name == "anthropic" else openai)(sdk, api, way)


def always(cell):
    return lambda *_: cell


def streams_only(cell):
    return lambda sdk, api, way: Unsupported() if way == "whole" else cell(sdk, api, way)


def connection(end, now=0.0):
    """The SDK's exception for a connection that failed before a status arrived."""
    return always(Raises("APIConnectionError", end=end, now=now))


def timed_out(now=LIMIT):
    return always(Raises("APITimeoutError", end="timeout", now=now))


def in_mid_stream(http_name, sdk_name, end, now=0.0):
    """A break after the headers: only the newest OpenAI SDK has its own class for it."""

    def cell(sdk, _api, _way):
        if sdk.name == "openai" and sdk.newest:
            return Raises(sdk_name, end=end, now=now)
        return Raises(http_name, of_http=True, end=end, now=now)

    return cell


def error_event(sdk, api, _way):
    """An error after status 200, for which no SDK retries."""
    if sdk.name == "anthropic":
        return Raises("APIStatusError", shows={"status_code": 200, "type": "overloaded_error"})
    # The Responses API sends one event more, for which the SDK does not wait.
    end = "abandoned" if api == "responses" else "complete"
    return Raises("APIError", end=end, shows={"code": "server_is_overloaded"})


def too_long(sdk, api, way):
    """OpenAI's error names the field that holds the prompt, and has a code."""
    param = "input" if api == "responses" else "messages"
    openai = {"code": "context_length_exceeded", "param": param}
    shows = openai if sdk.name == "openai" else {}
    return status("BadRequestError", 400, "invalid_request_error", **shows)(sdk, api, way)


def slow_start(sdk, api, way):
    """A reply in one piece is late as a whole; the headers of a stream arrive in time."""
    if way == "whole":
        return timed_out()(sdk, api, way)
    return in_mid_stream("ReadTimeout", "APITimeoutError", "timeout", LIMIT)(sdk, api, way)


HALF = TEXT[: len(TEXT) // 2].rstrip()
INTERNAL = "InternalServerError"
RATE_LIMIT = by_vendor(
    status("RateLimitError", 429, "rate_limit_error", retry_after="7"),
    status("RateLimitError", 429, "tokens", code="rate_limit_exceeded", retry_after="7"),
)

MATRIX = {
    faults.server_error(): by_vendor(
        status(INTERNAL, 500, "api_error"), status(INTERNAL, 500, "server_error")
    ),
    faults.server_error(503): by_vendor(
        status("ServiceUnavailableError", 503, "api_error", old=INTERNAL),
        status(INTERNAL, 503, "server_error"),
    ),
    faults.server_error(504): by_vendor(
        status("GatewayTimeoutError", 504, "timeout_error", old=INTERNAL),
        status(INTERNAL, 504, "server_error"),
    ),
    faults.overloaded(): by_vendor(
        status("OverloadedError", 529, "overloaded_error", retry_after=None),
        status(
            INTERNAL,
            503,
            "service_unavailable_error",
            code="server_is_overloaded",
            retry_after=None,
        ),
    ),
    faults.rate_limited(retry_after=7): RATE_LIMIT,
    faults.rate_limited(retry_after=None): by_vendor(
        status("RateLimitError", 429, "rate_limit_error", retry_after=None),
        status("RateLimitError", 429, "tokens", code="rate_limit_exceeded", retry_after=None),
    ),
    faults.auth_expired(): by_vendor(
        status("AuthenticationError", 401, "authentication_error"),
        status("AuthenticationError", 401, "invalid_request_error", code="invalid_api_key"),
    ),
    faults.context_length_exceeded(): too_long,
    faults.hang(): timed_out(),
    faults.hang("3s"): connection("closed", now=3.0),
    faults.latency(seconds=5): always(Reads(now=5.0)),
    faults.latency(seconds=21): timed_out(),
    faults.slow_first_token(5): always(Reads(now=5.0)),
    faults.slow_first_token(21): slow_start,
    faults.slow_tokens("0.25s"): always(Reads(now=None)),
    faults.refuse_connection(): connection("refused"),
    faults.reset_connection(): connection("reset"),
    faults.cut_stream(): streams_only(
        in_mid_stream("RemoteProtocolError", "APIConnectionError", "closed")
    ),
    faults.cut_stream(by="reset"): streams_only(
        in_mid_stream("ReadError", "APIConnectionError", "reset")
    ),
    faults.error_mid_stream(): streams_only(error_event),
    faults.stall_mid_stream(): streams_only(
        in_mid_stream("ReadTimeout", "APITimeoutError", "timeout", LIMIT)
    ),
    faults.stall_mid_stream(seconds=5): streams_only(always(Reads(now=5.0))),
    faults.html_error_page(): always(
        Raises(INTERNAL, shows={"status_code": 502, "request_id": None})
    ),
    faults.html_error_page(403, page="nginx"): always(
        Raises("PermissionDeniedError", shows={"status_code": 403, "request_id": None})
    ),
    faults.empty_answer(): always(Reads("")),
    faults.truncated_answer(): always(Reads(HALF)),
    faults.raw(418, {"x-teapot": "1"}, json={"error": {"message": "short and stout"}}): always(
        Raises("APIStatusError", shows={"status_code": 418})
    ),
}


def seen_of(error, name):
    """An attribute of the exception; Retry-After is one of its headers."""
    if name == "retry_after":
        return error.response.headers.get("retry-after")
    if name == "type" and not hasattr(error, "type"):  # the generation before: in the body alone
        return error.body["error"]["type"]
    return getattr(error, name)


def ask(sdk, api, way, texts, *, is_async):
    scenes, body = SCENES[api], BODIES[api]

    async def scene():
        client = sdk.client(is_async=is_async)
        try:
            if way == "whole":
                texts.append((await scenes.whole(client, **body)).text)
            else:
                await scenes.events(client, texts, **body)
        finally:
            await close(client)

    return Http("", is_async).run(scene())


def assert_raised(expected, sdk, error, texts, way):
    home = sdk.http if expected.of_http else sdk.module
    assert type(error) is getattr(home, expected.name)
    assert {name: seen_of(error, name) for name in expected.shows} == expected.shows
    if expected.of_http or expected.name == "APIError":  # in mid-stream
        assert way == "events"
        assert TEXT.startswith("".join(texts))
        assert "".join(texts) != TEXT


@pytest.mark.exhaustive
@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("wire", FORMATS, ids=lambda wire: wire.api)
@pytest.mark.parametrize("fault", MATRIX, ids=repr)
def test_cell(fault, wire, way, is_async):
    sdk, texts, error = Sdk(wire.name), [], None
    expected = MATRIX[fault](sdk, wire.api, way)
    with outage() as chaos:
        chaos.on(wire.name).inject(fault).answers(SAID)
        try:
            ask(sdk, wire.api, way, texts, is_async=is_async)
        except Exception as caught:
            error = caught
        now = chaos.now
    (exchange,) = chaos.journal
    (effect,) = exchange.fault_effects
    if isinstance(expected, Raises):
        assert_raised(expected, sdk, error, texts, way)
        assert (exchange.end, now, effect.effect) == (expected.end, expected.now, "applied")
        return
    assert error is None
    assert exchange.end == "complete"
    if isinstance(expected, Unsupported):
        assert (effect.effect, "".join(texts), now) == ("unsupported", TEXT, 0.0)
        return
    assert effect.effect == "applied"
    assert "".join(texts) == expected.text
    if expected.now is None:
        assert 0 < now < LIMIT
    else:
        assert now == expected.now


@pytest.mark.parametrize("wire", FORMATS, ids=lambda wire: wire.api)
def test_an_error_carries_the_id_of_its_request(wire):
    sdk = Sdk(wire.name)
    header = "request-id" if wire.api == "messages" else "x-request-id"
    with outage() as chaos, pytest.raises(sdk.module.APIStatusError) as caught:
        chaos.on(wire.name).inject(faults.server_error())
        ask(sdk, wire.api, "whole", [], is_async=False)
    assert caught.value.request_id == caught.value.response.headers[header]
    assert caught.value.request_id.startswith("req_")


def test_every_fault_has_a_row():
    """Here, in the other table, among the tests of sessions, or in the matrix of all SDKs."""
    tests = Path(__file__).parents[1]
    elsewhere = (
        tests / "faults" / "test_faults_in_sdks.py",
        *tests.glob("interception/test_websocket*.py"),
        *tests.glob("sdk_matrix/expected/*.json"),
    )
    text = "".join(path.read_text(encoding="utf-8") for path in elsewhere)
    here = {fault.name for fault in MATRIX}
    assert not {name for name in FAULTS if name not in here and f"{name}(" not in text}
