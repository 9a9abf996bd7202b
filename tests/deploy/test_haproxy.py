"""The real HAProxy with our configuration, in front of two servers: each run is whole on one."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from support.raw_sockets import asked
from support.raw_sockets import request as request_bytes
from support.waiting import PATIENCE, wait_until

from chaos_llm.server.launch.server_handle import ServerThread
from chaos_llm.server.launch.settings import Settings

FOLDER = Path(__file__).parents[2] / "deploy" / "haproxy"
HAPROXY = shutil.which("haproxy", path=f"{os.environ['PATH']}{os.pathsep}/usr/sbin")
pytestmark = [
    pytest.mark.skipif(HAPROXY is None, reason="needs haproxy"),
    pytest.mark.exhaustive(of_file=1),  # it takes HAProxy a second to begin and to end
]


def command(*names):
    return [HAPROXY, "-db", *(part for name in names for part in ("-f", str(FOLDER / name)))]


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return listening.getsockname()[1]


def address(thread):
    return thread.hand().url.removeprefix("http://")


@contextmanager
def balanced(first, second):
    """The address of an HAProxy in front of two servers."""
    listen = f"127.0.0.1:{free_port()}"
    servers = {"CHAOS_SERVER_1": address(first), "CHAOS_SERVER_2": address(second)}
    process = subprocess.Popen(
        command("haproxy.cfg", "two-servers.cfg"),
        env=os.environ | {"CHAOS_LISTEN": listen, **servers},
        stderr=subprocess.DEVNULL,
    )
    url = f"http://{listen}"
    try:
        wait_until(lambda: serves(url))
        yield url
    finally:
        process.terminate()
        process.wait(PATIENCE)


def serves(url):
    try:
        return asked(url, request_bytes("/__chaos/health", b"", "GET")).status == 200
    except OSError:
        return False


@pytest.fixture(scope="module")
def servers():
    with (
        ServerThread(Settings(clock="manual")) as one,
        ServerThread(Settings(clock="manual")) as two,
    ):
        yield one, two


@pytest.fixture(scope="module")
def url(servers):
    with balanced(*servers) as url:
        yield url


def requests_of(thread, run):
    """How many requests of a run one server has seen."""
    return thread.do(
        lambda server: server.runs.begun(run).journal.count if server.runs.begun(run) else 0
    )


@pytest.mark.parametrize(
    "naming",
    [
        lambda run: {"x_chaos_run": run},
        lambda run: {"x_api_key": f"sk-chaos-run-{run}"},
        lambda run: {"authorization": f"Bearer sk-chaos-run-{run}"},
    ],
    ids=["header", "x-api-key", "bearer"],
)
def test_each_run_is_whole_on_one_server(url, servers, naming, request):
    names = [f"{request.node.callspec.id.strip('-')}-{number}" for number in range(16)]
    for _ in range(3):
        for name in names:
            assert sent(url, **naming(name)).status == 200
    seen = [[requests_of(server, name) for server in servers] for name in names]
    assert all(sorted(counts) == [0, 3] for counts in seen)
    assert {counts.index(3) for counts in seen} == {0, 1}  # and both have some


def sent(url, **headers):
    return asked(url, request_bytes(**headers))


def test_requests_without_a_run_are_all_on_one_server(url, servers):
    before = [requests_of(server, "default") for server in servers]
    for _ in range(4):
        assert sent(url).status == 200
    after = [requests_of(server, "default") for server in servers]
    assert sorted(now - then for now, then in zip(after, before, strict=True)) == [0, 4]


def test_an_admin_call_reaches_the_server_of_its_run(url):
    for number in range(6):
        sent(url, x_chaos_run=f"admin-{number}")
        told = asked(url, request_bytes(f"/__chaos/state?run=admin-{number}", b"", "GET"))
        assert told.json["requests"] == 1


def test_a_server_that_is_gone_leaves_the_runs_of_the_other_alone():
    settings = Settings(clock="manual")
    names = [f"run-{number}" for number in range(12)]
    with ExitStack() as gone, ServerThread(settings) as one:
        two = gone.enter_context(ServerThread(settings))
        with balanced(one, two) as url:
            for name in names:
                sent(url, x_chaos_run=name)
            stay = [name for name in names if requests_of(one, name)]
            assert 0 < len(stay) < len(names)
            gone.close()
            wait_until(lambda: all(sent(url, x_chaos_run=name).status == 200 for name in names))
            assert all(requests_of(one, name) >= 2 for name in stay)


def test_the_configuration_for_pods_is_sound_too():
    result = subprocess.run(
        [*command("haproxy.cfg", "pods.cfg"), "-c"],
        env=os.environ | {"CHAOS_LISTEN": ":8080"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
