"""`chaos_llm.record` sees the calls of requests, urllib3, botocore and aiohttp, too."""

from __future__ import annotations

import asyncio
import gzip
import json
import time

import aiohttp
import pytest
import requests
import urllib3
from support.real_servers import free_port, reset, serving

import chaos_llm
from chaos_llm import outage
from chaos_llm.faults import cut_stream, hang, overloaded, reset_connection

ASKED = {
    "model": "claude-sonnet-5-5",
    "max_tokens": 9,
    "messages": [{"role": "user", "content": "a question of a customer, private"}],
}
HEADERS = {"x-api-key": "PLANTED-SECRET-01", "anthropic-version": "2023-06-01"}
ERROR = json.dumps(
    {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
)
EVENT = (
    b"event: content_block_delta\n"
    b'data: {"type":"content_block_delta","delta":{"type":"text_delta","text":"private"}}\n\n'
)


def with_requests(url, timeout=60):
    with requests.Session() as session:
        return session.post(url, json=ASKED, headers=HEADERS, timeout=timeout).content


def with_requests_as_stream(url, timeout=60):
    with (
        requests.Session() as session,
        session.post(url, json=ASKED, headers=HEADERS, timeout=timeout, stream=True) as reply,
    ):
        return b"".join(reply.iter_content(7))


def with_urllib3(url, timeout=60):
    with urllib3.PoolManager() as pools:
        return pools.request(
            "POST", url, json=ASKED, headers=HEADERS, timeout=timeout, retries=False
        ).data


def with_aiohttp(url, timeout=60):
    async def scene():
        limits = aiohttp.ClientTimeout(total=timeout)
        async with (
            aiohttp.ClientSession(timeout=limits, headers=HEADERS) as session,
            session.post(url, json=ASKED) as reply,
        ):
            return b"".join([piece async for piece in reply.content.iter_any()])

    return asyncio.run(scene())


CLIENTS = pytest.mark.parametrize(
    "ask", [with_requests, with_requests_as_stream, with_urllib3, with_aiohttp]
)


def reply(body, status=200, more="content-type: application/json\r\n"):
    head = f"HTTP/1.1 {status} Words\r\n{more}content-length: {len(body)}\r\n\r\n"
    return head.encode() + (body if isinstance(body, bytes) else body.encode())


def rows(path):
    return [json.loads(row) for row in path.read_text().splitlines()[1:]]


@pytest.fixture
def recorded(tmp_path, monkeypatch):
    """Ask a server on loopback, which is Anthropic's for the recording; gives its rows."""

    def run(scene, ask, **options):
        path = tmp_path / "calls.jsonl"
        with serving(scene) as url, monkeypatch.context() as patch:
            patch.setenv("ANTHROPIC_BASE_URL", url)
            with chaos_llm.record(path):
                try:
                    run.got = ask(f"{url}/v1/messages", **options)
                except Exception as error:
                    run.got = error
        assert "PLANTED" not in path.read_text()
        assert "private" not in path.read_text()
        return rows(path)

    return run


@CLIENTS
def test_an_answer_comes_through_and_is_recorded(recorded, ask):
    (call,) = recorded(lambda c: c.sendall(reply('{"id": "msg_1"}')), ask)
    assert recorded.got == b'{"id": "msg_1"}'
    assert (call["provider"], call["model"], call["status"]) == (
        "anthropic",
        "claude-sonnet-5-5",
        200,
    )
    assert (call["end"], call["received"]) == ("complete", 15)
    assert 0 <= call["first_byte"] <= call["seconds"]


@CLIENTS
def test_a_compressed_error_is_read(recorded, ask):
    body = gzip.compress(ERROR.encode())
    more = "content-type: application/json\r\ncontent-encoding: gzip\r\nretry-after: 7\r\n"
    (call,) = recorded(lambda c: c.sendall(reply(body, 529, more)), ask)
    assert recorded.got == ERROR.encode()
    assert (call["status"], call["error_type"]) == (529, "overloaded_error")
    assert call["retry_after"] == 7


@CLIENTS
def test_a_stream_in_chunks_is_followed_to_its_end(recorded, ask):
    def scene(connection):
        connection.sendall(
            b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n"
            b"transfer-encoding: chunked\r\n\r\n"
        )
        for _ in range(3):
            connection.sendall(b"%x\r\n%s\r\n" % (len(EVENT), EVENT))
        connection.sendall(b"0\r\n\r\n")

    (call,) = recorded(scene, ask)
    assert recorded.got == EVENT * 3
    assert (call["end"], call["received"]) == ("complete", 3 * len(EVENT))
    assert call["stream"]
    assert call["first_token"] <= call["seconds"]


@CLIENTS
def test_a_stream_that_is_cut_is_recorded_as_cut(recorded, ask):
    def scene(connection):
        connection.sendall(
            b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n"
            b"transfer-encoding: chunked\r\n\r\n%x\r\n%s\r\n" % (len(EVENT), EVENT)
        )
        connection.shutdown(2)

    (call,) = recorded(scene, ask)
    assert isinstance(recorded.got, Exception)
    assert (call["end"], call["status"]) == ("cut", 200)


@CLIENTS
def test_a_reset_is_recorded_as_one(recorded, ask):
    (call,) = recorded(reset, ask)
    assert isinstance(recorded.got, Exception)
    assert call["end"] == "reset"
    assert "status" not in call


@CLIENTS
def test_no_answer_in_time_is_recorded_as_a_timeout(recorded, ask):
    (call,) = recorded(lambda _: None, ask, timeout=0.05)
    assert isinstance(recorded.got, Exception)
    assert call["end"] == "timeout"


@CLIENTS
def test_a_refused_connection_and_an_unknown_name_are_recorded(tmp_path, monkeypatch, ask):
    ends = []
    for name in (f"http://127.0.0.1:{free_port()}", "http://no-such-host.invalid"):
        path = tmp_path / f"{len(ends)}.jsonl"
        monkeypatch.setenv("ANTHROPIC_BASE_URL", name)
        with chaos_llm.record(path), pytest.raises(Exception):  # noqa: B017, PT011 - of 4 libraries
            ask(f"{name}/v1/messages")
        ends += [call["end"] for call in rows(path)]
    assert ends == ["refused", "unresolved"]


@CLIENTS
def test_in_an_outage_each_is_recorded_as_the_app_meets_it(tmp_path, ask):
    path = tmp_path / "calls.jsonl"
    url = "https://api.anthropic.com/v1/messages"
    with outage(strict=False) as chaos, chaos.record(path):
        ask(url)
        for fault in (overloaded(), reset_connection(), hang()):
            chaos.on("anthropic").inject(fault, times=1)
            try:
                ask(url)
            except Exception:
                time.sleep(1)
    found = [(call.get("status"), call["end"]) for call in rows(path)]
    assert found == [(200, "complete"), (529, "complete"), (None, "reset"), (None, "timeout")]


def test_botocore_is_recorded(tmp_path):
    boto3 = pytest.importorskip("boto3")
    path = tmp_path / "calls.jsonl"
    client = boto3.client(
        "bedrock-runtime", "us-east-1", aws_access_key_id="k", aws_secret_access_key="s"
    )
    messages = [{"role": "user", "content": [{"text": "a question, private"}]}]
    asked = {"modelId": "us.anthropic.claude-sonnet-5-5-v1:0", "messages": messages}
    with outage(strict=False) as chaos, chaos.record(path):
        client.converse(**asked)
        chaos.on("bedrock").inject(cut_stream(), times=1)
        with pytest.raises(Exception):  # noqa: B017, PT011 - botocore's or urllib3's
            list(client.converse_stream(**asked)["stream"])
    whole, cut = rows(path)
    assert (whole["provider"], whole["model"], whole["status"]) == (
        "bedrock",
        "us.anthropic.claude-sonnet-5-5-v1:0",
        200,
    )
    assert cut["end"] in ("cut", "reset")
    assert "private" not in path.read_text()


def test_libraries_have_their_own_methods_back_afterwards(tmp_path):
    seams = (
        (urllib3.HTTPConnectionPool, "_make_request"),
        (aiohttp.ClientSession, "_request"),
        (aiohttp.StreamReader, "feed_data"),
        (aiohttp.ClientResponse, "release"),
    )
    before = [getattr(kind, name) for kind, name in seams]
    with chaos_llm.record(tmp_path / "calls.jsonl"):
        assert all(getattr(*seam) is not real for seam, real in zip(seams, before, strict=True))
    assert [getattr(kind, name) for kind, name in seams] == before
