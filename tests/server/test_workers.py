"""`chaos-llm serve --workers 2`: each run whole on one worker, whoever gets the connection."""

from __future__ import annotations

import json
import os
import signal
import ssl
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest
from support.commands import COMMAND, run_command
from support.libraries import library
from support.raw_sockets import ASKED, asked, dialled, heard, request, shaken
from support.waiting import PATIENCE, wait_until

from chaos_llm.server.launch.server_handle import ServerThread
from chaos_llm.server.launch.settings import Settings
from chaos_llm.server.workers.run_names import worker_of

pytestmark = [
    pytest.mark.exhaustive(of_file=4),  # the servers' processes take seconds to begin
    pytest.mark.skipif(sys.platform != "linux", reason="sockets are handed on as on Linux"),
]

STORM = "anthropic-529-storm"
SET = (STORM, "--clock", "manual", "--workers", "2")
HOST = "api.anthropic.com"
HALF = """
title = "half of all"
starts = 2026-01-01T00:00:00Z
ends = "+1h"
[[window]]
name = "w"
from = "+0s"
until = "+1h"
on = [{ provider = "anthropic" }]
share = 0.5
faults = [{ fault = "overloaded" }]
evidence = "assumed"
"""
CALM = HALF.replace("share = 0.5", "share = 0.0")  # answers at once, where time stands, too


def run_on(worker, prefix):
    """The name of a run that lives on this worker."""
    return next(f"{prefix}-{n}" for n in range(99) if worker_of(f"{prefix}-{n}", 2) == worker)


class Serving:
    """A server in a process of its own."""

    def __init__(self, process, url, said):
        self.process, self.url, self.said = process, url, said

    @property
    def workers(self):
        """Process ids of the workers."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(pid) for pid in children.read_text().split()]

    def admin(self, path, body=b"", method="GET"):
        return asked(self.url, request(f"/__chaos/{path}", body, method))

    def begin(self, *names, **more):
        for name in names:
            assert self.admin("runs", {"run": name, **more}, "POST").status == 200

    def journal(self, run):
        """The records of a run."""
        lines = self.admin(f"journal?run={run}").body.decode().splitlines()
        return [json.loads(line) for line in lines]

    def cpu(self):
        """CPU seconds that the parent has used."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def serving(*arguments):
    process = subprocess.Popen(
        [*COMMAND, "serve", *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        said = ""
        while "parallel clients" not in said:
            line = process.stdout.readline()
            assert line, process.stderr.read()
            said += line
        yield Serving(process, said.partition(" at ")[2].partition(",")[0], said)
    finally:
        process.terminate()
        process.wait(PATIENCE)
        process.stdout.close()
        process.stderr.close()


@pytest.fixture(scope="module")
def server():
    with serving(*SET) as server:
        yield server


def one_reply(connection):
    """The status of the next reply on a kept connection, whose body is read."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += (came := connection.recv(1))
        assert came, data
    head = data.decode("latin-1").lower()
    left = int(head.partition("content-length: ")[2].partition("\r")[0])
    while left:
        left -= len(connection.recv(left))
    return int(head.split(" ")[1])


def kept(**headers):
    return request(close=False, **headers)


def test_the_greeting_says_how_many_workers_there_are(server):
    assert f"plays {STORM} at {server.url}, seed 0, 2 workers" in server.said
    assert len(server.workers) == 2
    assert server.admin("state").json["server"]["workers"] == 2


def test_a_run_meets_what_it_would_meet_with_one_worker(server):
    def played(url):
        """Statuses of interleaved requests of some runs."""
        for number in range(4):
            begin = {"run": f"same-{number}", "toml": HALF, "seed": number}
            assert asked(url, request("/__chaos/runs", begin)).status == 200
        return [asked(url, request(x_chaos_run=f"same-{n % 4}")).status for n in range(24)]

    with ServerThread(Settings(clock="manual")) as alone:
        of_one = played(alone.hand().url)
    assert played(server.url) == of_one
    assert set(of_one) == {200, 529}


def test_every_run_is_whole_on_one_worker(server):
    for number in range(36):
        asked(server.url, request(x_chaos_run=f"whole-{number % 6}"))
    runs = server.admin("runs").json
    for number in range(6):
        name = f"whole-{number}"
        assert [each["n"] for each in server.journal(name)] == list(range(6))
        assert runs[name]["requests"] == 6
    assert {worker_of(f"whole-{n}", 2) for n in range(6)} == {0, 1}


def test_a_kept_connection_may_name_another_run_with_each_request(server):
    runs = [f"kept-{number % 5}" for number in range(20)]
    server.begin(*set(runs), toml=CALM)
    with dialled(server.url) as connection:
        for run in runs:
            connection.sendall(kept(x_chaos_run=run))
            assert one_reply(connection) == 200
    assert [len(server.journal(f"kept-{n}")) for n in range(5)] == [4] * 5


def test_a_key_names_a_run_too(server):
    run = run_on(1, "key")
    asked(server.url, request(x_api_key=f"sk-chaos-run-{run}"))
    assert len(server.journal(run)) == 1


def test_pipelined_requests_of_several_runs_are_answered_in_order(server):
    names = [run_on(worker, f"pipe-{n}") for n, worker in enumerate((0, 1, 1, 0))]
    server.begin(*names, toml=CALM)
    with dialled(server.url) as connection:
        connection.sendall(b"".join(kept(x_chaos_run=name) for name in names))
        assert [one_reply(connection) for _ in names] == [200] * 4
    assert [len(server.journal(name)) for name in names] == [1] * 4


def test_a_large_body_goes_with_the_connection(server):
    first, second = run_on(0, "big"), run_on(1, "big")
    server.begin(first, second, toml=CALM)
    words = {**ASKED, "messages": [{"role": "user", "content": "word " * 100_000}]}
    with dialled(server.url) as connection:
        connection.sendall(kept(x_chaos_run=first))
        assert one_reply(connection) == 200
        connection.sendall(request(body=words, close=False, x_chaos_run=second))
        assert one_reply(connection) == 200
    assert len(server.journal(second)) == 1


def test_a_chunked_request_goes_with_the_connection(server):
    first, second = run_on(0, "chunk"), run_on(1, "chunk")
    server.begin(first, second, toml=CALM)
    body = json.dumps(ASKED).encode()
    head = request(body=b"", close=False, x_chaos_run=second, content_length=None)
    head = head.replace(b"\r\n\r\n", b"\r\ntransfer-encoding: chunked\r\n\r\n")
    with dialled(server.url) as connection:
        connection.sendall(kept(x_chaos_run=first))
        assert one_reply(connection) == 200
        connection.sendall(head)
        connection.sendall(b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body))
        assert one_reply(connection) == 200
    assert len(server.journal(second)) == 1


def test_half_a_head_is_waited_for_without_spinning(server):
    whole = request(x_chaos_run=run_on(1, "half"))
    with dialled(server.url) as connection:
        before = server.cpu()
        for letter in whole[:60]:
            connection.sendall(bytes([letter]))
        connection.settimeout(1)
        with pytest.raises(TimeoutError):
            connection.recv(1)
        assert server.cpu() - before < 0.5
        connection.sendall(whole[60:])
        assert heard(connection).status in (200, 529)


def test_half_a_head_and_then_the_end_is_closed(server):
    with dialled(server.url) as connection:
        connection.sendall(b"POST /anthropic HTTP/1.1\r\nhost: x\r\n")
        connection.shutdown(1)
        assert heard(connection).end == "fin"


def test_what_is_no_http_is_refused_at_once(server):
    assert asked(server.url, b"\x00\x01\x02 what?").status == 400


def test_a_head_that_is_too_long_is_refused(server):
    assert asked(server.url, request(x_long="a" * 70_000)).status == 431


@pytest.mark.parametrize("worker", [0, 1])
def test_an_admin_call_may_name_its_run_anywhere(server, worker):
    run = run_on(worker, "admin")
    server.begin(run)
    server.admin("advance", {"run": run, "by": "1h"}, "POST")
    server.admin(f"advance?run={run}", {"by": "1h"}, "POST")
    by_header = request("/__chaos/advance", {"by": "1h"}, "POST", x_chaos_run=run)
    assert asked(server.url, by_header).status == 200
    assert server.admin(f"state?run={run}").json["clock"]["now"] == 3 * 3600
    assert run in server.admin("state").json["runs"]
    left = server.admin("runs", {"run": run}, "DELETE").json["runs"]
    assert run not in left
    assert server.admin(f"state?run={run}").status == 404


def test_the_default_run_is_one(server):
    server.admin("reset", b"", "POST")
    for _ in range(4):
        asked(server.url)
    assert server.admin("state").json["requests"] == 4
    assert list(server.admin("runs").json).count("default") == 1


def test_a_worker_that_dies_is_replaced_and_the_others_go_on():
    with serving(STORM, "--clock", "manual", "--workers", "2") as server:
        mine, lost = run_on(0, "stays"), run_on(1, "goes")
        for run in (mine, lost):
            asked(server.url, request(x_chaos_run=run))
        first, second = sorted(server.workers)
        os.kill(second, signal.SIGKILL)
        assert "worker 1 ended by signal 9" in server.process.stderr.readline()
        heard_of = {asked(server.url, request(x_chaos_run=lost)).status}
        wait_until(lambda: asked(server.url, request(x_chaos_run=lost)).status in (200, 529))
        assert heard_of <= {200, 503, 529}
        assert len(server.journal(mine)) == 1
        assert first in server.workers
        assert sorted(server.workers) != [first, second]


def test_the_journal_file_has_a_whole_line_for_each_exchange_of_all_workers(tmp_path):
    with serving(*SET, "--journal", str(tmp_path / "all.jsonl")) as server:
        for number in range(30):
            asked(server.url, request(x_chaos_run=f"j{number % 6}"))
    lines = (tmp_path / "all.jsonl").read_text().splitlines()
    assert sorted(json.loads(line)["run"] for line in lines) == sorted(
        f"j{n % 6}" for n in range(30)
    )


def test_at_the_end_it_says_what_all_workers_have_seen():
    with serving(*SET) as server:
        for number in range(6):
            asked(server.url, request(x_chaos_run=f"e{number}"))
        server.process.terminate()
        rest = server.process.stdout.read()
        assert server.process.wait(PATIENCE) == 0
    assert "ended after 6 requests, " in rest


@pytest.fixture(scope="module")
def secure():
    pytest.importorskip("trustme")
    with serving(*SET, "--tls") as server:
        pem = server.admin("ca").body.decode()
        yield server, ssl.create_default_context(cadata=pem)


def over_tls(secure, host=HOST):
    server, trusting = secure
    return trusting.wrap_socket(dialled(server.url), server_hostname=host)


def test_over_tls_each_request_reaches_its_run(secure):
    server, _ = secure
    runs = [f"tls-{number % 4}" for number in range(12)]
    server.begin(*set(runs), toml=CALM)
    with over_tls(secure) as connection:
        for run in runs:
            connection.sendall(request("/v1/messages", close=False, host=HOST, x_chaos_run=run))
            assert one_reply(connection) == 200
    assert [len(server.journal(f"tls-{n}")) for n in range(4)] == [3] * 4


@pytest.mark.parametrize("worker", [0, 1])
def test_over_tls_a_connection_is_reset_as_the_fault_says(secure, worker):
    server, trusting = secure
    run = run_on(worker, "reset")
    server.begin(run, toml=CALM)
    fault = {"run": run, "provider": "anthropic", "fault": "reset_connection"}
    assert server.admin("inject", fault, "POST").status == 200
    with dialled(server.url) as connection:
        session, going = shaken(connection, trusting, HOST)
        session.write(request("/v1/messages", host=HOST, x_chaos_run=run))
        connection.sendall(going.read())
        assert heard(connection).end == "rst"


@pytest.mark.parametrize("worker", [0, 1])
def test_a_connect_may_name_the_run(secure, worker):
    server, trusting = secure
    run = run_on(worker, "proxy")
    server.begin(run, toml=CALM)
    with dialled(server.url) as plain:
        head = f"CONNECT {HOST}:443 HTTP/1.1\r\nhost: {HOST}\r\nx-chaos-run: {run}\r\n\r\n"
        plain.sendall(head.encode())
        assert b" 200 " in plain.recv(1000)
        with trusting.wrap_socket(plain, server_hostname=HOST) as connection:
            connection.sendall(request("/v1/messages", host=HOST))
            assert heard(connection).status == 200
    assert len(server.journal(run)) == 1


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--workers", "0"), "--workers is a number from 1 on"),
        (("--workers", "2", "--toxiproxy"), "--toxiproxy needs one worker"),
        (("--workers", "2", "--grpc", "0"), "--grpc needs one worker"),
        (("--workers", "2", "no-such-profile"), "unknown profile 'no-such-profile'"),
        (("--workers", "2", "--journal", "/no/such/folder/j"), "cannot be written"),
    ],
)
def test_what_cannot_be_is_said(options, said):
    result = run_command("serve", *options)
    assert result.returncode == 2
    assert said in result.stderr


def test_health_readiness_and_metrics_are_of_all_workers(server):
    prometheus = library("prometheus_client.parser")
    run_name = run_on(0, "count"), run_on(1, "count")
    server.begin(*run_name, toml=CALM)
    for name in run_name:
        asked(server.url, request(x_chaos_run=name))
    assert server.admin("health").status == 200
    assert server.admin("ready").json == {"workers": 2}
    text = server.admin("metrics").body.decode()
    families = list(prometheus.text_string_to_metric_families(text))
    found = {each.name: each.samples for each in families}
    assert len(found["chaos_llm_runs"]) == 2
    assert sum(sample.value for sample in found["chaos_llm_requests"]) >= 2


def test_a_websocket_may_begin_on_a_connection_of_another_run(server):
    first, second = run_on(0, "socket"), run_on(1, "socket")
    server.begin(first, second, toml=CALM)
    offer = {"upgrade": "websocket", "connection": "Upgrade", "sec_websocket_version": "13"}
    offer |= {"sec_websocket_key": "dGhlIHNhbXBsZSBub25jZQ==", "authorization": "Bearer sk-x"}
    path = "/openai/v1/realtime?model=gpt-realtime"
    begin = request(path, b"", "GET", close=False, x_chaos_run=second, content_length=None, **offer)
    with dialled(server.url) as connection:
        connection.sendall(kept(x_chaos_run=first))
        assert one_reply(connection) == 200
        connection.sendall(begin)
        assert connection.recv(4096).startswith(b"HTTP/1.1 101 ")
    assert len(server.journal(second)) >= 1
