"""The egress guard: which requests it refuses, which ones it allows, and its errors."""

from __future__ import annotations

import _socket
import asyncio
import http.client
import importlib
import os
import socket
import ssl
import subprocess
import sys
import threading
import time
import urllib.request
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from multiprocessing import get_context
from socket import getaddrinfo as bound_before

import pytest
import trustme
from support.libraries import library
from support.real_servers import answering, serving
from support.waiting import PATIENCE

from chaos_llm import outage
from chaos_llm.errors import ChildEgress, UncaughtEgress
from chaos_llm.interception.clients import CLIENTS

HOST = "api.openai.com"


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch):
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setattr(urllib.request, "_opener", None)  # it caches the proxies of its first use


@pytest.fixture
def gateway(monkeypatch):
    """A base URL at an address in a documentation net: RFC 5737."""
    monkeypatch.setenv("GROQ_BASE_URL", "http://192.0.2.7:4000")
    return "192.0.2.7"


def connected(call, *args):
    with socket.socket() as sock:
        sock.settimeout(1)
        getattr(sock, call)(*args)


class TestSockets:
    @pytest.mark.parametrize("call", ["connect", "connect_ex", "bind"])
    @pytest.mark.parametrize("host", [HOST, HOST.encode(), "API.OpenAI.com."])
    def test_a3_a_name_is_not_looked_up(self, call, host):
        with pytest.raises(UncaughtEgress, match=r"(?i)api\.openai\.com"), outage():
            connected(call, (host, 443))

    @pytest.mark.parametrize("call", ["connect", "connect_ex"])
    @pytest.mark.parametrize("spelling", ["192.0.2.7", "::ffff:192.0.2.7", "0xc0000207"])
    def test_a3_an_address_that_a_base_url_names_is_refused(self, gateway, call, spelling):
        family = socket.AF_INET6 if ":" in spelling else socket.AF_INET
        with pytest.raises(UncaughtEgress, match="192"), outage(), socket.socket(family) as sock:
            getattr(sock, call)((spelling, 4000))

    def test_a3_another_port_of_that_address_is_another_service(self, gateway):
        with outage() as chaos, socket.socket() as sock:
            sock.setblocking(False)
            assert sock.connect_ex((gateway, 5432)) != 0  # in progress, or no route
            assert not len(chaos.journal)

    def test_a3_datagrams_are_refused(self, gateway):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            with pytest.raises(UncaughtEgress), outage():
                sock.sendto(b"x", (HOST, 443))
            with pytest.raises(UncaughtEgress), outage():
                sock.sendto(b"x", 0, (HOST, 443))
            with pytest.raises(UncaughtEgress), outage():
                sock.sendmsg([b"x"], [], 0, (gateway, 4000))

    @pytest.mark.parametrize(
        "look_up",
        [bound_before, _socket.getaddrinfo],
        ids=["of socket", "of _socket"],
    )
    def test_a3_a_look_up_that_was_bound_before_is_refused(self, look_up):
        with pytest.raises(UncaughtEgress), outage():
            look_up(HOST, 443)

    def test_a3_a_connect_that_was_bound_before_fails_and_is_reported(self):
        with socket.socket() as sock:
            connect = sock.connect
            with pytest.raises(UncaughtEgress), outage(), pytest.raises(socket.gaierror):
                connect((HOST, 443))

    def test_a3_a_hand_made_dns_query_is_refused(self):
        packet = b"\1\2\1\0\0\1\0\0\0\0\0\0\3api\6openai\3com\0\0\1\0\1"
        with (
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock,
            pytest.raises(UncaughtEgress),
            outage(),
        ):
            sock.sendto(packet, ("127.0.0.53", 53))

    def test_a3_a_request_to_a_proxy_on_this_machine_is_refused(self, loopback):
        port = int(loopback.rpartition(":")[2])
        for output in (
            b"CONNECT api.openai.com:443 HTTP/1.1\r\n\r\n",
            b"\5\1\0\3\x0eapi.openai.com",
        ):
            with (
                pytest.raises(UncaughtEgress),
                outage(),
                socket.create_connection(("127.0.0.1", port)) as sock,
            ):
                sock.sendall(output)

    def test_a_stub_on_this_machine_may_be_called_by_the_providers_name(self, loopback):
        port = int(loopback.rpartition(":")[2])
        with outage(), socket.create_connection(("127.0.0.1", port)) as sock:
            sock.sendall(b"GET / HTTP/1.1\r\nHost: api.openai.com\r\n\r\n")
            assert sock.recv(100).startswith(b"HTTP/1.1 200")

    @pytest.mark.filterwarnings("ignore:.*use of fork:DeprecationWarning")
    def test_a_redirected_function_can_be_passed_to_another_process(self):
        """Redirected builtins are pickled by name."""
        with outage(), ProcessPoolExecutor(1, mp_context=get_context("fork")) as pool:
            assert pool.submit(socket.gethostbyname, "127.0.0.1").result(60) == "127.0.0.1"
            assert pool.submit(time.sleep, 0).result(60) is None
            assert pool.submit("-".join, ["a", "b"]).result(60) == "a-b"

    def test_everything_is_restored_after_the_outage(self):
        kinds = (_socket.socket, ssl.SSLSocket, ssl.SSLObject, http.client.HTTPConnection, os)
        before = [dict(vars(kind)) for kind in kinds]
        with outage():
            assert [dict(vars(kind)) for kind in kinds] != before
        assert [dict(vars(kind)) for kind in kinds] == before


class TestTls:
    @pytest.fixture
    def session(self):
        """A connection from before the outage, under the provider's name."""
        authority = trustme.CA()
        server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        authority.issue_cert(HOST).configure_cert(server)
        authority.configure_trust(client)
        with serving(answering("real"), tls=server) as address:
            port = int(address.rpartition(":")[2])
            with (
                socket.create_connection(("127.0.0.1", port)) as sock,
                client.wrap_socket(sock, server_hostname=HOST) as tls,
            ):
                yield tls

    @pytest.mark.parametrize("call", ["send", "sendall", "write"])
    def test_a3_nothing_is_sent_over_a_connection_from_before(self, session, call):
        with pytest.raises(UncaughtEgress), outage():
            getattr(session, call)(b"GET /v1/models HTTP/1.1\r\n\r\n")


class TestTheStandardLibrarysHttp:
    def test_a3_a_tunnel_is_refused_before_the_proxy_is_contacted(self):
        connection = http.client.HTTPSConnection("proxy.invalid", 3128)
        connection.set_tunnel(HOST)
        with pytest.raises(UncaughtEgress, match="standard library's HTTP"), outage():
            connection.request("GET", "/v1/models")

    def test_a3_a_proxy_gets_nothing_about_a_refused_request(self, monkeypatch):
        monkeypatch.setenv("HTTPS_PROXY", "http://proxy.invalid:3128")
        with pytest.raises(UncaughtEgress, match=HOST), outage():
            urllib.request.urlopen(f"https://{HOST}/v1/models", timeout=1)

    def test_a3_a_plain_gateway_behind_a_proxy_is_refused(self, monkeypatch, gateway):
        monkeypatch.setenv("HTTP_PROXY", "http://proxy.invalid:3128")
        with pytest.raises(UncaughtEgress, match=gateway), outage():
            urllib.request.urlopen(f"http://{gateway}:4000/v1/models", timeout=1)

    def test_proxy_variables_are_restored_after_the_outage(self, monkeypatch):
        monkeypatch.setenv("HTTPS_PROXY", "http://proxy.invalid:3128")
        monkeypatch.setenv("NO_PROXY", "corp.invalid")
        with outage():
            assert os.environ["NO_PROXY"].startswith("corp.invalid,")
            assert HOST in os.environ["no_proxy"]
        assert os.environ["NO_PROXY"] == "corp.invalid"
        assert "no_proxy" not in os.environ

    def test_without_proxies_no_variable_is_set(self):
        with outage():
            assert "no_proxy" not in os.environ

    def test_a_server_on_this_machine_is_reached(self, loopback):
        with outage():
            assert urllib.request.urlopen(loopback).read() == b"real"


class TestLoops:
    def test_a3_an_address_that_a_base_url_names_is_refused(self, gateway):
        with pytest.raises(UncaughtEgress, match=gateway), outage():
            asyncio.run(asyncio.open_connection(gateway, 4000))

    def test_a3_a_stub_on_this_machine_is_reached(self, loopback):
        port = int(loopback.rpartition(":")[2])

        async def scene():
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"GET / HTTP/1.1\r\nHost: api.openai.com\r\n\r\n")
            line = await reader.readline()
            writer.close()
            return line

        with outage():
            assert asyncio.run(scene()) == b"HTTP/1.1 200 OK\r\n"


class TestGrpc:
    """A release of grpcio that the simulation was not tested with; see test_grpc.py for others."""

    @pytest.fixture
    def grpc(self, monkeypatch):
        grpc = library("grpc")
        self_test = importlib.import_module("chaos_llm.interception.grpc.self_test")
        monkeypatch.setattr(grpc, "__version__", "9.1.0")
        self_test.is_known.cache_clear()
        yield grpc
        self_test.is_known.cache_clear()

    @pytest.mark.parametrize(
        "target", ["api.x.ai:443", "dns:///api.x.ai:443", "dns://1.1.1.1/api.x.ai", "API.x.ai."]
    )
    def test_a1_a_call_is_refused_with_advice(self, grpc, target):
        with (
            grpc.insecure_channel(target) as channel,
            pytest.raises(UncaughtEgress, match=r'gRPC is simulated with grpcio .*"rest"'),
            outage(),
        ):
            channel.unary_unary("/a.B/C")(b"x", timeout=1)

    @pytest.mark.parametrize(
        "kind", ["unary_unary", "unary_stream", "stream_unary", "stream_stream"]
    )
    def test_a1_every_kind_of_call_is_refused(self, grpc, kind):
        request = iter([b"x"]) if kind.startswith("stream") else b"x"
        with (
            pytest.raises(UncaughtEgress, match="gRPC"),
            outage(),
            grpc.insecure_channel("api.x.ai:443") as channel,
        ):
            getattr(channel, kind)("/a.B/C")(request)

    def test_a1_waiting_for_a_channel_is_refused(self, grpc):
        with (
            pytest.raises(UncaughtEgress, match="gRPC"),
            outage(),
            grpc.insecure_channel("api.x.ai:443") as channel,
        ):
            grpc.channel_ready_future(channel)

    def test_a1_an_address_that_a_base_url_names_is_refused(self, grpc, gateway):
        with (
            pytest.raises(UncaughtEgress, match="gRPC"),
            outage(),
            grpc.insecure_channel(f"ipv4:{gateway}:4000") as channel,
        ):
            channel.unary_unary("/a.B/C")(b"x", timeout=1)

    def test_a1_creating_a_channel_is_allowed(self, grpc):
        with outage(), grpc.insecure_channel("api.x.ai:443"):
            pass


class TestPycurl:
    @pytest.fixture
    def handle(self):
        pycurl = library("pycurl")
        handle = pycurl.Curl()
        handle.setopt(pycurl.TIMEOUT, 2)
        return handle

    def test_a3_a_transfer_is_refused_with_advice(self, handle):
        with pytest.raises(UncaughtEgress, match="native code"), outage():
            handle.setopt(library("pycurl").URL, f"https://{HOST}/v1/models")
            handle.perform()

    def test_a3_a_transfer_that_was_set_up_before_fails_and_is_reported(self, handle):
        pycurl = library("pycurl")
        handle.setopt(pycurl.URL, f"https://{HOST}/v1/models")
        with (
            pytest.raises(UncaughtEgress, match="native code"),
            outage(),
            pytest.raises(pycurl.error, match="resolve"),
        ):
            handle.perform()

    def test_a_server_on_this_machine_is_reached(self, handle, loopback):
        pycurl, output = library("pycurl"), []
        handle.setopt(pycurl.WRITEFUNCTION, output.append)
        with outage():
            handle.setopt(pycurl.URL, loopback)
            handle.perform()
        assert output == [b"real"]


def ask(host=HOST):
    socket.create_connection((host, 443), timeout=1).close()


def ask_and_swallow():
    with suppress(Exception):
        ask()


def ask_url(url):
    return urllib.request.urlopen(url, timeout=5).read()


METHODS = ["fork", "spawn", "forkserver"]


# Python 3.12 and later warn about every fork while other threads exist, as in these tests.
@pytest.mark.filterwarnings("ignore:.*use of fork:DeprecationWarning")
class TestChildProcesses:
    @pytest.mark.parametrize("method", METHODS)
    def test_a2_a_job_of_a_pool_is_refused_with_advice_for_children(self, method):
        with (
            pytest.raises(UncaughtEgress, match=r"child process.*thread.*chaos_server"),
            outage(real_wait=PATIENCE),
            ProcessPoolExecutor(1, mp_context=get_context(method)) as pool,
            pytest.raises(ChildEgress, match="child process"),
        ):
            pool.submit(ask).result(60)

    @pytest.mark.parametrize("method", METHODS)
    def test_a2_an_error_that_a_child_swallows_is_raised_at_the_end(self, method):
        with pytest.raises(UncaughtEgress, match="child process"), outage(real_wait=PATIENCE):
            process = get_context(method).Process(target=ask_and_swallow)
            process.start()
            process.join(60)
            assert process.exitcode == 0

    @pytest.mark.parametrize("method", METHODS)
    def test_a2_a_pool_from_before_is_guarded_while_the_outage_lasts(self, method, loopback):
        with ProcessPoolExecutor(1, mp_context=get_context(method)) as pool:
            assert pool.submit(ask_url, loopback).result(60) == b"real"
            with pytest.raises(UncaughtEgress), outage(real_wait=PATIENCE):
                assert pool.submit(ask_url, loopback).result(60) == b"real"
                pool.submit(ask).result(60)
            with pytest.raises(OSError, match=r"(?i)name|known|resol|address"):
                pool.submit(ask, "no-such-host.invalid").result(60)

    def test_a2_the_pool_of_multiprocessing_survives_the_refusal(self):
        with (
            get_context("spawn").Pool(1) as pool,
            pytest.raises(UncaughtEgress),
            outage(real_wait=PATIENCE),
        ):
            with pytest.raises(ChildEgress):
                pool.apply(ask)
            assert pool.map(len, ["one", "four"]) == [3, 4]

    def test_a2_a_call_by_httpx_in_a_forked_child_is_refused_with_that_advice(self):
        httpx = library("httpx")
        with (
            pytest.raises(UncaughtEgress, match="child process"),
            outage(real_wait=PATIENCE) as chaos,
            ProcessPoolExecutor(1, mp_context=get_context("fork")) as pool,
            pytest.raises(ChildEgress, match="child process"),
        ):
            pool.submit(httpx.get, f"https://{HOST}/v1/models").result(60)
        assert not len(chaos.journal)

    def test_a2_threads_are_answered(self):
        httpx = library("httpx")
        with outage(real_wait=PATIENCE), ThreadPoolExecutor(1) as pool:
            key = {"authorization": "Bearer sk-test"}
            url = f"https://{HOST}/v1/models"
            reply = pool.submit(httpx.get, url, headers=key).result()
        assert reply.status_code == 200

    @pytest.mark.parametrize(
        "options", [{}, {"env": {"PATH": os.environ["PATH"]}}], ids=["ours", "its own"]
    )
    def test_a2_a_python_child_is_refused(self, options):
        code = f"import socket; socket.create_connection(({HOST!r}, 443), 1)"
        with pytest.raises(UncaughtEgress, match="child process"), outage(real_wait=PATIENCE):
            run = subprocess.run(
                [sys.executable, "-c", code], capture_output=True, text=True, check=False, **options
            )
            assert "ChildEgress" in run.stderr

    def test_a2_a_python_child_still_runs_its_own_sitecustomize(self, tmp_path, monkeypatch):
        (tmp_path / "sitecustomize.py").write_text("import builtins; builtins.of_the_site = 42")
        monkeypatch.setenv("PYTHONPATH", str(tmp_path))
        with outage(real_wait=PATIENCE):
            output = subprocess.check_output([sys.executable, "-c", "print(of_the_site)"])
        assert output == b"42\n"

    @pytest.mark.parametrize(
        "command",
        [
            ["curl", f"https://{HOST}/v1/models"],
            ["nc", HOST, "443"],
            ["dig", HOST],
            ["sh", "-c", f"true && curl -s 'https://{HOST}/v1/models' | cat"],
            ["env", "curl", f"{HOST}:443"],
        ],
        ids=" ".join,
    )
    def test_a2_a_network_tool_is_not_started(self, command):
        with pytest.raises(UncaughtEgress, match="child process"), outage(real_wait=PATIENCE):
            subprocess.run(command, check=False)

    def test_a2_other_programs_may_name_a_host(self):
        with outage(real_wait=PATIENCE):
            output = subprocess.check_output(["echo", f"see https://{HOST}/v1/models"], text=True)
        assert HOST in output


class TestTheProxyOfChildren:
    """Children in other languages read proxy variables, as urllib does in a bare Python."""

    CODE = (
        "import sys, urllib.request; print(urllib.request.urlopen(sys.argv[1], timeout=9).read())"
    )

    def run(self, url, **options):
        """Run code in a Python without the guard: `-I` ignores PYTHONPATH, but no proxies."""
        command = [sys.executable, "-I", "-S", "-c", self.CODE, url]
        return subprocess.run(command, capture_output=True, text=True, check=False, **options)

    def test_a2_a_request_to_a_provider_is_refused_and_reported(self):
        with pytest.raises(UncaughtEgress, match="child process"), outage():
            assert "403 Refused by chaos_llm" in self.run(f"https://{HOST}/v1/models").stderr

    def test_a2_a_plain_request_to_a_gateway_is_refused_and_reported(self, gateway):
        with pytest.raises(UncaughtEgress, match=gateway), outage():
            assert "403" in self.run(f"http://{gateway}:4000/v1/models").stderr

    def test_this_machine_is_reached_without_it(self, loopback):
        with outage():
            assert "real" in self.run(loopback).stdout

    def test_another_host_is_reached_through_it(self):
        host = socket.gethostname()  # resolves to this machine, and is not exempt
        with serving_everywhere("real") as port, outage():
            assert "real" in self.run(f"http://{host}:{port}/").stdout

    def test_another_host_is_reached_through_the_apps_own_proxy(self, monkeypatch):
        with serving_everywhere("by the team's proxy") as port:
            monkeypatch.setenv("HTTP_PROXY", f"http://me:secret@127.0.0.1:{port}")
            with outage():
                assert "by the team's proxy" in self.run("http://shop.invalid/").stdout

    def test_it_ends_with_the_outage(self):
        with outage():
            subprocess.run(["true"], check=True)
            port = int(child_environment()["http_proxy"].rpartition(":")[2])
            socket.create_connection(("127.0.0.1", port)).close()
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port))


@contextmanager
def serving_everywhere(text):
    """A server on all addresses of this machine, which answers each request with a text."""
    body = text.encode()
    reply = b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%s" % (len(body), body)

    def serve():
        with suppress(OSError):
            while True:
                peer, _ = listener.accept()
                with peer:
                    peer.recv(65_536)
                    peer.sendall(reply)

    with socket.create_server(("", 0)) as listener:
        threading.Thread(target=serve, daemon=True).start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)


def child_environment():
    output = subprocess.check_output(["env"], text=True)
    return dict(line.split("=", 1) for line in output.splitlines() if "=" in line)


def test_every_client_in_the_table_is_answered_or_has_advice():
    for client in CLIENTS:
        assert client.seam
        assert bool(client.way_out) == (client.treatment == "refused")
