"""What a client may do to the server: neither end it, nor fill it, nor have it keep a secret."""

from __future__ import annotations

import gc
import json
import random
import socket
from contextlib import ExitStack, closing
from http.client import HTTPConnection

import pytest
from support.raw_sockets import ASKED, asked, dialled, heard, request
from support.waiting import PATIENCE

from chaos_llm.errors import UsageError
from chaos_llm.faults import hang, stall_mid_stream
from chaos_llm.server.connections.connection import Connection
from chaos_llm.server.launch.server_handle import ServerThread
from chaos_llm.server.launch.settings import Limits, Settings

pytestmark = pytest.mark.exhaustive(of_file=14)  # each fills a server to its bound

SMALL = Limits(head=2000, body=5000, ahead=3000, connections=10, runs=3, journal=20)
STREAMED = ASKED | {"stream": True}


@pytest.fixture
def small():
    """A server with bounds that are soon met."""
    with ServerThread(Settings(clock="manual", limits=SMALL)) as thread:
        yield thread


@pytest.fixture(params=[{"patience": 0.3}])
def impatient(monkeypatch, request):
    """A server that soon has enough of a slow client, and that often looks for one."""
    monkeypatch.setattr("chaos_llm.server.launch.server._SWEEP", 0.1)
    with ServerThread(Settings(clock="manual", limits=Limits(**request.param))) as thread:
        yield thread


def empties(thread, within=PATIENCE):
    """Whether nobody is connected any more, soon."""
    connected = thread.do(lambda server: server.connections)
    return thread.wait_until(lambda: not connected, within)


@pytest.mark.parametrize(
    ("sent", "status", "says"),
    [
        (b"GET / HTTP/1.1\r\nx: " + b"y" * 4000, 431, "larger than 2000 bytes"),
        (b"GET /" + b"y" * 4000, 431, "larger than 2000 bytes"),
        (request(content_length="9999999"), 413, "larger than 5000 bytes"),
        (request(body=b"x" * 6000), 413, "larger than 5000 bytes"),
        (b"nonsense\r\n\r\n", 400, "no HTTP/1.1"),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400, "no HTTP/1.1"),
        (b"GET / HTTP/1.0\r\n\r\n", 505, "speaks HTTP/1.1, not 1.0"),
        (request(x_chaos_run="a b"), 400, "X-Chaos-Run is 1 to 64"),
    ],
    ids=lambda value: str(value)[:24] if isinstance(value, str | int) else "",
)
def test_too_much_or_nonsense_is_refused_in_words(small, sent, status, says):
    told = asked(small.hand().url, sent)
    assert (told.status, told.end) == (status, "fin")
    assert says in told.json["error"]["message"]
    assert asked(small.hand().url).status == 200


def test_a_chunked_body_is_bounded_as_it_comes(small):
    head = request(body=b"", transfer_encoding="chunked", content_length=None)
    chunk = b"400\r\n" + b"x" * 1024 + b"\r\n"
    assert asked(small.hand().url, head, *[chunk] * 6).status == 413


def test_who_sends_slowly_is_hung_up_on(impatient):
    with dialled(impatient.hand().url) as connection:
        connection.sendall(request()[:40])
        told = heard(connection)
    assert (told.status, told.end) == (408, "fin")


def test_who_says_nothing_is_hung_up_on(impatient):
    with dialled(impatient.hand().url) as connection:
        assert heard(connection).end == "fin"


@pytest.mark.parametrize("impatient", [{"idle": 1}], indirect=True)
def test_a_kept_connection_is_closed_when_it_has_been_idle(impatient):
    with dialled(impatient.hand().url) as connection:
        connection.sendall(request(close=False))
        told = heard(connection)
    assert (told.status, told.end) == (200, "fin")


def test_a_connection_is_in_use_also_where_the_server_itself_answers(small):
    def since():
        return small.do(lambda server: [each.since for each in server.connections])

    with closing(HTTPConnection(small.hand().url.removeprefix("http://"))) as connection:
        for path in ("/__chaos/state", "/no/such/path", "/__chaos/health"):
            connection.request("GET", path)
            connection.getresponse().read()
            before = since()
            connection.request("GET", path)
            connection.getresponse().read()
            assert since() > before


def test_more_connections_than_the_bound_are_refused(small):
    url = small.hand().url
    small.hand().on("anthropic").inject(hang())
    with ExitStack() as kept:
        for _ in range(SMALL.connections):
            kept.enter_context(dialled(url)).sendall(request())
        small.hand().wait_for(SMALL.connections, within=PATIENCE)
        told = asked(url)
        assert (told.status, told.end) == (503, "fin")
    assert empties(small)
    small.hand().on("anthropic").heal()
    assert asked(url).status == 200


def test_more_runs_than_the_bound_are_refused_with_the_way_out(small):
    url = small.hand().url
    told = [asked(url, request(x_chaos_run=f"run-{n}")) for n in range(4)]
    assert [each.status for each in told] == [200, 200, 503, 503]
    assert "DELETE /__chaos/runs?run=NAME" in told[-1].json["error"]["message"]


def test_the_journal_in_memory_is_bounded_and_says_what_it_dropped(small):
    url = small.hand().url
    for _ in range(25):
        asked(url)
    state = asked(url, request("/__chaos/state", b"", "GET")).json
    assert state["requests"] == 25
    assert state["journal"]["kept"] + state["journal"]["dropped"] == 25
    assert state["journal"]["kept"] <= SMALL.journal
    assert small.hand().journal[-1].number == 24


def test_a_client_that_does_not_read_stops_the_stream_and_not_the_server():
    answer = "word " * 60_000
    with ServerThread(Settings()) as thread:
        hand = thread.hand()
        hand.on("anthropic").answers(answer)
        with dialled(hand.url) as connection:
            connection.sendall(request(body=STREAMED))
            hand.wait_for(1, within=PATIENCE)
            assert asked(hand.url).status == 200
            told = heard(connection)
        assert told.body.count(b'"text_delta"') == 60_001
        assert told.data.endswith(b"0\r\n\r\n")


def test_what_comes_ahead_of_a_slow_reply_is_bounded(small):
    small.hand().on("anthropic").inject(stall_mid_stream(), times=1)
    with dialled(small.hand().url) as connection:
        connection.sendall(request(body=STREAMED, close=False))
        small.hand().wait_for(1, within=PATIENCE)
        connection.settimeout(0.5)
        with pytest.raises(TimeoutError):
            for _ in range(100_000):
                connection.sendall(request(close=False) * 20)


def test_a_client_that_asks_on_and_on_and_does_not_read_is_not_served_on(caplog):
    with ServerThread(Settings(clock="manual")) as thread:
        hand = thread.hand()
        with dialled(hand.url) as connection:
            connection.settimeout(1)
            sent = 0
            with pytest.raises(TimeoutError):
                for _ in range(400):
                    sent += 100
                    connection.sendall(request(close=False) * 100)
            answered = len(hand.journal)
            assert answered < sent
            connection.settimeout(PATIENCE)
            told = b""
            while told.count(b"HTTP/1.1 200 OK") <= answered:
                told += connection.recv(65536)
    assert not caplog.records


SECRETS = ("sk-ant-very-secret", "AIza-very-secret", "a-very-secret-refresh-token")


def test_no_secret_is_journalled_in_clear(tmp_path):
    path = tmp_path / "journal.jsonl"
    with ServerThread(Settings(journal=path)) as thread:
        url = thread.hand().url
        asked(url, request(x_api_key=SECRETS[0]))
        asked(url, request(authorization=f"Bearer {SECRETS[0]}", x_api_key=None))
        asked(url, request(f"/gemini/v1beta/models/m:generateContent?key={SECRETS[1]}", b"{}"))
        form = f"grant_type=refresh_token&client_id=c&refresh_token={SECRETS[2]}".encode()
        asked(url, request("/anthropic/v1/oauth/token", form))
        shown = asked(url, request("/__chaos/journal", b"", "GET")).data
        shown += asked(url, request("/__chaos/state", b"", "GET")).data
        shown += asked(url, request("/__chaos/verdict", b"", "GET")).data
    written = path.read_text()
    assert len(written.splitlines()) == 4
    for secret in SECRETS:
        assert secret not in written
        assert secret.encode() not in shown
    fingerprints = [json.loads(line)["credential"] for line in written.splitlines()]
    assert fingerprints[0] == fingerprints[1] != ""


def test_another_address_than_loopback_needs_a_token():
    with pytest.raises(UsageError, match="can be reached from elsewhere: give --admin-token"):
        Settings(host="0.0.0.0")
    assert Settings(host="0.0.0.0", admin_token="t").admin_token


def test_with_a_token_nobody_steers_without_it():
    state = "/__chaos/state"
    with ServerThread(Settings(admin_token="let-me-in")) as thread:
        url = thread.hand().url
        assert asked(url).status == 200
        refused = asked(url, request(state, b"", "GET"))
        assert refused.status == 401
        assert "Authorization: Bearer TOKEN" in refused.json["error"]["message"]
        assert asked(url, request(state, b"", "GET", x_chaos_token="wrong")).status == 401
        assert asked(url, request(state, b"", "GET", x_chaos_token="let-me-in")).status == 200
        bearer = request(state, b"", "GET", authorization="Bearer let-me-in")
        assert asked(url, bearer).status == 200


def test_a_web_page_of_another_origin_does_not_steer(small):
    state, url = "/__chaos/reset", small.hand().url
    assert asked(url, request(state, b"", origin="https://evil.example")).status == 403
    assert asked(url, request(state, b"", origin="http://127.0.0.1")).status == 200


@pytest.mark.parametrize(
    ("host", "status"),
    [("127.0.0.1:8080", 200), ("localhost", 200), ("[::1]:80", 200), ("rebound.example:8080", 403)],
)
def test_a_name_that_somebody_points_at_this_machine_does_not_steer(small, host, status):
    url = small.hand().url
    assert asked(url, request("/__chaos/state", b"", "GET", host=host)).status == status


def mangled(rng):
    """A request with something wrong with it."""
    data = bytearray(request(body=rng.choice([ASKED, STREAMED, b"{", b"\xff\x00", b""])))
    for _ in range(rng.randrange(6)):
        at = rng.randrange(len(data))
        match rng.randrange(4):
            case 0:
                data[at] = rng.randrange(256)
            case 1:
                del data[at : at + rng.randrange(1, 40)]
            case 2:
                data[at:at] = bytes(rng.randrange(256) for _ in range(rng.randrange(40)))
            case 3:
                data[at:at] = data[rng.randrange(len(data)) :][: rng.randrange(200)]
        data = data or bytearray(b"x")
    return bytes(data[: rng.randrange(len(data) + 1)] if rng.random() < 0.3 else data)


def mangle(url, rng):
    """One client that does not know how to behave."""
    with dialled(url, 2) as connection:
        data, at = mangled(rng), 0
        try:
            while at < len(data):
                size = rng.choice([1, 7, 100, 10_000])
                connection.sendall(data[at : at + size])
                at += size
            match rng.randrange(4):
                case 0:
                    connection.shutdown(socket.SHUT_WR)
                    heard(connection, 0.02)
                case 1:
                    connection.setsockopt(
                        socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0"
                    )
                case 2:
                    heard(connection, 0.02)
                case 3:
                    pass
        except OSError:
            pass  # hung up on


@pytest.mark.parametrize("seed", range(3))
def test_nonsense_neither_ends_the_server_nor_stays_in_it(seed, caplog):
    rng = random.Random(seed)
    with ServerThread(Settings(clock="manual", limits=Limits(patience=1))) as thread:
        url = thread.hand().url
        thread.hand().on("openai").inject(hang())
        for _ in range(150):
            mangle(url, rng)
        assert asked(url).status == 200
        assert empties(thread)
        assert thread.do(lambda server: [len(run.waiting) for run in server.runs]) == [0]
        assert thread.do(lambda server: server.problems) == []
        gc.collect()
        assert not [each for each in gc.get_objects() if isinstance(each, Connection)]
    assert not caplog.records
