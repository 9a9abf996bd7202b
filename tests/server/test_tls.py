"""TLS and the forward proxy: clients with hard-coded hosts, and handshakes that really fail."""

from __future__ import annotations

import json
import shutil
import socket
import ssl
import subprocess
import threading

import anthropic
import httpx2
import pytest
from support.raw_sockets import ASKED, dialled, heard, request, shaken
from support.waiting import PATIENCE

from chaos_llm.errors import UsageError
from chaos_llm.faults import cut_stream, reset_connection, tls_failure
from chaos_llm.profiles import loads
from chaos_llm.profiles.healthy_baseline import healthy_profile
from chaos_llm.server.launch.server_handle import ServerThread
from chaos_llm.server.launch.settings import Limits, Settings

trustme = pytest.importorskip("trustme")
HOST = "api.anthropic.com"
STREAMED = ASKED | {"stream": True}


@pytest.fixture(scope="module")
def thread():
    with ServerThread(Settings(clock="manual", tls=True)) as thread:
        yield thread


@pytest.fixture
def server(thread):
    hand = thread.hand()
    hand.do(lambda run: run.begin_anew(profile=healthy_profile()))
    return hand


@pytest.fixture(scope="module")
def trusting(thread):
    """What a client needs to trust the server."""
    pem = thread.do(lambda server: server.authority.pem).decode()
    return ssl.create_default_context(cadata=pem)


@pytest.fixture
def certificate(thread, tmp_path):
    path = tmp_path / "ca.pem"
    path.write_bytes(thread.do(lambda server: server.authority.pem))
    return path


def over_tls(server, trusting, host=HOST):
    return trusting.wrap_socket(dialled(server.url), server_hostname=host)


def connected(server, target, **headers):
    """A connection through the proxy, as far as its answer."""
    connection = dialled(server.url)
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    connection.sendall(f"CONNECT {target} HTTP/1.1\r\nhost: {target}\r\n{lines}\r\n".encode())
    return connection


def test_one_port_speaks_tls_and_plain_http(server, trusting):
    with over_tls(server, trusting) as connection:
        connection.sendall(request(host=HOST, path="/v1/messages"))
        assert heard(connection).status == 200
    with dialled(server.url) as connection:
        connection.sendall(request())
        assert heard(connection).status == 200
    assert [exchange.provider for exchange in server.journal] == ["anthropic", "anthropic"]


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "api.openai.com", "x.openai.azure.com"])
def test_every_host_has_a_certificate_of_the_servers_ca(server, trusting, host):
    with over_tls(server, trusting, host) as connection:
        names = {value for _, value in connection.getpeercert()["subjectAltName"]}
    assert host in names


def test_a_tls_failure_ends_the_handshake(server, trusting):
    server.on("anthropic").inject(tls_failure(), times=1)
    with pytest.raises(ssl.SSLEOFError), over_tls(server, trusting):
        pass
    (exchange,) = server.journal
    assert (exchange.end, exchange.path) == ("closed", "(TLS handshake)")
    assert [met.effect for met in exchange.fault_effects] == ["applied"]
    with over_tls(server, trusting) as connection:
        connection.sendall(request(host=HOST, path="/v1/messages"))
        assert heard(connection).status == 200


def test_a_tls_failure_leaves_the_other_hosts_and_open_connections_alone(server, trusting):
    with over_tls(server, trusting) as standing:
        server.on("anthropic").inject(tls_failure())
        with over_tls(server, trusting, "api.openai.com") as connection:
            connection.sendall(request("/v1/chat/completions", host="api.openai.com"))
            assert heard(connection).data.startswith(b"HTTP/1.1 ")
        standing.sendall(request(host=HOST, path="/v1/messages"))
        assert heard(standing).status == 200
        with pytest.raises(ssl.SSLError), over_tls(server, trusting):
            pass


@pytest.mark.parametrize(("by", "end"), [("close", "fin"), ("reset", "rst")])
def test_a_stream_is_cut_over_tls(server, trusting, by, end):
    server.on("anthropic").inject(cut_stream(by=by))
    with dialled(server.url) as connection:
        session, going = shaken(connection, trusting, HOST)
        session.write(request(host=HOST, path="/v1/messages", body=STREAMED))
        connection.sendall(going.read())
        told = heard(connection)
    assert (told.end, len(told.data) > 1000) == (end, True)


def test_a_long_stream_over_tls_is_whole(server, trusting):
    server.on("anthropic").answers("word " * 20_000)
    with over_tls(server, trusting) as connection:
        connection.sendall(request(host=HOST, path="/v1/messages", body=STREAMED))
        told = heard(connection)
    assert told.body.count(b'"text_delta"') == 20_001


def test_the_proxy_answers_for_providers_itself(server, trusting):
    with connected(server, f"{HOST}:443") as connection:
        assert connection.recv(1000) == b"HTTP/1.1 200 Connection established\r\n\r\n"
        with trusting.wrap_socket(connection, server_hostname=HOST) as inner:
            inner.sendall(request(host=HOST, path="/v1/messages"))
            assert heard(inner).status == 200
    assert [exchange.provider for exchange in server.journal] == ["anthropic"]


def test_a_connect_can_name_the_run_of_all_that_follows(server, thread, trusting):
    with connected(server, f"{HOST}:443", **{"X-Chaos-Run": "tunnelled"}) as connection:
        connection.recv(1000)
        with trusting.wrap_socket(connection, server_hostname=HOST) as inner:
            inner.sendall(request(host=HOST, path="/v1/messages"))
            assert heard(inner).status == 200
    assert len(thread.hand("tunnelled").journal) == 1
    assert not server.journal


def test_the_proxy_lets_nothing_else_out(server):
    with connected(server, "example.com:443") as connection:
        told = heard(connection)
    assert (told.status, told.end) == (403, "fin")
    assert "--tunnel" in told.json["error"]["message"]


@pytest.fixture
def echo():
    """A server on loopback that says what it is told."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve():
            connection, _ = listener.accept()
            with connection:
                while data := connection.recv(65536):
                    connection.sendall(data)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        thread.join(PATIENCE)


def test_a_tunnel_is_opened_where_it_is_allowed(echo):
    with ServerThread(Settings(tls=True, tunnel=True)) as thread:
        with connected(thread.hand(), f"127.0.0.1:{echo}") as connection:
            assert connection.recv(1000).startswith(b"HTTP/1.1 200 ")
            sent = b"x" * 300_000
            connection.sendall(sent)
            got = b""
            while len(got) < len(sent):
                got += connection.recv(65536)
            assert got == sent
        connected_still = thread.do(lambda server: server.connections)
        assert thread.wait_until(lambda: not connected_still, PATIENCE)


def test_a_tunnel_to_nobody_is_told(echo):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with (
        ServerThread(Settings(tls=True, tunnel=True)) as thread,
        connected(thread.hand(), f"127.0.0.1:{port}") as connection,
    ):
        assert heard(connection).status == 502
    socket.create_connection(("127.0.0.1", echo)).close()


def test_a_vendors_sdk_with_its_own_host_goes_through_the_proxy(server, trusting):
    http = anthropic.DefaultHttpxClient(proxy=server.url, verify=trusting)
    with anthropic.Anthropic(api_key="k", max_retries=0, http_client=http) as client:
        assert client.messages.create(**ASKED).content[0].text.startswith("Your order KX-48213")
        server.on("anthropic").inject(reset_connection())
        with pytest.raises(anthropic.APIConnectionError):
            client.messages.create(**ASKED)
    assert isinstance(http, httpx2.Client)


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")
@pytest.mark.parametrize(("fault", "code"), [(None, 0), (tls_failure(), 35)], ids=repr)
def test_curl_goes_through_the_proxy_and_meets_a_failing_handshake(
    server, certificate, fault, code
):
    if fault is not None:
        server.on("anthropic").inject(fault)
    done = subprocess.run(
        ["curl", "-sS", "--proxy", server.url, "--cacert", str(certificate), "-H", "x-api-key: k",
         "-H", "anthropic-version: 2023-06-01",
         "--data", json.dumps(ASKED),
         f"https://{HOST}/v1/messages"],
        capture_output=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == code, done.stderr


def test_garbage_in_a_handshake_ends_the_connection(server):
    for garbage in (b"\x16\x03\x01\x00\x05hello", b"\x16" + b"\xff" * 600):
        with dialled(server.url) as connection:
            connection.sendall(garbage)
            assert heard(connection).end in ("fin", "rst")


def test_a_handshake_that_does_not_go_on_is_hung_up_on(monkeypatch):
    monkeypatch.setattr("chaos_llm.server.launch.server._SWEEP", 0.1)
    settings = Settings(tls=True, limits=Limits(patience=0.3))
    with ServerThread(settings) as thread, dialled(thread.hand().url) as connection:
        connection.sendall(b"\x16\x03\x01")
        assert heard(connection).end == "fin"


def test_a_plain_port_does_not_speak_tls(chaos_server):
    with pytest.raises(ssl.SSLError), dialled(chaos_server.url) as plain:
        ssl.create_default_context().wrap_socket(plain, server_hostname=HOST)


def test_without_trustme_the_way_out_is_told(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "trustme", None)
    with (
        pytest.raises(UsageError, match=r"pip install 'chaos_llm\[server\]'"),
        ServerThread(Settings(tls=True)),
    ):
        pass


def test_a_tunnel_needs_the_proxy():
    with pytest.raises(UsageError, match="--tunnel is for the forward proxy; it needs --tls"):
        Settings(tunnel=True)


FLAPS = """
title = "TLS by turns"
starts = 2026-01-01T00:00:00Z
ends = "+1h"
[[window]]
name = "flapping"
from = "+0s"
until = "+1h"
on = [{ provider = "anthropic" }]
share = 1.0
flap = { down = "5m", up = "5m" }
faults = [{ fault = "tls_failure" }]
[window.evidence]
from = "assumed"
until = "assumed"
on = "assumed"
share = "assumed"
flap = "assumed"
faults = "assumed"
"""


def shakes(server, trusting):
    try:
        with over_tls(server, trusting):
            return True
    except ssl.SSLEOFError:
        return False


@pytest.fixture
def flapping(server):
    server.do(lambda run: run.begin_anew(profile=loads(FLAPS, name="flaps")))
    return server


def test_what_is_healed_stays_healed_when_it_would_flap_back(flapping, trusting):
    assert not shakes(flapping, trusting)
    flapping.on("anthropic").heal()
    flapping.advance("10m")
    assert shakes(flapping, trusting)


def test_a_flapping_window_comes_back_unless_it_was_healed(flapping, trusting):
    flapping.advance("5m")
    assert shakes(flapping, trusting)
    flapping.advance("5m")
    assert not shakes(flapping, trusting)


def test_a_handshake_fails_once_the_load_is_over_the_capacity(server, trusting):
    flap = 'flap = { down = "5m", up = "5m" }'
    assert flap in FLAPS
    loaded = FLAPS.replace(flap, 'capacity = { requests = 2, collapses_at = 4, per = "1m" }')
    loaded = loaded.replace('flap = "assumed"', 'capacity = "assumed"')
    server.do(lambda run: run.begin_anew(profile=loads(loaded, name="loaded")))
    for _ in range(4):
        with over_tls(server, trusting) as connection:
            connection.sendall(request(host=HOST, path="/v1/messages"))
            assert heard(connection).status == 200
    server.advance("10s")  # a load is seen as it was at the last whole sixth of its minute
    assert not shakes(server, trusting)
    server.advance("2m")
    assert shakes(server, trusting)
