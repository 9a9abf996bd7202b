"""The server takes any bytes: no request ends it, breaks a listing or fills its memory."""

from __future__ import annotations

import json
import ssl
import struct
from pathlib import Path

import pytest
from support.raw_sockets import ASKED, asked, dialled, heard, request

from chaos_llm.server.launch.server_handle import ServerThread
from chaos_llm.server.launch.settings import Limits, Settings


@pytest.fixture
def server():
    with ServerThread(Settings(clock="manual")) as thread:
        yield thread


@pytest.fixture
def url(server, capfd):
    yield server.hand().url
    assert server.do(lambda shared: shared.problems) == []
    assert capfd.readouterr().err == ""


def api(url, name, method="GET", body=None, **given):
    content = body if body is not None else (json.dumps(given).encode() if given else b"")
    return asked(url, request(f"/__chaos/{name}", content, method))


def told(heard_):
    return heard_.json["error"]["message"]


BEARER = {"authorization": "Bearer k"}
BODIES = {
    "100,000 levels": (b"[" * 100_000, "recursion limit exceeded"),
    "levels behind NaN": (b'{"a": NaN, "b":' + b"[" * 100_000, "NaN is no JSON"),
    "NaN": (b'{"max_tokens": NaN}', "NaN is no JSON"),
    "an infinity": (b'{"max_tokens": -Infinity}', "-Infinity is no JSON"),
    "half a letter": (
        rb'{"model": "\ud83d"}',
        "no low surrogate in string: line 1 column 12 (char 11)",
    ),
    "the other half": (rb'{"model": "\ude00"}', "no low surrogate in string"),
    "a number of 5,000 digits": (b'{"max_tokens": ' + b"9" * 5000 + b"}", "number out of range"),
    "no UTF-8": (b'{"model": "\xff"}', "can't decode byte 0xff"),
    "a text": (b'"messages"', "expected an object"),
}


@pytest.mark.parametrize("name", BODIES)
def test_e_json_that_vendors_refuse_is_refused_in_their_words(url, name):
    body, says = BODIES[name]
    refused = asked(url, request(body=body))
    assert (refused.status, refused.end) == (400, "fin")
    assert refused.json["error"]["type"] == "invalid_request_error"
    assert refused.json["error"]["message"].startswith("The request body is not valid JSON: ")
    assert says in refused.json["error"]["message"]


def test_e_json_with_more_values_than_can_be_read_meanwhile_is_too_large(url):
    many = {**ASKED, "metadata": {str(number): number for number in range(200_000)}}
    refused = asked(url, request(body=many))
    assert refused.status == 413
    assert refused.json["error"]["type"] == "request_too_large"


ADMIN = {
    "an infinity in a query": ("GET", "journal?since=Infinity", b"", "since is the number"),
    "an infinity in JSON": ("GET", "journal", b'{"since": Infinity}', "the body is no JSON"),
    "a float beyond floats": ("GET", "journal", b'{"since": 1e999}', "since is the number"),
    "a start beyond dates": ("POST", "reset", b'{"at": 1e300}', "more than a hundred years"),
    "a start in a list": ("POST", "reset", b'{"at": [1]}', "is not a time of a profile"),
    "a seed of 4,000 digits": ("POST", "reset", b'{"seed": ' + b"9" * 4000 + b"}", "a seed is a"),
    "a seed of 5,000 digits": ("POST", "reset", b'{"seed": ' + b"9" * 5000 + b"}", "out of range"),
    "brackets in TOML": ("POST", "load", b'{"toml": "[[[["}', "posted.toml:1: not TOML"),
    "depth in TOML": (
        "POST",
        "load",
        json.dumps({"toml": "a = " + "[" * 100_000}).encode(),
        "posted.toml:1: expected at most 50 values",
    ),
    "digits in TOML": (
        "POST",
        "load",
        json.dumps({"toml": "a = " + "9" * 5000}).encode(),
        "posted.toml:1: expected numbers",
    ),
    "a book in TOML": (
        "POST",
        "load",
        json.dumps({"toml": "#" * 300_000}).encode(),
        "toml has 300000 letters",
    ),
    "half a letter as a run": ("POST", "runs", rb'{"run": "\ud800"}', "no low surrogate"),
    "a tag as a run": ("POST", "runs", b'{"run": "<script>"}', "a run's name is 1 to 64 letters"),
    "two lines as a run": ("GET", "state?run=a%0Ab", b"", "a run's name is 1 to 64 letters"),
    "a number as a run": ("POST", "reset", b'{"run": 5}', "a run's name is 1 to 64 letters"),
    "spaces for ever": (
        "POST",
        "advance",
        json.dumps({"by": " " * 900_000 + "x"}).encode(),
        "is not a duration",
    ),
    "a window of a megabyte": (
        "POST",
        "advance",
        json.dumps({"to": "x" * 900_000}).encode(),
        "unknown window 'xxx",
    ),
    "a body of two megabytes": ("POST", "advance", b" " * 2_000_000 + b"{}", "larger than 1048576"),
    "arguments by the hundred": ("GET", "state?" + "a=1&" * 200, b"", "more than 100 arguments"),
    "a fault in a list": (
        "POST",
        "inject",
        b'{"provider": "openai", "fault": [1]}',
        "unknown fault '[1]'",
    ),
    "a length in a table": (
        "POST",
        "inject",
        b'{"provider": "openai", "fault": "latency", "seconds": {"a": 1}}',
        "is not a duration",
    ),
    "answers without end": (
        "POST",
        "answers",
        json.dumps({"provider": "openai", "answers": ["x" * 900] * 900}).encode(),
        "at most 1000 texts of 200000 letters",
    ),
    "a provider in a table": ("POST", "heal", b'{"provider": {}}', "provider is a text"),
}


@pytest.mark.parametrize("name", ADMIN)
def test_e_what_the_admin_api_cannot_do_is_told_and_nothing_breaks(url, name):
    method, target, body, says = ADMIN[name]
    refused = api(url, target, method, body)
    assert refused.status in (400, 413)
    assert says in told(refused)
    assert len(told(refused)) < 1500
    for listing in ("state", "runs", "windows", "journal", "verdict", "timeline"):
        assert api(url, listing).status == 200


def test_e_time_goes_on_for_a_hundred_years_and_no_further(url):
    for _ in range(100):
        last = api(url, "advance", "POST", by="365d")
    assert last.status == 200
    for _ in range(2):
        last = api(url, "advance", "POST", by="365d")
    assert last.status == 400
    assert api(url, "state").status == api(url, "runs").status == 200


def test_e_an_origin_that_is_no_address_is_refused(url):
    assert asked(url, request("/__chaos/reset", b"", origin="http://[")).status == 403


def test_e_a_page_of_another_site_asks_nothing(url):
    crossed = request("/__chaos/state", b"", "GET", sec_fetch_site="cross-site")
    assert asked(url, crossed).status == 403
    same = request("/__chaos/state", b"", "GET", sec_fetch_site="same-origin")
    assert asked(url, same).status == 200


def test_e_the_live_page_may_not_be_framed(url):
    page = asked(url, request("/__chaos/", b"", "GET", accept="text/html"))
    assert b"x-frame-options: DENY" in page.head
    assert b"x-content-type-options: nosniff" in page.head


@pytest.mark.parametrize("name", ["state", "windows", "journal", "verdict", "timeline", "profile"])
def test_e_a_get_begins_no_run(url, name):
    refused = api(url, f"{name}?run=x1")
    assert refused.status == 404
    assert "there is no run 'x1'" in told(refused)
    assert api(url, "state").json["runs"] == ["default"]


def test_e_an_image_on_a_web_page_begins_no_run(url):
    target = "/gemini/v1beta/models?key=chaos-run-x7"
    refused = asked(url, request(target, b"", "GET"))
    assert refused.status == 503
    assert "POST /__chaos/runs" in told(refused)
    assert api(url, "state").json["runs"] == ["default"]
    begun = asked(url, request("/openai/v1/models", b"", "GET", x_chaos_run="x7", **BEARER))
    assert begun.status == 200  # a header is no image's
    assert api(url, "state").json["runs"] == ["default", "x7"]
    assert asked(url, request(target, b"", "GET")).status != 503


def test_e_the_bearer_scheme_may_be_written_small():
    with ServerThread(Settings(admin_token="let-me-in")) as thread:
        address = thread.hand().url
        for scheme in ("bearer", "BEARER", "Bearer "):
            given = request("/__chaos/state", b"", "GET", authorization=f"{scheme} let-me-in")
            assert asked(address, given).status == 200
        wrong = request("/__chaos/state", b"", "GET", authorization="bearer let-me-out")
        assert asked(address, wrong).status == 401


def test_e_the_bound_on_headers_is_kept_in_one_piece_and_in_many(url):
    many = request(**{f"x-{number}": "y" * 1000 for number in range(66)})
    assert asked(url, many).status == 431
    assert asked(url, *(many[at : at + 4000] for at in range(0, len(many), 4000))).status == 431
    assert asked(url, request(**{f"x-{number}": "y" * 1000 for number in range(60)})).status == 200
    assert asked(url, request("/anthropic/v1/messages?" + "x" * 9000)).status == 414
    assert asked(url, request(host="h" * 300)).status == 400


def test_e_seven_hundred_pipelined_upgrades_are_all_answered(url):
    offers = {"connection": "upgrade", "upgrade": "h2c", **BEARER}
    offer = request("/openai/v1/models", b"", "GET", close=False, **offers)
    answers = asked(url, offer * 700, request())
    assert answers.data.count(b"HTTP/1.1 200 OK") == 701
    assert answers.end == "fin"


NAMES = {
    "a NUL": "a\0b",
    "ends of lines": "a\r\n\u2028\u0085b",
    "a mark of direction": "\u202eabc\u202c",
    "a colour of a terminal": "\x1b[31mred",
    "a megabyte": "m" * 1_000_000,
    "a tag": "<script>alert(1)</script>",
}


@pytest.mark.parametrize("name", NAMES)
def test_e_a_model_of_any_name_breaks_no_listing(server, url, tmp_path, name):
    asked(url, request(body=ASKED | {"model": NAMES[name]}))
    asked(url, request("/openai/v1/chat/completions", body=ASKED | {"model": NAMES[name]}))
    lines = api(url, "journal").body.decode().splitlines()
    assert [json.loads(line)["n"] for line in lines] == [0, 1]
    assert all(len(line) < 3000 for line in lines)
    timeline = api(url, "timeline").body.decode()
    assert timeline.replace("\n", "").isprintable()
    assert "\x1b" not in timeline
    for listing in ("state", "runs", "verdict"):
        json.loads(api(url, listing).body)


def test_e_a_call_of_any_name_is_one_call(server, url):
    for name in ("x" * 60_000, "\xff\xfe", "KX-48213", "7"):
        head = request(x_chaos_call=name).replace(name.encode(), name.encode("latin-1"))
        assert asked(url, head).status == 200
        assert asked(url, head).status == 200
    exchanges = server.hand().journal
    assert [each.attempt for each in exchanges] == [0, 1] * 4
    assert len({each.call for each in exchanges}) == 4


def test_e_a_journal_file_has_a_line_for_every_exchange_whatever_it_says(tmp_path):
    path = tmp_path / "journal.jsonl"
    with ServerThread(Settings(journal=path)) as thread:
        for name in NAMES.values():
            asked(thread.hand().url, request(body=ASKED | {"model": name}))
    written = path.read_text(encoding="utf-8")
    assert len(written.splitlines()) == len(NAMES)
    assert [json.loads(line)["n"] for line in written.splitlines()] == list(range(len(NAMES)))


def test_a_journal_file_that_cannot_be_written_costs_no_client_its_answer(capfd):
    with ServerThread(Settings(journal=Path("/dev/full"))) as thread:
        assert [asked(thread.hand().url).status for _ in range(3)] == [200] * 3
    assert capfd.readouterr().err.count("records are lost from here on") == 1


def test_a_journal_in_no_folder_is_told(tmp_path):
    with pytest.raises(Exception, match="cannot be written: No such file"):
        ServerThread(Settings(journal=tmp_path / "nowhere" / "j.jsonl")).__enter__()


def hello(name):
    """A TLS ClientHello that names a host."""
    host = struct.pack("!BH", 0, len(name)) + name
    names = struct.pack("!H", len(host)) + host
    extension = struct.pack("!HH", 0, len(names)) + names
    extensions = struct.pack("!H", len(extension)) + extension
    body = b"\x03\x03" + bytes(32) + b"\0" + b"\x00\x02\x13\x01" + b"\x01\0" + extensions
    message = b"\x01" + len(body).to_bytes(3, "big") + body
    return b"\x16\x03\x01" + struct.pack("!H", len(message)) + message


UNRECOGNIZED = b"\x15\x03\x03\x00\x02\x02\x70"  # RFC 8446: an alert, fatal, unrecognized_name


@pytest.fixture
def tls(capfd):
    pytest.importorskip("trustme", reason="needs trustme")
    with ServerThread(Settings(tls=True)) as thread:
        yield thread
        assert thread.do(lambda shared: shared.problems) == []
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("name", [b"\xff\xfe.example", b"a\0b", "é.example".encode(), b"\x80"])
def test_e_a_host_that_is_no_name_is_refused_with_the_protocols_alert(tls, name):
    for pieces in ([hello(name)], [hello(name)[at : at + 1] for at in range(len(hello(name)))]):
        refused = asked(tls.hand().url, *pieces)
        assert (refused.data, refused.end) == (UNRECOGNIZED, "fin")


@pytest.mark.parametrize("name", [b"*.x", b"-.", b"a" * 300, b"...", b"xn--", b"_x_.example"])
def test_e_a_host_that_no_certificate_can_have_ends_in_words_of_tls(tls, name):
    with dialled(tls.hand().url) as connection:
        connection.sendall(hello(name))
        assert heard(connection, 5).data[:1] == b"\x15"
    assert asked(tls.hand().url).status == 200


def test_e_hosts_that_clients_name_do_not_fill_the_memory(tls):
    context = ssl.create_default_context(cadata=asked(tls.hand().url, request(
        "/__chaos/ca", b"", "GET")).body.decode())  # fmt: skip
    for number in range(300):
        host = f"host-{number}.example"
        with dialled(tls.hand().url) as plain, context.wrap_socket(plain, server_hostname=host):
            pass
    kept = tls.do(lambda shared: shared.authority.context.cache_info())
    assert kept.currsize == kept.maxsize == 256


def test_e_a_slow_question_of_the_admin_api_is_asked_beside_others():
    with ServerThread(Settings(clock="manual", limits=Limits(journal=5000))) as thread:
        url = thread.hand().url
        asked(url, request(close=False) * 1500 + request(), limit=60)
        with dialled(url) as slow, dialled(url) as quick:
            slow.sendall(request("/__chaos/verdict", b"", "GET"))
            quick.sendall(request())
            assert heard(quick).status == 200
            told_ = heard(slow, 60)
        assert told_.status == 200
        assert told_.json["requests"] >= 1501
        journal = asked(url, request("/__chaos/journal", b"", "GET"), limit=60)
        assert len(journal.body.splitlines()) >= 1501


def test_a_client_that_leaves_before_a_slow_answer_harms_nobody(url, server):
    with dialled(url) as connection:
        connection.sendall(request(close=False) * 300)
        server.hand().wait_for(300)
    with dialled(url) as connection:
        connection.sendall(request("/__chaos/journal", b"", "GET"))
    assert asked(url).status == 200
    assert server.wait_until(lambda: True, 1)


def test_pipelined_questions_are_answered_in_their_order_behind_a_slow_one(url, server):
    with dialled(url) as connection:
        connection.sendall(request(close=False) * 300)
        server.hand().wait_for(300)
    first = request("/__chaos/journal", b"", "GET", close=False)
    second = request("/__chaos/state", b"", "GET", close=False)
    answers = asked(url, first + second + request())
    kinds = [line for line in answers.data.split(b"\r\n") if line.startswith(b"content-type: ")]
    assert kinds == [
        b"content-type: application/jsonl",
        b"content-type: application/json",
        b"content-type: application/json",
    ]


def test_what_was_done_by_hand_is_bounded(server, url):
    for _ in range(20):
        many = b"".join(
            request(
                "/__chaos/inject", {"provider": "openai", "fault": "hang", "times": 1}, close=False
            )
            for _ in range(100)
        )
        asked(url, many + request())
    refused = api(url, "inject", "POST", provider="openai", fault="hang")
    assert refused.status == 400
    assert "2000 things were injected, healed or chosen" in told(refused)
    assert api(url, "reset", "POST").status == 200
    assert api(url, "inject", "POST", provider="openai", fault="hang").status == 200


def test_all_runs_share_the_room_for_journals():
    small = Limits(journal=3000, journals=4000, runs=8)
    with ServerThread(Settings(limits=small)) as thread:
        url = thread.hand().url
        for name in ("a", "b", "c"):
            asked(url, request(x_chaos_run=name))
        assert thread.do(lambda shared: {run.journal.limit for run in shared.runs}) == {1000}
        api(url, "runs", "DELETE", run="a")
        api(url, "runs", "DELETE", run="b")
        assert thread.do(lambda shared: {run.journal.limit for run in shared.runs}) == {2000}


def test_e_a_model_s_name_ends_no_header(url):
    body = json.dumps({"model": "a\r\nx-mine: 1\r\n\r\n", "input": "x"}).encode()
    path = "/azure-openai/v1/responses/input_tokens"
    reply = asked(url, request(path, body, api_key="k"))
    assert reply.status == 200
    assert reply.json["object"] == "response.input_tokens"
    assert b"\r\nx-mine" not in reply.data
