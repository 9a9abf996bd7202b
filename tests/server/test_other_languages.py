"""Clients in Node, Go and curl: vendors' own SDKs over real sockets, each in its own process."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
from support.once import made_once

from chaos_llm.faults import cut_stream, overloaded, reset_connection, server_error

CLIENTS = Path(__file__).with_name("clients")
NAMES = ("NODE", "GO", "CURL")
FIXTURES = [pytest.param(f"{name.lower()}_client", id=name.lower()) for name in NAMES]
OVERLOADED = {"anthropic": 529, "openai": 503}  # openai has no status of its own for it


@dataclass
class Client:
    """A program that asks once; `says` is what came of it."""

    command: list[str]

    def ask(self, server, vendor, how="plain", retries=0):
        done = subprocess.run(
            [*self.command, vendor, how, str(retries)],
            env=os.environ | server.env,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)


@pytest.fixture(scope="session")
def node_client(tmp_path_factory):
    """The vendors' SDKs of `clients/node`, installed outside the tree."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if not (node and npm):
        pytest.skip("needs node and npm")

    def install(folder):
        shutil.copytree(CLIENTS / "node", folder, dirs_exist_ok=True)
        run([npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts"], folder)

    return Client([node, str(made_once(tmp_path_factory, "node_client", install) / "ask.mjs")])


@pytest.fixture(scope="session")
def go_client(tmp_path_factory):
    """The vendors' SDKs of `clients/go`, built outside the tree."""
    go = shutil.which("go")
    if not go:
        pytest.skip("needs go")

    def build(folder):
        program = str(folder / "ask")
        run([go, "build", "-o", program, "."], CLIENTS / "go", CGO_ENABLED="0", GOWORK="off")

    return Client([str(made_once(tmp_path_factory, "go_client", build) / "ask")])


@pytest.fixture(scope="session")
def curl_client():
    """curl, and what a shell script around it would make of an answer."""
    if not shutil.which("curl"):
        pytest.skip("needs curl")
    return Client([shutil.which("bash"), str(CLIENTS / "curl" / "ask.sh")])


def run(command, folder, **more):
    done = subprocess.run(
        command,
        cwd=folder,
        env=os.environ | more,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]


@pytest.fixture(params=FIXTURES)
def client(request):
    return request.getfixturevalue(request.param)


@pytest.mark.parametrize("how", ["plain", "stream"])
@pytest.mark.parametrize("vendor", ["anthropic", "openai"])
def test_a_healthy_answer_comes_whole(client, chaos_server, vendor, how):
    said = client.ask(chaos_server, vendor, how)
    assert (said["error"], said["status"]) == ("", 0)
    assert "KX-48213" in said["text"]
    assert said["stop"] in ("end_turn", "stop")
    (exchange,) = chaos_server.journal
    assert (exchange.provider, exchange.stream, exchange.ok) == (vendor, how == "stream", True)


@pytest.mark.exhaustive
@pytest.mark.parametrize("vendor", ["anthropic", "openai"])
def test_an_overload_is_retried_by_the_client_itself(client, chaos_server, vendor):
    chaos_server.on(vendor).inject(overloaded(), times=1)
    said = client.ask(chaos_server, vendor, retries=2)
    assert "KX-48213" in said["text"]
    statuses = [exchange.status for exchange in chaos_server.journal]
    assert statuses == [OVERLOADED[vendor], 200]


@pytest.mark.exhaustive
@pytest.mark.parametrize("vendor", ["anthropic", "openai"])
def test_an_overload_that_stays_is_the_clients_own_error(client, chaos_server, vendor):
    chaos_server.on(vendor).inject(overloaded())
    said = client.ask(chaos_server, vendor, retries=1)
    assert said["status"] == OVERLOADED[vendor]
    assert said["error"]
    assert len(chaos_server.journal) == 2


@pytest.mark.exhaustive
@pytest.mark.parametrize("vendor", ["anthropic", "openai"])
def test_a_stream_that_stops_in_the_middle_is_an_error_behind_half_a_text(
    client, chaos_server, vendor
):
    chaos_server.on(vendor).inject(cut_stream(after=0.5))
    said = client.ask(chaos_server, vendor, "stream")
    assert said["error"]
    assert said["text"]
    assert said["stop"] == ""
    assert chaos_server.journal[0].end == "closed"


@pytest.mark.exhaustive
@pytest.mark.parametrize("vendor", ["anthropic", "openai"])
def test_a_reset_is_an_error_of_the_connection(client, chaos_server, vendor):
    chaos_server.on(vendor).inject(reset_connection())
    said = client.ask(chaos_server, vendor)
    assert (said["status"], said["text"]) == (0, "")
    assert "reset" in said["error"].lower()
    assert chaos_server.journal[0].end == "reset"


@pytest.mark.exhaustive
@pytest.mark.parametrize("vendor", ["anthropic", "openai"])
def test_a_reset_is_retried_and_its_retry_answered(client, chaos_server, vendor):
    chaos_server.on(vendor).inject(reset_connection(), times=1)
    said = client.ask(chaos_server, vendor, retries=2)
    assert "KX-48213" in said["text"]
    assert [exchange.end for exchange in chaos_server.journal] == ["reset", "complete"]


@pytest.mark.chaos("anthropic-529-storm")
def test_a_recorded_day_reaches_any_language(client, chaos_server):
    assert client.ask(chaos_server, "anthropic")["status"] == 529
    chaos_server.advance("10m")
    assert "KX-48213" in client.ask(chaos_server, "anthropic")["text"]


def test_a_run_of_its_own_is_known_by_the_key(client, chaos_server):
    mine = chaos_server.run("mine")
    mine.on("anthropic").inject(server_error())
    assert client.ask(mine, "anthropic")["status"] == 500
    assert (len(mine.journal), len(chaos_server.journal)) == (1, 0)
