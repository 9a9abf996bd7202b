"""Faults are real on the wire: resets, ends, lengths and stalls, as a raw socket meets them."""

from __future__ import annotations

import shutil
import socket
import subprocess

import pytest
from support.raw_sockets import ASKED, Heard, asked, dialled, heard, request
from support.waiting import PATIENCE, wait_until

from chaos_llm.faults import (
    connect_timeout,
    cut_stream,
    hang,
    raw,
    refuse_connection,
    reset_connection,
    short_body,
    slow_tokens,
    stall_mid_stream,
    tls_failure,
)

STREAMED = ASKED | {"stream": True}


def end_of(chaos_server):
    return [exchange.end for exchange in chaos_server.journal]


def test_a_reset_before_the_headers_is_a_reset(chaos_server):
    chaos_server.on("anthropic").inject(reset_connection())
    assert asked(chaos_server.url) == Heard(b"", "rst")
    assert end_of(chaos_server) == ["reset"]


def test_a_refused_connection_is_the_nearest_thing_a_reset(chaos_server):
    chaos_server.on("anthropic").inject(refuse_connection())
    assert asked(chaos_server.url) == Heard(b"", "rst")


def test_a_hang_ends_in_a_fin_before_the_headers(chaos_server):
    chaos_server.on("anthropic").inject(hang("30s"))
    with dialled(chaos_server.url) as connection:
        connection.sendall(request())
        chaos_server.wait_for(1, within=PATIENCE)
        assert heard(connection, 0.1) == Heard(b"", "silence")
        chaos_server.advance("30s")
        assert heard(connection) == Heard(b"", "fin")
    assert end_of(chaos_server) == ["closed"]


@pytest.mark.parametrize("fault", [hang(), connect_timeout()], ids=repr)
def test_a_silence_lasts_and_is_over_when_the_client_leaves(chaos_server, fault):
    chaos_server.on("anthropic").inject(fault)
    with dialled(chaos_server.url) as connection:
        connection.sendall(request())
        chaos_server.wait_for(1, within=PATIENCE)
        chaos_server.advance("9h")
        assert heard(connection, 0.1) == Heard(b"", "silence")
    chaos_server.do(lambda run: run.waiting)
    wait_until(lambda: end_of(chaos_server) == ["abandoned"])


def test_a_short_body_promises_more_than_comes(chaos_server):
    chaos_server.on("anthropic").inject(short_body())
    told = asked(chaos_server.url)
    (length,) = (
        int(line.partition(b":")[2])
        for line in told.head.lower().splitlines()
        if line.startswith(b"content-length:")
    )
    assert 0 < len(told.body) < length
    assert told.end == "fin"


def test_a_recorded_reply_is_sent_byte_for_byte(chaos_server):
    chaos_server.on("anthropic").inject(raw(418, {"x-tea": "green"}, b"no\x00json"))
    told = asked(chaos_server.url)
    assert told.head.startswith(b"HTTP/1.1 418 I'm a Teapot\r\n")
    assert (b"x-tea: green" in told.head, b"no\x00json" in told.body) == (True, True)


@pytest.mark.parametrize(
    ("by", "end", "journalled"), [("close", "fin", "closed"), ("reset", "rst", "reset")]
)
def test_a_stream_is_cut_in_mid_chunk_sequence(chaos_server, by, end, journalled):
    chaos_server.on("anthropic").inject(cut_stream(by=by))
    told = asked(chaos_server.url, request(body=STREAMED))
    assert told.end == end
    assert b"content_block_delta" in told.body
    assert not told.body.endswith(b"0\r\n\r\n")
    assert end_of(chaos_server) == [journalled]


def test_a_stall_stops_between_two_chunks_and_stays_open(chaos_server):
    chaos_server.on("anthropic").inject(stall_mid_stream())
    with dialled(chaos_server.url) as connection:
        connection.sendall(request(body=STREAMED))
        told = heard(connection, 0.3)
        assert told.end == "silence"
        assert b"content_block_delta" in told.body
        assert b"message_stop" not in told.body


def test_slow_tokens_come_one_by_one_as_the_clock_moves(chaos_server):
    chaos_server.on("anthropic").inject(slow_tokens(5))
    with dialled(chaos_server.url) as connection:
        connection.sendall(request(body=STREAMED))
        pieces = [heard(connection, 0.2).data.count(b"event: content_block_delta")]
        for _ in range(3):
            chaos_server.advance(5)
            pieces.append(heard(connection, 0.1).data.count(b"event: content_block_delta"))
    assert pieces == [1, 1, 1, 1]


def test_a_tls_failure_on_a_plain_port_is_an_end_without_a_byte(chaos_server):
    chaos_server.on("anthropic").inject(tls_failure())
    assert asked(chaos_server.url) == Heard(b"", "fin")


def test_replies_to_pipelined_requests_come_in_order(chaos_server):
    chaos_server.on("anthropic").answers(["one", "two", "three"])
    first, second, last = request(close=False), request(close=False), request()
    told = asked(chaos_server.url, first + second + last)
    assert [told.data.index(word) for word in (b'"one"', b'"two"', b'"three"')] == sorted(
        told.data.index(word) for word in (b'"one"', b'"two"', b'"three"')
    )
    assert end_of(chaos_server) == ["complete"] * 3


def test_a_request_behind_a_slow_reply_waits_for_it(chaos_server):
    chaos_server.on("anthropic").inject(slow_tokens(1), times=1)
    with dialled(chaos_server.url) as connection:
        connection.sendall(request(body=STREAMED, close=False) + request())
        chaos_server.wait_for(1, within=PATIENCE)
        assert heard(connection, 0.1).end == "silence"
        assert len(chaos_server.journal) == 1
        chaos_server.advance("10m")
        assert b"message_stop" in heard(connection).data
    assert end_of(chaos_server) == ["complete", "complete"]


def test_a_request_in_pieces_is_one_request(chaos_server):
    data = request()
    told = asked(chaos_server.url, *(data[at : at + 7] for at in range(0, len(data), 7)))
    assert told.status == 200


def test_a_chunked_request_is_read(chaos_server):
    head = request(body=b"", transfer_encoding="chunked", content_length=None)
    body = request().partition(b"\r\n\r\n")[2]
    chunked = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
    assert asked(chaos_server.url, head + chunked).status == 200


def test_who_asks_before_sending_a_body_is_told_to_go_on(chaos_server):
    head, _, body = request(expect="100-continue").partition(b"\r\n\r\n")
    with dialled(chaos_server.url) as connection:
        connection.sendall(head + b"\r\n\r\n")
        assert connection.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(body)
        assert heard(connection).status == 200


def test_java_offers_http_2_and_is_answered_in_1_1(chaos_server):
    offer = request(upgrade="h2c", connection="Upgrade, HTTP2-Settings", close=False)
    with dialled(chaos_server.url) as connection:
        connection.sendall(offer)
        assert connection.recv(20).startswith(b"HTTP/1.1 200")


def test_a_head_request_has_no_body(chaos_server):
    told = asked(chaos_server.url, request(method="HEAD", body=b""))
    assert (told.body, told.end) == (b"", "fin")
    assert told.status >= 400


@pytest.mark.parametrize(
    ("host", "path", "provider"),
    [
        ("api.anthropic.com", "/v1/messages", "anthropic"),
        ("api.groq.com", "/openai/v1/chat/completions", "groq"),
        ("openrouter.ai", "/api/v1/chat/completions", "openrouter"),
        ("an-alias:8080", "/v1/messages", "anthropic"),
    ],
)
def test_a_vendors_host_or_a_telling_path_leads_to_the_provider(chaos_server, host, path, provider):
    asked(chaos_server.url, request(path, host=host))
    (exchange,) = chaos_server.journal
    assert (exchange.provider, exchange.path) == (provider, path)


def test_a_target_in_absolute_form_names_the_host(chaos_server):
    path = "http://api.openai.com/v1/chat/completions?a=b"
    asked(chaos_server.url, request(path, host="elsewhere"))
    (exchange,) = chaos_server.journal
    assert (exchange.provider, exchange.path) == ("openai", "/v1/chat/completions")


def test_the_login_and_page_surfaces_are_there(chaos_server):
    page = asked(chaos_server.url, request("/anthropic/api/v2/status.json", b"", "GET"))
    assert page.json["status"]["indicator"] == "none"
    form = b"grant_type=refresh_token&refresh_token=r&client_id=c"
    kind = "application/x-www-form-urlencoded"
    asked(chaos_server.url, request("/anthropic/v1/oauth/token", form, content_type=kind))
    assert [exchange.surface for exchange in chaos_server.journal] == ["page", "login"]


def test_a_path_that_nobody_has_is_told_the_way_out(chaos_server):
    told = asked(chaos_server.url, request("/nowhere"))
    assert told.status == 404
    assert "Begin the path with a provider" in told.json["error"]["message"]


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")
@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (None, 0),
        (reset_connection(), 56),  # failure with receiving network data
        (tls_failure(), 52),  # nothing was returned from the server
        (short_body(), 18),  # partial file
        (cut_stream(by="close"), 18),
        (cut_stream(by="reset"), 56),
        (hang(), 28),  # timeout
    ],
    ids=repr,
)
def test_curl_says_what_is_wrong_with_the_wire(chaos_server, fault, code):
    streamed = fault is not None and fault.name == "cut_stream"
    if fault is not None:
        chaos_server.on("anthropic").inject(fault)
    done = subprocess.run(
        ["curl", "-sS", "-N", "--max-time", "2", "-H", "x-api-key: k", "--data", "@-",
         chaos_server.base_url("anthropic") + "/v1/messages"],
        input=request(body=STREAMED if streamed else ASKED).partition(b"\r\n\r\n")[2],
        capture_output=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == code, done.stderr


def test_half_closed_is_closed_but_what_was_due_comes(chaos_server):
    with dialled(chaos_server.url) as connection:
        connection.sendall(request(close=False))
        connection.shutdown(socket.SHUT_WR)
        assert heard(connection).status == 200
