"""A real `toxiproxy-server` in front of ours: each toxic, as a raw socket meets it.

The clock of the day stands and is advanced; what Toxiproxy does takes real time, so pauses are
short and are judged from below, or by what did not come.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request

import anthropic
import pytest
from support.raw_sockets import ASKED, asked, dialled, heard, request
from support.real_servers import free_port
from support.waiting import PATIENCE

from chaos_llm.errors import ChaosError, UsageError
from chaos_llm.network import Down, LatencyToxic, LimitData
from chaos_llm.profiles import loads
from chaos_llm.server.launch.server_handle import ServerThread
from chaos_llm.server.launch.settings import Settings
from chaos_llm.toxiproxy.daemon import listens, toxiproxy
from chaos_llm.toxiproxy.proxy import ActiveToxic, ToxiproxyRoute

pytestmark = [
    pytest.mark.exhaustive(of_file=12),  # their toxics run on a real clock
    pytest.mark.skipif(
        shutil.which("toxiproxy-server") is None, reason="needs toxiproxy-server on PATH"
    ),
]
STREAMED = ASKED | {"stream": True}
ILL_FROM, ILL_UNTIL = 60.0, 120.0
DAY = """
title = "an ill wire"
starts = 2026-03-02T12:00:00Z
ends = 2026-03-02T13:00:00Z
[[window]]
name = "the wire is ill"
from = "+1m"
until = "+2m"
on = [{{ provider = "anthropic", surface = "api" }}]
share = {share}
{more}
network = [{toxics}]
evidence = "assumed"
"""


@pytest.fixture(autouse=True)
def ours(monkeypatch):
    """A Toxiproxy of our own, not one that somebody runs."""
    monkeypatch.delenv("TOXIPROXY_URL", raising=False)


def day(*toxics, share=1.0, more=""):
    return loads(DAY.format(share=share, more=more, toxics=", ".join(toxics)), name="ill")


@pytest.fixture
def serving():
    """Servers with Toxiproxy in front; all are stopped with the test."""
    opened = []

    def serve(*toxics, **options):
        thread = ServerThread(Settings([day(*toxics, **options)], clock="manual", toxiproxy=True))
        opened.append(thread.__enter__())
        return thread.hand()

    yield serve
    for thread in opened:
        thread.__exit__(None, None, None)


@pytest.fixture
def ill(serving):
    """A server whose wire is ill by now."""

    def begun(*toxics, **options):
        server = serving(*toxics, **options)
        server.advance("1m")
        return server

    return begun


def ask(server, *, body=ASKED, limit=PATIENCE):
    """One request through the door, with what came and how long it took."""
    began = time.perf_counter()
    answer = asked(server.doors["anthropic"], request(body=body), limit=limit)
    return answer, time.perf_counter() - began


def test_latency_delays_the_answer(ill):
    server = ill('{ toxic = "latency", latency = "300ms" }')
    answer, took = ask(server)
    assert (answer.status, answer.end) == (200, "fin")
    assert took >= 0.3


def test_latency_upstream_delays_the_question(ill):
    server = ill('{ toxic = "latency", latency = "300ms", stream = "upstream" }')
    answer, took = ask(server)
    assert answer.status == 200
    assert took >= 0.3


def test_bandwidth_lets_so_much_through_in_a_second(ill):
    server = ill('{ toxic = "bandwidth", rate = 2 }')
    answer, took = ask(server, body=STREAMED)
    assert answer.end == "fin"
    assert took >= (len(answer.data) - 1000) / 2000  # the first kilobyte may come at once


def test_slow_close_keeps_the_end_back_and_nothing_else(ill):
    server = ill('{ toxic = "slow_close", delay = "400ms" }')
    with dialled(server.doors["anthropic"]) as connection:
        began = time.perf_counter()
        connection.sendall(request())
        first = connection.recv(65536)
        assert first.startswith(b"HTTP/1.1 200")
        answer = heard(connection)
    assert answer.end == "fin"
    assert time.perf_counter() - began >= 0.4


def test_timeout_lets_nothing_through_and_hangs_up(ill):
    server = ill('{ toxic = "timeout", timeout = "300ms" }')
    answer, took = ask(server)
    assert (answer.data, answer.end) == (b"", "fin")
    assert took >= 0.3


def test_timeout_of_nought_is_silence(ill):
    answer, _ = ask(ill('{ toxic = "timeout" }'), limit=0.5)
    assert (answer.data, answer.end) == (b"", "silence")


def test_reset_peer_is_a_real_reset(ill):
    answer, _ = ask(ill('{ toxic = "reset_peer" }'))
    assert (answer.data, answer.end) == (b"", "rst")


def test_slicer_cuts_the_answer_into_slices(ill):
    server = ill('{ toxic = "slicer", average_size = 64, delay = "5ms" }')
    answer, took = ask(server)
    assert (answer.status, answer.end) == (200, "fin")
    assert took >= (len(answer.data) // 64 - 1) * 0.005


def test_limit_data_ends_the_connection_after_so_many_bytes(ill):
    answer, _ = ask(ill('{ toxic = "limit_data", bytes = 100 }'))
    assert (len(answer.data), answer.end) == (100, "fin")


def test_down_refuses_connections(ill):
    server = ill('{ toxic = "down" }')
    with pytest.raises(ConnectionRefusedError):
        ask(server)
    assert not server.journal
    server.advance("1m")
    assert ask(server)[0].status == 200


def test_toxics_are_on_inside_their_window_and_at_no_other_time(serving):
    server = serving('{ toxic = "reset_peer" }', '{ toxic = "latency", latency = "1ms" }')
    met = []
    for by in ("0s", "59s", "1s", "59s", "1s"):
        server.advance(by)
        met.append((server.now, ask(server)[0].end, len(server.toxics)))
    assert met == [(0, "fin", 0), (59, "fin", 0), (60, "rst", 2), (119, "rst", 2), (120, "fin", 0)]


def test_a_reset_that_waits_for_minutes_does_not_outlive_its_window(ill):
    # of a share that is not quite all, so that the server answers and Toxiproxy sleeps on that
    server = ill('{ toxic = "reset_peer", timeout = "3m" }', share=0.9999)
    with dialled(server.doors["anthropic"]) as connection:
        connection.sendall(request())
        server.wait_for(requests=1, within=PATIENCE)
        time.sleep(0.1)  # so that the answer is at Toxiproxy
        server.advance("1m")
        assert ask(server)[0].status == 200


def test_another_provider_is_left_alone(ill):
    server = ill('{ toxic = "reset_peer" }')
    answer = asked(
        server.doors["openai"], request("/openai/v1/models", b"", "GET", authorization="Bearer k")
    )
    assert answer.status == 200


def test_past_the_doors_the_server_plays_the_same_toxics_itself(ill):
    server = ill('{ toxic = "reset_peer" }')
    assert asked(server.url).end == "rst"
    server.on("anthropic").heal()
    assert [ask(server)[0].end, asked(server.url).end, server.toxics] == ["fin", "fin", []]


def test_latency_is_played_once_and_journalled_as_struck(ill):
    server = ill('{ toxic = "latency", latency = "100ms" }')
    answer, took = ask(server)  # the clock stands: a pause of the server's would never be over
    assert answer.status == 200
    (exchange,) = server.journal
    assert [tuple(met) for met in exchange.fault_effects] == [
        ("the wire is ill", "network", "applied")
    ]
    assert (exchange.ok, exchange.end) == (True, "complete")
    assert took >= 0.1


def test_what_the_wire_swallows_is_no_answer_in_the_journal(ill):
    server = ill('{ toxic = "timeout", timeout = "100ms" }')
    ask(server)
    (exchange,) = server.journal
    assert exchange.failed
    assert [met.effect for met in exchange.fault_effects] == ["applied"]


def test_a_share_of_the_connections_is_hit(ill):
    server = ill('{ toxic = "timeout", timeout = "1ms" }', share=0.5)
    came = {bool(ask(server)[0].data) for _ in range(40)}
    assert came == {True, False}  # all alike once in 2 ** 39
    assert not any(exchange.effects for exchange in server.journal)  # nobody tells which


def test_clients_that_share_a_die_meet_the_toxic_when_the_plan_says(serving):
    server = serving(
        '{ toxic = "reset_peer" }', share=0.5, more='sticky_by = "client"\nsticky_for = "5s"'
    )
    met, planned = [], []
    server.advance("1m")
    for _ in range(12):
        met.append(ask(server)[0].end)
        planned.append(asked(server.url).end)
        server.advance("5s")
    assert met == planned
    assert set(met) == {"rst", "fin"}


def test_nobody_listens_to_a_share_of_the_connections_only_if_the_server_says_so(ill):
    server = ill('{ toxic = "down" }', share=0.5)  # Toxiproxy's doors are open or they are not
    assert not server.toxics
    came = {bool(ask(server)[0].data) for _ in range(40)}
    assert came == {True, False}


def test_the_end_of_a_toxic_is_no_pause_that_somebody_waits_for(ill):
    server = ill('{ toxic = "reset_peer" }')
    assert server.do(lambda run: run.clock.next_due) == float("inf")


def test_a_share_that_rises_is_followed(serving):
    line = '[["+1m", 0.0], ["+2m", 1.0]]'
    server = serving('{ toxic = "timeout", timeout = "1ms" }', share=line)
    shares = []
    for by in ("1m", "30s", "29s", "1s"):
        server.advance(by)
        shares.append([each["share"] for each in server.toxics])
    assert shares == [[], [0.5], [0.95], []]


def test_a_window_that_comes_and_goes_is_followed(serving):
    server = serving('{ toxic = "reset_peer" }', more='flap = { down = "10s", up = "10s" }')
    server.advance("1m")
    ends = []
    for _ in range(4):
        ends.append(ask(server)[0].end)
        server.advance("10s")
    assert ends == ["rst", "fin", "rst", "fin"]


def test_a_toxiproxy_that_dies_is_told_and_the_server_stops_all_the_same(serving):
    with toxiproxy() as found:
        server = serving('{ toxic = "reset_peer" }')
        found.process.kill()
        found.process.wait()
        with pytest.raises(ChaosError, match="Toxiproxy cannot be reached"):
            server.advance("1m")


def test_a_window_that_a_connection_cannot_tell_is_played_by_the_server(serving):
    narrowed = '{ provider = "anthropic", surface = "api", model = "claude-opus-*" }'
    text = DAY.format(share=1.0, more="", toxics='{ toxic = "reset_peer" }')
    text = text.replace('{ provider = "anthropic", surface = "api" }', narrowed)
    with ServerThread(
        Settings([loads(text, name="ill")], clock="manual", toxiproxy=True)
    ) as thread:
        server = thread.hand()
        server.advance("1m")
        assert not server.toxics
        bodies = [ASKED | {"model": model} for model in ("claude-opus-4-6", "another")]
        came = [bool(ask(server, body=body)[0].data) for body in bodies]
        assert came == [False, True]


def test_the_wire_follows_a_reset_and_another_day(ill):
    server = ill('{ toxic = "reset_peer" }')
    server.do(lambda run: run.begin_anew())
    assert not server.toxics
    other = day('{ toxic = "limit_data", bytes = 10 }')
    server.do(lambda run: run.begin_anew(profile=other, at="the wire is ill"))
    assert len(ask(server)[0].data) == 10


def test_a_clock_that_runs_puts_toxics_on_and_takes_them_off(ours):
    # Five real seconds of toxics: long enough for a slow machine to see them.
    settings = Settings([day('{ toxic = "reset_peer" }')], clock="scaled", speed=12, toxiproxy=True)
    with ServerThread(settings) as thread:
        server = thread.hand()
        assert thread.wait_until(lambda: server_has_toxics(thread), PATIENCE)
        assert ILL_FROM <= server.now < ILL_UNTIL
        assert thread.wait_until(lambda: not server_has_toxics(thread), PATIENCE)
        assert server.now >= ILL_UNTIL


def server_has_toxics(thread):
    return bool(thread._server.shared.worn())


def test_the_vendors_sdk_meets_it_at_the_address_that_the_server_gives(ill):
    server = ill('{ toxic = "reset_peer" }')
    assert server.env["ANTHROPIC_BASE_URL"] == server.base_url("anthropic")
    client = anthropic.Anthropic(
        api_key="k", base_url=server.env["ANTHROPIC_BASE_URL"], max_retries=0
    )
    with client, pytest.raises(anthropic.APIConnectionError):
        client.messages.create(**ASKED)


def test_a_toxiproxy_that_runs_is_used_and_left_as_it_was(monkeypatch):
    with toxiproxy() as found:
        address = f"http://{found.host}:{found.port}"
        monkeypatch.setenv("TOXIPROXY_URL", address)
        monkeypatch.setenv("PATH", "")
        settings = Settings([day('{ toxic = "reset_peer" }')], clock="manual", toxiproxy=True)
        with ServerThread(settings) as thread:
            server = thread.hand()
            server.advance("1m")
            assert ask(server)[0].end == "rst"
        with urllib.request.urlopen(f"{address}/proxies") as said:
            assert said.read().strip() == b"{}"


def test_servers_of_one_process_share_one_toxiproxy_and_the_last_one_stops_it(serving):
    with toxiproxy() as found:
        one, two = (serving('{ toxic = "reset_peer" }') for _ in "12")
        one.advance("1m")
        assert [ask(each)[0].end for each in (one, two)] == ["rst", "fin"]
        assert found.process.poll() is None
    with toxiproxy() as same:
        assert same is found


def test_ours_ends_with_the_last_server():
    with toxiproxy() as found:
        process = found.process
        assert listens(found.host, found.port)
    assert process.poll() is not None


def test_without_a_toxiproxy_the_error_says_how_to_get_one(monkeypatch):
    monkeypatch.setenv("PATH", "")
    with (
        pytest.raises(
            UsageError, match=r"Put toxiproxy-server on PATH .*, or start one and set TO"
        ),
        ServerThread(Settings(clock="manual", toxiproxy=True)),
    ):
        pass
    monkeypatch.setenv("TOXIPROXY_URL", f"http://127.0.0.1:{free_port()}")
    with (
        pytest.raises(UsageError, match="nothing listens there; start it, or unset it"),
        ServerThread(Settings(clock="manual", toxiproxy=True)),
    ):
        pass


def test_a_command_meets_the_toxics_and_nothing_is_left_behind(tmp_path):
    path = tmp_path / "ill.toml"
    toxics = '{ toxic = "reset_peer" }'
    path.write_text(DAY.format(share=1.0, more="", toxics=toxics), encoding="utf-8")
    code = (
        "import os, urllib.request\n"
        "url = os.environ['ANTHROPIC_BASE_URL']\n"
        "try:\n    urllib.request.urlopen(url + '/v1/messages', b'{}')\n"
        "except OSError as error:\n    print(type(error).__name__, url)\n"
    )
    command = [sys.executable, "-m", "chaos_llm", "run", str(path), "--toxiproxy"]
    done = subprocess.run(
        [*command, "--", sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
    )
    kind, url = done.stdout.split()
    assert kind == "ConnectionResetError"
    host, port = url.removeprefix("http://").partition("/")[0].split(":")
    assert not listens(host, int(port))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_serve_says_the_doors_and_takes_them_away_when_it_is_told_to_end(tmp_path, number):
    path = tmp_path / "ill.toml"
    path.write_text(DAY.format(share=1.0, more="", toxics='{ toxic = "down" }'), encoding="utf-8")
    command = [sys.executable, "-m", "chaos_llm", "serve", str(path), "--toxiproxy"]
    with subprocess.Popen(
        [*command, "--clock", "manual"], stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        said = []
        while not (said and "parallel clients" in said[-1]):
            said.append(process.stdout.readline())
            assert said[-1], said
        text = "".join(said)
        url = re.search(r"plays ill at (http://\S+),", text)[1]
        door = re.search(r"ANTHROPIC_BASE_URL='(http://127.0.0.1:\d+)/anthropic'", text)[1]
        assert url != door
        assert asked(door).status == 200
        advanced = asked(url, request("/__chaos/advance", b'{"by": "1m"}'))
        assert advanced.status == 200
        with pytest.raises(ConnectionRefusedError):
            asked(door)
        assert asked(url, request("/__chaos/state", b"", "GET")).json["server"]["toxics"] == [
            {"provider": "anthropic", "toxic": "Down()", "share": 1.0}
        ]
        asked(url, request("/__chaos/advance", b'{"by": "1m"}'))
        assert asked(door).status == 200
        os.killpg(process.pid, number)  # as a terminal does: to all of the group
        assert process.wait(PATIENCE) == 0
    host, port = door.removeprefix("http://").split(":")
    assert not listens(host, int(port))


@pytest.mark.chaos("openai-2025-06-10-gpu-network", toxiproxy=True)
def test_the_marker_puts_toxiproxy_in_front_of_the_fixture(chaos_server):
    assert set(chaos_server.doors) >= {"anthropic", "openai"}
    assert ask(chaos_server)[0].status == 200


def test_a_door_wears_what_it_is_told_in_order():
    with toxiproxy() as found, socket.create_server(("127.0.0.1", 0)) as upstream:
        door = ToxiproxyRoute(found, "a-door", f"127.0.0.1:{upstream.getsockname()[1]}")
        door.apply({"one": ActiveToxic(LatencyToxic(0.1)), "two": ActiveToxic(LimitData(5), 0.5)})
        assert list(door.active) == ["one", "two"]
        door.apply({"two": ActiveToxic(LimitData(5), 0.25), "off": ActiveToxic(Down())})
        assert (list(door.active), door.is_down) == (["two", "off"], True)
        door.apply({})
        assert not door.active
        host, _, port = door.address.partition(":")
        assert listens(host, int(port))
        door.remove()
        assert not listens(host, int(port))
