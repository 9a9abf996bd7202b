"""`chaos_llm.record` and `--chaos-record` write down the calls that a process makes itself."""

from __future__ import annotations

import asyncio
import json
import os
import textwrap
from pathlib import Path

import anthropic
import httpx
import openai
import pytest
from support.real_servers import reset, serving

import chaos_llm
from chaos_llm import outage
from chaos_llm.errors import UsageError
from chaos_llm.faults import overloaded

CLAUDE = json.dumps(
    {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "claude-sonnet-5-5",
        "content": [{"type": "text", "text": "private"}],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": {"input_tokens": 1, "output_tokens": 1},
    }
)
QUESTION = [{"role": "user", "content": "a question of a customer, private"}]


def reply(body, status=200):
    head = f"HTTP/1.1 {status} OK\r\ncontent-type: application/json\r\n"
    return f"{head}content-length: {len(body)}\r\n\r\n{body}".encode()


def rows(path):
    return [json.loads(row) for row in path.read_text().splitlines()[1:]]


def ask(client):
    return client.messages.create(model="claude-sonnet-5-5", max_tokens=9, messages=QUESTION)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "calls.jsonl"


@pytest.fixture
def vendor(monkeypatch):
    """A server on loopback that a base-URL variable makes Anthropic's."""

    def begin(scene):
        server = serving(scene)
        url = server.__enter__()
        servers.append(server)
        monkeypatch.setenv("ANTHROPIC_BASE_URL", url)
        return url

    servers = []
    yield begin
    for server in servers:
        server.__exit__(None, None, None)


def test_real_calls_of_an_sdk_are_recorded_without_keys_and_texts(path, vendor):
    vendor(lambda c: c.sendall(reply(CLAUDE)))
    with (
        chaos_llm.record(path),
        anthropic.Anthropic(api_key="sk-ant-PLANTED-SECRET-01") as client,
    ):
        assert ask(client).content[0].text
    (call,) = rows(path)
    assert call["provider"] == "anthropic"
    assert call["model"] == "claude-sonnet-5-5"
    assert call["status"] == 200
    assert call["end"] == "complete"
    assert 0 <= call["first_byte"] <= call["seconds"]
    assert "PLANTED" not in path.read_text()
    assert "private" not in path.read_text()


def test_the_vendors_id_of_a_reply_is_recorded(path, vendor):
    said = reply(CLAUDE).replace(b"\r\n\r\n", b"\r\nrequest-id: req_011CX\r\n\r\n", 1)
    vendor(lambda c: c.sendall(said))
    with chaos_llm.record(path), anthropic.Anthropic(api_key="k") as client:
        ask(client)
    assert [call["reply_id"] for call in rows(path)] == ["req_011CX"]


def test_async_calls_are_recorded_too(path, vendor):
    vendor(lambda c: c.sendall(reply(CLAUDE)))

    async def scene():
        async with anthropic.AsyncAnthropic(api_key="k") as client:
            return (await ask(client)).content[0].text

    with chaos_llm.record(path, keep="texts"):
        assert asyncio.run(scene()) == "private"
    (call,) = rows(path)
    assert "customer" in call["request_body"]


def test_an_upload_is_sent_piece_by_piece_and_not_kept(path, vendor):
    url = vendor(lambda c: c.sendall(reply(CLAUDE)))
    pieces = (b"0123456789" for _ in range(3))
    with chaos_llm.record(path), httpx.Client(timeout=60) as client:
        request = client.build_request(
            "POST", f"{url}/v1/messages", content=pieces, headers={"content-length": "30"}
        )
        assert client.send(request).status_code == 200
        with pytest.raises(httpx.StreamConsumed):
            request.read()
    (call,) = rows(path)
    assert call["sent"] == 30
    assert call["status"] == 200


def test_every_attempt_that_fails_is_a_call(path, vendor):
    vendor(reset)
    with (
        anthropic.Anthropic(api_key="k", max_retries=1) as client,
        chaos_llm.record(path),
        pytest.raises(anthropic.APIConnectionError),
    ):
        ask(client)
    assert [call["end"] for call in rows(path)] == ["reset", "reset"]


def test_other_hosts_are_not_recorded_and_nothing_is_after_the_end(path, vendor):
    with serving(lambda c: c.sendall(reply("{}"))) as other:
        vendor(lambda c: c.sendall(reply(CLAUDE)))
        with chaos_llm.record(path):
            assert httpx.get(other, timeout=60).status_code == 200
        with anthropic.Anthropic(api_key="k") as client:
            ask(client)
    assert rows(path) == []


def test_in_an_outage_calls_are_recorded_as_the_app_meets_them_in_virtual_time(path):
    client = openai.OpenAI(api_key="k", max_retries=1)
    with outage() as chaos, chaos.record(path):
        chaos.on("openai").inject(overloaded(), times=1)
        client.chat.completions.create(model="gpt-5.2", messages=QUESTION)
    failed, answered = rows(path)
    assert (failed["status"], answered["status"]) == (503, 200)
    assert answered["at"] > failed["at"]  # the SDK's own pause between them


def test_what_cannot_be_kept_or_written_says_so(tmp_path):
    with (
        pytest.raises(UsageError, match="keep is one of"),
        chaos_llm.record(tmp_path / "x", keep="a"),
    ):
        pass
    with pytest.raises(UsageError, match="cannot be written"), chaos_llm.record(tmp_path):
        pass


def test_the_option_records_the_suite(pytester, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[1]), prepend=os.pathsep)
    pytester.makepyfile(
        textwrap.dedent(
            """
            import os, anthropic
            from support.real_servers import serving

            def test_it(monkeypatch):
                body = b'{"type": "error", "error": {"type": "api_error", "message": "no"}}'
                head = b"HTTP/1.1 500 No\\r\\ncontent-type: application/json\\r\\n"
                reply = head + b"content-length: %d\\r\\n\\r\\n%s" % (len(body), body)
                with serving(lambda c: c.sendall(reply)) as url:
                    with anthropic.Anthropic(api_key="k", base_url=url, max_retries=0) as client:
                        try:
                            client.messages.create(model="m", max_tokens=1, messages=[
                                {"role": "user", "content": "x"}])
                        except anthropic.InternalServerError:
                            pass
            """
        )
    )
    pytester.makepyprojecttoml(
        "[tool.pytest.ini_options]\nasyncio_default_fixture_loop_scope = 'function'\n"
        "[tool.chaos_llm.hosts]\n'127.0.0.1' = 'anthropic'\n"
    )
    options = ("-p", "no:randomly", "-p", "no:cacheprovider")
    run = pytester.runpytest_subprocess(*options, "--chaos-record", "calls.jsonl")
    run.assert_outcomes(passed=1)
    run.stdout.fnmatch_lines(["chaos_llm: 1 call recorded in calls.jsonl"])
    (call,) = rows(pytester.path / "calls.jsonl")
    assert (call["provider"], call["status"], call["error_type"]) == ("anthropic", 500, "api_error")


def test_a_suite_without_a_call_to_a_provider_is_told_so(pytester):
    pytester.makepyfile("def test_nothing():\n    pass\n")
    pytester.makepyprojecttoml(
        "[tool.pytest.ini_options]\nasyncio_default_fixture_loop_scope = 'function'\n"
    )
    options = ("-p", "no:randomly", "-p", "no:cacheprovider")
    run = pytester.runpytest_subprocess(*options, "--chaos-record", "calls.jsonl")
    run.assert_outcomes(passed=1)
    run.stdout.fnmatch_lines(["*--chaos-record saw no call to a provider's host; *"])
