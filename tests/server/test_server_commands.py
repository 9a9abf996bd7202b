"""`chaos-llm serve` and `chaos-llm run`, as a shell meets them."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import textwrap
import time
from contextlib import contextmanager

import pytest
from support.commands import COMMAND
from support.raw_sockets import ASKED, Heard, asked, dialled, heard, request
from support.waiting import PATIENCE, wait_until

pytestmark = pytest.mark.exhaustive(of_file=6)  # each starts a server's process

STORM = "anthropic-529-storm"
STREAMED = ASKED | {"stream": True}
ASK = """
    import json, os, urllib.error, urllib.request
    def ask(call="1"):
        url = os.environ["ANTHROPIC_BASE_URL"] + "/v1/messages"
        asked = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "x"}]}
        headers = {"x-api-key": os.environ["ANTHROPIC_API_KEY"], "x-chaos-call": call,
                   "anthropic-version": "2023-06-01"}
        request = urllib.request.Request(url, json.dumps(asked).encode(), headers)
        try:
            return urllib.request.urlopen(request).status
        except urllib.error.HTTPError as error:
            return error.code
"""


def environ(**more):
    return {k: v for k, v in os.environ.items() if not k.endswith("_API_KEY")} | more


def run(*arguments, code=""):
    """Run a piece of Python on a bad day."""
    child = [sys.executable, "-c", textwrap.dedent(ASK) + textwrap.dedent(code)]
    return subprocess.run(
        [*COMMAND, "run", *arguments, "--", *child],
        capture_output=True,
        text=True,
        env=environ(),
        check=False,
    )


@contextmanager
def serving(*arguments):
    """A server in a process of its own, its address and what else it said first."""
    process = subprocess.Popen(
        [*COMMAND, "serve", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environ(),
    )
    try:
        said = []
        while not (said and "parallel clients" in said[-1]):
            line = process.stdout.readline()
            assert line, process.stderr.read()
            said.append(line)
        text = "".join(said)
        yield process, re.search(r"at (http://\S+),", text)[1], text
    finally:
        process.kill()
        process.wait(PATIENCE)
        process.stdout.close()
        process.stderr.close()


def test_serve_says_where_it_is_and_what_to_set():
    with serving(STORM, "--clock", "manual", "--seed", "7") as (_, url, said):
        assert f"plays {STORM} at {url}, seed 7, one worker" in said
        assert f"export ANTHROPIC_BASE_URL='{url}/anthropic'" in said
        assert f"export OPENAI_BASE_URL='{url}/openai/v1'" in said
        assert "export ANTHROPIC_API_KEY='sk-ant-api03-placeholder" in said
        assert "time stands: POST" in said
        assert asked(url).status == 529


def test_the_wire_is_as_broken_on_the_loop_that_is_installed():
    def inject(fault, **given):
        body = {"provider": "anthropic", "fault": fault, "times": 1, **given}
        assert asked(url, request("/__chaos/inject", body)).status == 200

    with serving() as (_, url, _said):
        inject("reset_connection")
        assert asked(url) == Heard(b"", "rst")
        inject("cut_stream", by="reset")
        told = asked(url, request(body=STREAMED))
        assert (told.status, told.end) == (200, "rst")
        inject("short_body")
        assert asked(url).end == "fin"
        inject("latency", seconds=0.3)
        began = time.monotonic()
        assert asked(url).status == 200
        assert time.monotonic() - began > 0.29
        assert asked(url, b"x" * 70_000).status == 400


def test_several_profiles_are_played_at_once():
    with serving(STORM, "openai-2025-06-10-gpu-network", "--clock", "manual") as (_, url, _said):
        windows = asked(url, request("/__chaos/windows", b"", "GET")).json
        providers = {target["provider"] for window in windows for target in window["on"]}
        assert {"anthropic", "openai"} <= providers


def test_only_the_chosen_providers_are_played():
    with serving("--providers", "openai") as (_, url, _said):
        assert asked(url).status == 404
        assert asked(url, request("/openai/v1/chat/completions")).status == 401
        assert asked(url, request("/openai/v1/fine_tuning/jobs")).status == 501


def test_a_scaled_clock_runs_that_much_faster():
    with serving(STORM, "--clock", "scaled", "--speed", "1000") as (_, url, _said):
        began = time.monotonic()
        first = asked(url, request("/__chaos/state", b"", "GET")).json["clock"]["now"]
        time.sleep(0.2)
        second = asked(url, request("/__chaos/state", b"", "GET")).json["clock"]["now"]
        took = time.monotonic() - began
    assert 200 <= second - first <= 1000 * took


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_streams_and_loses_no_line_of_the_journal(tmp_path, number):
    path = tmp_path / "journal.jsonl"
    profile = tmp_path / "stall.toml"
    profile.write_text(
        'title = "streams stall"\nstarts = 2026-01-01T00:00:00Z\nends = "+1h"\n'
        '[[window]]\nname = "w"\nfrom = "+0s"\nuntil = "+1h"\n'
        'on = [{ provider = "anthropic", stream = true }]\nshare = 1.0\n'
        'faults = [{ weight = 1, fault = "stall_mid_stream" }]\n'
        'evidence = { from = "assumed", until = "assumed", on = "assumed", share = "assumed", '
        'faults = "assumed" }\n'
    )
    with serving(str(profile), "--journal", str(path)) as (process, url, _):
        for _ in range(20):
            assert asked(url).status == 200
        with dialled(url) as connection:
            connection.sendall(request(body=STREAMED))
            assert heard(connection, 0.5).end == "silence"
            process.send_signal(number)
            assert heard(connection).end == "fin"
        assert process.wait(PATIENCE) == 0
        assert "ended after 21 requests, 1 with a fault" in process.stdout.read()
        assert not process.stderr.read()
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert sorted(line["n"] for line in lines) == list(range(21))
    assert lines[-1]["end"] == "closed"


def test_a_taken_port_and_a_wrong_option_are_told_in_a_line():
    with serving() as (_, url, _said):
        port = url.rpartition(":")[2]
        for arguments, says in [
            (["--port", port], "give another --port"),
            (["--clock", "sundial"], "unknown clock 'sundial'"),
            (["--speed", "3"], "a speed is for --clock scaled"),
            (["--providers", "antropic"], "unknown provider 'antropic'"),
            (["--host", "0.0.0.0"], "give --admin-token TOKEN"),
            (["no-such-day"], "unknown profile 'no-such-day'"),
        ]:
            done = subprocess.run(
                [*COMMAND, "serve", *arguments],
                capture_output=True,
                text=True,
                check=False,
            )
            assert (done.returncode, says in done.stderr) == (2, True), done.stderr
            assert len(done.stderr.splitlines()) == 1


def test_run_points_a_command_at_the_bad_day_and_keeps_its_exit_code():
    done = run(STORM, code="print(ask()); raise SystemExit(7)")
    assert (done.returncode, done.stdout) == (7, "529\n")
    assert STORM in done.stderr
    assert "anthropic hit" in done.stderr


def test_run_begins_in_the_thick_of_it_or_where_it_is_told():
    assert run(STORM, "--at", "10m", code="print(ask())").stdout == "200\n"


def test_run_with_check_fails_where_the_verdict_does():
    hammer = "import time\nfor _ in range(5): ask(); time.sleep(0.01)"
    assert run(STORM, code=hammer).returncode == 0
    done = run(STORM, "--check", code=hammer)
    assert done.returncode == 1
    assert "FAIL" in done.stderr
    assert run(STORM, "--check", code="ask()").returncode == 0


def test_a_check_of_nothing_is_no_pass():
    done = run(STORM, "--check", code="pass")
    assert done.returncode == 1
    assert "nothing was tested" in done.stderr


def test_run_forwards_signals_to_the_command(tmp_path):
    ready = tmp_path / "ready"
    code = f"""
        import pathlib, signal, sys, time
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(33))
        pathlib.Path({str(ready)!r}).touch()
        time.sleep(600)
    """
    process = subprocess.Popen(
        [*COMMAND, "run", STORM, "--", sys.executable, "-c", textwrap.dedent(code)],
        stderr=subprocess.PIPE,
    )
    wait_until(ready.exists)
    process.terminate()
    assert process.wait(PATIENCE) == 33
    process.stderr.close()


def test_a_command_that_a_signal_ends_has_a_shells_exit_code():
    assert run(STORM, code="os.kill(os.getpid(), 9)").returncode == 128 + 9


def test_a_command_that_is_not_there_is_told():
    done = subprocess.run(
        [*COMMAND, "run", STORM, "--", "no-such-command"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, "cannot be run" in done.stderr) == (2, True)


def test_with_tls_a_command_is_pointed_at_the_proxy_too():
    pytest.importorskip("trustme")
    code = """
        request = urllib.request.Request(
            "https://api.anthropic.com/v1/messages", b"{}", {"x-api-key": "k"}
        )
        try:
            urllib.request.urlopen(request)
        except urllib.error.HTTPError as error:
            print(error.code, json.load(error)["error"]["type"])
    """
    done = run(STORM, "--tls", "--at", "10m", code=code)
    assert done.stdout == "400 invalid_request_error\n", done.stderr
