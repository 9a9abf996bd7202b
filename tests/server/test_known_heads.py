"""A request whose head is known is the request that a parser makes of the same bytes."""

from __future__ import annotations

import json
import random
from http.client import HTTPConnection

import pytest
from support.raw_sockets import asked, dialled, heard, request
from support.small_profiles import profile_of, window
from support.waiting import PATIENCE

from chaos_llm.faults import cut_stream, hang, overloaded
from chaos_llm.profiles.model import Target
from chaos_llm.providers import find
from chaos_llm.server.http.addresses import Place
from chaos_llm.server.http.known_heads import KnownHeads
from chaos_llm.server.http.request_parser import RequestParser
from chaos_llm.server.launch.server_handle import ServerThread
from chaos_llm.server.launch.settings import Limits, Settings


def post(body=b"{}", **headers):
    """The bytes of a request; `headers` are added, or left out where they are None."""
    usual = {"host": "127.0.0.1", "content-length": str(len(body)), "x-api-key": "k"}
    named = usual | {name.replace("_", "-"): value for name, value in headers.items()}
    lines = [f"{name}: {value}\r\n" for name, value in named.items() if value is not None]
    return f"POST /v1/messages?a=b HTTP/1.1\r\n{''.join(lines)}\r\n".encode() + body


def parsed(data):
    """The first request that a parser makes of some bytes; None if they are no whole request."""
    parser = RequestParser(Limits())
    parser.feed(data)
    return next(iter(parser.whole), None)


def nowhere(method, host, path):
    return None


def known(heads, data):
    """The request that some bytes are, if their head is known."""
    head = heads.find(data)
    return head and head.with_body(head.body(data))


def taught(*requests):
    heads = KnownHeads(nowhere)
    for data in requests:
        heads.learn(data, parsed(data))
    return heads


@pytest.mark.parametrize("body", [b"{}", b"[]", b"ab"], ids=str)
def test_another_body_of_that_length(body):
    data = post(body)
    assert known(taught(post()), data) == parsed(data)


@pytest.mark.parametrize(
    "data",
    [
        post(b"{ }"),
        post(x_api_key="other"),
        post()[:-1],
        post() + b"\r\n",
        post() + post(),
        post().partition(b"\r\n\r\n")[0],
        b"",
    ],
    ids=["longer", "another key", "not whole", "more", "two", "no end", "nothing"],
)
def test_other_bytes_are_not_known(data):
    assert known(taught(post()), data) is None


@pytest.mark.parametrize(
    "data",
    [
        post(expect="100-continue"),
        post(upgrade="h2c"),
        post(content_length=None, transfer_encoding="chunked", body=b"2\r\n{}\r\n0\r\n\r\n"),
        post(x_long="x" * 5000),
    ],
    ids=["expect", "upgrade", "chunked", "long"],
)
def test_unusual_requests_are_not_learned(data):
    heads, asked = KnownHeads(nowhere), parsed(post())
    heads.learn(data, asked._replace(headers=dict(parsed(data).headers) if parsed(data) else {}))
    assert known(heads, data) is None


@pytest.mark.parametrize(
    ("data", "is_found"),
    [
        (post(), True),
        (post(content_encoding="gzip"), False),
        (post().replace(b"POST", b"HEAD"), False),
        (post().replace(b"HTTP/1.1", b"HTTP/1.0"), False),
        (post().replace(b"/v1/messages", b"/__chaos/advance"), False),
    ],
    ids=["plain", "encoded", "another method", "an old version", "the server's own"],
)
def test_only_a_plain_post_to_a_provider_is_answered_by_its_head_alone(data, is_found):
    asked, provider = [], find("anthropic", "POST", "/v1/messages")

    def somewhere(*address):
        asked.append(address)
        return Place(provider, "/v1/messages")

    heads = KnownHeads(somewhere)
    heads.learn(data, parsed(data))
    head = heads.find(data)
    assert head.provider is (provider if is_found else None)
    assert asked == [("POST", "127.0.0.1", "/v1/messages")] * is_found


def test_the_oldest_head_makes_room():
    heads = taught(*(post(x_number=str(number)) for number in range(1025)))
    assert known(heads, post(x_number="0")) is None
    assert known(heads, post(x_number="1024")) is not None


def chats(count):
    """The paths, bodies and headers of requests that an app may send, drawn at random."""
    draw = random.Random(7)
    for _ in range(count):
        path, model = draw.choice(
            [
                ("/anthropic/v1/messages", "claude-opus-4-6"),
                ("/openai/v1/chat/completions", "gpt-4o"),
            ]
        )
        prompt = draw.choice(["Why?", "Where is KX-48213?", "Where is AB-12345?", 'Say "ü".', ""])
        body = {"model": model, "max_tokens": 500, "stream": draw.random() < 0.4}
        body["messages"] = [{"role": "user", "content": prompt}]
        named = {"x_chaos_call": str(draw.randrange(3))} if draw.random() < 0.2 else {}
        yield path, body, named


def test_requests_with_known_heads_get_what_those_with_new_heads_get():
    profile = profile_of(window(overloaded(), cut_stream(), share=0.3, on=Target("*")))

    def replies(heads):
        with ServerThread(Settings(profiles=[profile], clock="manual", seed=1)) as thread:
            url = thread.hand().url
            for (path, body, named), head in zip(chats(120), heads, strict=False):
                yield asked(url, request(path, body, **named, **head)).data
            yield asked(url, request("/__chaos/journal", b"", "GET")).body

    known = [*replies({} for _ in range(120))]
    new = [*replies({"x_number": str(number)} for number in range(120))]
    assert known == new
    assert b" 529 " in b"".join(known)


def test_a_connection_may_change_its_head_with_each_request():
    body = json.dumps({"model": "gpt-4o", "messages": [{"role": "user", "content": "Why?"}]})
    runs = ["one", "other", "one", "one", "other", "other"]
    with ServerThread(Settings(clock="manual")) as thread:
        server = thread.hand()
        connection = HTTPConnection(server.url.removeprefix("http://"))
        for run in runs:
            headers = {"authorization": f"Bearer chaos-run-{run}", "content-type": "text/plain"}
            connection.request("POST", "/openai/v1/chat/completions", body, headers)
            assert connection.getresponse().read()
        connection.close()
        counts = {run: len(server.run(run).journal) for run in ("one", "other")}
    assert counts == {"one": 3, "other": 3}


def test_blank_lines_behind_a_request_that_waits_are_no_head_of_it():
    with ServerThread(Settings(clock="manual")) as thread:
        hand = thread.hand()
        hand.on("anthropic").inject(hang(), times=1)
        with dialled(hand.url) as connection:
            connection.sendall(request(close=False))
            hand.wait_for(1, within=PATIENCE)
            for piece in (request("/__chaos/state", b"", "GET", close=False), b"\r\n\r\n"):
                connection.sendall(piece)
                asked(hand.url)  # so the server has read the piece
            with dialled(hand.url) as other:
                other.sendall(b"\r\n\r\n")
                asked(hand.url)
                other.sendall(request())
                received = heard(other)
    assert (received.status, received.data.count(b"HTTP/1.1 ")) == (200, 1)
