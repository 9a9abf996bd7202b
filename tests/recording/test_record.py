"""`chaos-llm record` passes calls on as they are, and writes down how they went."""

from __future__ import annotations

import gzip
import json
import os
import re
import resource
import signal
import socket
import ssl
import subprocess
import threading
from pathlib import Path

import httpx
import pytest
import trustme
from support.commands import COMMAND
from support.real_servers import reset, serving
from support.recording_servers import recording
from support.waiting import PATIENCE, wait_until

KEY = "sk-ant-api03-PLANTED-SECRET-0123456789"
PROMPT = "a question of a customer, private"
ASKED = {
    "model": "claude-sonnet-5-5",
    "max_tokens": 10,
    "messages": [{"role": "user", "content": PROMPT}],
    "metadata": {"user_id": "customer@example.com"},
}
JSON = b"HTTP/1.1 %d OK\r\nContent-Type: application/json\r\nX-Odd:  two spaces\r\n"
STREAM = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"


def whole(status: int, body: bytes, head: bytes = b"") -> bytes:
    return JSON % status + head + b"content-length: %d\r\n\r\n" % len(body) + body


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


def delta(text: str) -> bytes:
    event = {"type": "content_block_delta", "delta": {"type": "text_delta", "text": text}}
    return b"event: content_block_delta\ndata: " + json.dumps(event).encode() + b"\n\n"


def calls(path, count=1):
    """The calls of a recording, once so many are written."""

    def read():
        rows = path.read_text().splitlines()[1:] if path.exists() else []
        return [json.loads(row) for row in rows] if len(rows) >= count else None

    wait_until(lambda: read() is not None)
    return read()


def ask(url, body=ASKED, **more):
    headers = {"x-api-key": KEY, "cookie": "session=PLANTED-SECRET-OF-A-COOKIE"}
    return httpx.post(f"{url}/v1/messages", json=body, headers=headers, timeout=60, **more)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "calls.jsonl"


def test_a_reply_comes_through_unchanged_and_is_written_down(path):
    body = json.dumps({"type": "message", "content": [{"type": "text", "text": PROMPT}]}).encode()
    with (
        serving(lambda c: c.sendall(whole(200, body))) as vendor,
        recording(path, "--upstream", f"anthropic={vendor}") as (url, *_),
    ):
        reply = ask(f"{url}/anthropic")
        assert reply.content == body
        assert (b"X-Odd", b"two spaces") in reply.headers.raw
        (call,) = calls(path)
    assert call["provider"] == "anthropic"
    assert call["model"] == "claude-sonnet-5-5"
    assert call["status"] == 200
    assert call["end"] == "complete"
    assert call["received"] == len(body)
    assert call["path"] == "/v1/messages"
    assert 0 <= call["first_byte"] <= call["seconds"]


def test_neither_keys_nor_cookies_nor_texts_touch_the_disk(path):
    error = {"type": "error", "error": {"type": "api_error", "message": f"{PROMPT}: {KEY}"}}
    cookie = b"set-cookie: session=PLANTED-IN-A-REPLY-9876543210\r\n"
    with (
        serving(lambda c: c.sendall(whole(500, json.dumps(error).encode(), cookie))) as vendor,
        recording(path, "--upstream", vendor) as (url, *_),
    ):
        ask(url)
        calls(path)
    text = path.read_text()
    assert "PLANTED" not in text
    assert "customer" not in text
    assert "api_error" in text


def test_keep_texts_keeps_prompts_and_answers_without_keys(path):
    body = json.dumps({"content": f"the answer, not {KEY}"}).encode()
    with (
        serving(lambda c: c.sendall(whole(200, body))) as vendor,
        recording(path, "--upstream", vendor, "--keep", "texts") as (url, *_),
    ):
        ask(url)
        (call,) = calls(path)
    assert PROMPT in call["request_body"]
    assert "the answer" in call["reply_body"]
    assert "PLANTED" not in path.read_text()


def test_a_stream_is_passed_on_piece_by_piece(path):
    may_go_on = threading.Event()

    def scene(connection):
        connection.sendall(STREAM + chunk(delta("One ")))
        assert may_go_on.wait(PATIENCE)  # the client has the first piece
        connection.sendall(chunk(delta("two")) + chunk(b"data: {}\n\n") + b"0\r\n\r\n")

    with (
        serving(scene) as vendor,
        recording(path, "--upstream", vendor) as (url, *_),
        httpx.stream("POST", f"{url}/v1/messages", json=ASKED | {"stream": True}, timeout=60) as r,
    ):
        pieces = r.iter_raw()
        assert b"One " in next(pieces)
        may_go_on.set()
        assert b"two" in b"".join(pieces)
        (call,) = calls(path)
    assert call["stream"] is True
    assert call["first_token"] <= call["seconds"]
    assert call["token"] >= 0
    assert len(call["chunks"]) >= 2
    assert sum(size for _, size in call["chunks"]) == call["received"]


@pytest.mark.parametrize(
    ("scene", "end", "status"),
    [
        (reset, "reset", 0),
        (lambda c: c.close(), "reset", 0),
        (lambda c: (c.sendall(STREAM + chunk(delta("Half"))), c.close()), "cut", 200),
        (lambda c: (c.sendall(JSON % 200 + b"content-length: 99\r\n\r\n{"), c.close()), "cut", 200),
    ],
    ids=["reset", "closed", "cut stream", "short body"],
)
def test_an_ending_reaches_the_client_and_is_written_down(path, scene, end, status):
    with (
        serving(scene) as vendor,
        recording(path, "--upstream", vendor) as (url, *_),
    ):
        with pytest.raises(httpx.TransportError):
            ask(url)
        (call,) = calls(path)
    assert call["end"] == end
    assert call.get("status", 0) == status


def test_a_client_that_gives_up_is_written_down(path):
    left = threading.Event()
    with (
        serving(lambda _: left.wait(PATIENCE)) as vendor,
        recording(path, "--upstream", vendor) as (url, *_),
    ):
        with pytest.raises(httpx.ReadTimeout):
            httpx.post(f"{url}/v1/messages", json=ASKED, timeout=httpx.Timeout(60, read=0.2))
        (call,) = calls(path)
        left.set()
    assert call["end"] == "abandoned"
    assert "first_byte" not in call


def test_a_vendor_that_cannot_be_reached_is_written_down(path):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
    with recording(path, "--upstream", address) as (url, *_):
        with pytest.raises(httpx.TransportError):
            ask(url)
        (call,) = calls(path)
    assert call["end"] == "refused"


def test_one_connection_carries_many_calls(path):
    def scene(connection):
        for number in range(5):
            if number:
                received = b""
                while not received.endswith(b"}"):
                    received += connection.recv(65536) or b"}"
            connection.sendall(whole(200, b'{"number": %d}' % number))

    with (
        serving(scene) as vendor,
        recording(path, "--upstream", vendor) as (url, *_),
        httpx.Client(timeout=60) as client,
    ):
        found = [client.post(f"{url}/v1/messages", json=ASKED).json()["number"] for _ in range(5)]
        assert found == [0, 1, 2, 3, 4]
        assert len(calls(path, 5)) == 5


def test_a_chunked_request_arrives_as_it_was_sent(path):
    heard = []

    def scene(connection):
        received = b""
        while not received.endswith(b"0\r\n\r\n"):
            received += connection.recv(65536) or b"0\r\n\r\n"  # its end, should it be cut
        heard.append(received)
        connection.sendall(whole(200, b"{}"))

    with (
        serving(scene) as vendor,
        recording(path, "--upstream", vendor) as (url, *_),
    ):
        pieces = [json.dumps(ASKED).encode()[:40], json.dumps(ASKED).encode()[40:]]
        httpx.post(f"{url}/v1/messages", content=iter(pieces), timeout=60)
        (call,) = calls(path)
    assert heard[0].endswith(chunk(pieces[0]) + chunk(pieces[1]) + b"0\r\n\r\n")
    assert call["sent"] == len(b"".join(pieces))
    assert call["model"] == "claude-sonnet-5-5"


def test_a_compressed_error_is_read_and_passed_on_compressed(path):
    error = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
    body = gzip.compress(json.dumps(error).encode())
    with (
        serving(lambda c: c.sendall(whole(529, body, b"content-encoding: gzip\r\n"))) as vendor,
        recording(path, "--upstream", vendor) as (url, *_),
    ):
        assert ask(url).json() == error
        (call,) = calls(path)
    assert call["error_type"] == "overloaded_error"
    assert call["received"] == len(body)


def test_as_a_proxy_it_records_what_goes_to_a_vendor_over_tls(path, tmp_path):
    authority = trustme.CA()
    ca = tmp_path / "vendor.pem"
    authority.cert_pem.write_to_path(ca)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    hosts = tmp_path / "pyproject.toml"
    with serving(lambda c: c.sendall(whole(200, b'{"ok": 1}')), context) as vendor:
        port = vendor.rpartition(":")[2]
        hosts.write_text(f'[tool.chaos_llm.hosts]\n"localhost:{port}" = "anthropic"\n')
        options = {"cwd": tmp_path, "env": os.environ | {"SSL_CERT_FILE": str(ca)}}
        with recording(path, "--tls", **options) as (url, _, said):
            trusted = re.search(r"SSL_CERT_FILE='([^']+)'", said)
            verify = ssl.create_default_context(cafile=trusted[1])
            reply = httpx.post(
                f"https://localhost:{port}/v1/messages",
                json=ASKED,
                headers={"x-api-key": KEY},
                timeout=60,
                verify=verify,
                proxy=url,
                trust_env=False,
            )
            assert reply.json() == {"ok": 1}
            (call,) = calls(path)
    assert call["provider"] == "anthropic"
    assert "PLANTED" not in path.read_text()


@pytest.mark.parametrize("form", ["{}", "anthropic={}"])
def test_as_a_proxy_it_sends_a_hard_coded_host_to_the_upstream(path, form):
    with (
        serving(lambda c: c.sendall(whole(200, b'{"ok": 1}'))) as gateway,
        recording(path, "--tls", "--upstream", form.format(gateway)) as (url, _, said),
    ):
        trusted = re.search(r"SSL_CERT_FILE='([^']+)'", said)
        reply = httpx.post(
            "https://api.anthropic.com/v1/messages",
            json=ASKED,
            headers={"x-api-key": KEY},
            timeout=60,
            verify=ssl.create_default_context(cafile=trusted[1]),
            proxy=url,
            trust_env=False,
        )
        assert reply.json() == {"ok": 1}
        (call,) = calls(path)
    assert call["provider"] == "anthropic"
    assert call["status"] == 200
    assert gateway.endswith(call["host"])


def test_a_killed_recorder_leaves_whole_lines_and_goes_on_after_them(path):
    with serving(lambda c: c.sendall(whole(200, b"{}"))) as vendor:
        with recording(path, "--upstream", vendor) as (url, process, _):
            for _ in range(20):
                ask(url)
            calls(path, 20)
            process.send_signal(signal.SIGKILL)
            process.wait(PATIENCE)
        for line in path.read_text().splitlines():
            json.loads(line)
        with path.open("a") as torn:
            torn.write('{"at": "2026-05-04T08:')
        with recording(path, "--upstream", vendor) as (url, *_):
            ask(url)
            wait_until(lambda: len(path.read_text().splitlines()) == 23)
    rows = path.read_text().splitlines()
    assert json.loads(rows[-1])["status"] == 200


def test_a_full_disk_loses_lines_and_no_call():
    if not Path("/dev/full").exists():
        pytest.skip("this machine has no /dev/full")
    with (
        serving(lambda c: c.sendall(whole(200, b"{}"))) as vendor,
        recording("/dev/full", "--upstream", vendor) as (url, process, _),
    ):
        assert ask(url).status_code == 200
        assert ask(url).status_code == 200
        process.send_signal(signal.SIGTERM)
        said, complained = process.communicate(timeout=PATIENCE)
        assert "No space left on device" in complained
        assert "0 calls recorded" in said


def test_a_disk_that_is_full_for_a_while_costs_one_torn_line(path):
    """A limit on the size of files stands for the disk: it cuts a line in two, as a full one."""
    with (
        serving(lambda c: c.sendall(whole(200, b"{}"))) as vendor,
        recording(path, "--upstream", vendor) as (url, process, _),
    ):
        assert ask(url).status_code == 200
        calls(path, 1)
        room = path.stat().st_size + 100
        _, most = resource.prlimit(process.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (room, most))
        assert ask(url).status_code == 200
        wait_until(lambda: path.stat().st_size == room)
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (most, most))
        assert ask(url).status_code == 200
        wait_until(lambda: path.stat().st_size > room and path.read_text().endswith("}\n"))
    first, call, torn, after = path.read_text().splitlines()
    assert all(json.loads(line) for line in (first, call, after))
    with pytest.raises(json.JSONDecodeError):
        json.loads(torn)


def test_an_address_that_leads_nowhere_says_what_to_do(path):
    with recording(path) as (url, *_):
        reply = httpx.get(f"{url}/nowhere", timeout=60)
        assert reply.status_code == 404
        assert "--upstream" in reply.json()["error"]["message"]


def test_only_this_machine_may_use_it(path):
    said = subprocess.run(
        [*COMMAND, "record", "-o", str(path), "--host", "0.0.0.0"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert said.returncode == 2
    assert "passes keys on" in said.stderr
