"""Sessions on websockets on a real port, with the clients that meet them in process."""

from __future__ import annotations

import json
import re
import ssl

import pytest
from support.waiting import PATIENCE, wait_until
from support.websocket_clients import CLIENTS, CONVERSATION, KEY, PATH, Asked, ended

from chaos_llm import outage
from chaos_llm.faults import close_session, cut_stream, overloaded, slow_tokens, stall_mid_stream
from chaos_llm.server.launch.server_handle import ServerThread
from chaos_llm.server.launch.settings import Settings


def address_of(server, prefix=""):
    return server.url.replace("http", "ws", 1) + prefix


@pytest.mark.parametrize("client", CLIENTS)
def test_each_client_has_its_answer(chaos_server, client):
    assert ended(client, Asked(address_of(chaos_server), None, PATIENCE)) == "response.done"
    chaos_server.wait_for(2, within=PATIENCE)
    upgrade, turn = chaos_server.journal
    assert [upgrade.status, turn.status, turn.end] == [101, 101, "complete"]


@pytest.mark.parametrize(
    ("fault", "words", "end"),
    [
        (close_session(1011, "Internal error encountered."), "1011", "closed"),
        (cut_stream(), "no close frame", "closed"),
        (cut_stream(by="reset"), "no close frame", "reset"),
    ],
    ids=repr,
)
def test_a_session_breaks_as_it_does_in_process(chaos_server, fault, words, end):
    with outage() as chaos:
        chaos.on("openai").inject(fault)
        here = ended("websockets", Asked("ws://api.openai.com", None))
    chaos_server.on("openai").inject(fault)
    there = ended("websockets", Asked(address_of(chaos_server), None, PATIENCE))
    assert words in there
    assert re.sub("<- .*", "", there) == re.sub("<- .*", "", here)
    chaos_server.wait_for(2, within=PATIENCE)
    wait_until(lambda: chaos_server.journal[1].end == end)


def test_a_refused_upgrade_is_the_providers_own_reply(chaos_server):
    chaos_server.on("openai").inject(overloaded())
    said = ended("websockets", Asked(address_of(chaos_server), None, PATIENCE))
    assert said == "InvalidStatus: server rejected WebSocket connection: HTTP 503 <- None"


def test_what_is_not_spoken_is_answered_with_426(chaos_server):
    address = address_of(chaos_server, "/anthropic")
    assert "426" in ended("websockets", Asked(address, None, PATIENCE))


def test_a_prefix_names_the_provider(chaos_server):
    address = address_of(chaos_server, "/openai")
    assert ended("websockets", Asked(address, None, PATIENCE)) == "response.done"
    assert {exchange.path for exchange in chaos_server.journal} == {"/v1/realtime"}


def connected(chaos_server):
    library = pytest.importorskip("websocket")
    header = [f"{name}: {value}" for name, value in KEY.items()]
    ws = library.create_connection(
        address_of(chaos_server) + PATH, timeout=PATIENCE, header=header, http_no_proxy=["*"]
    )
    for each in CONVERSATION:
        ws.send(json.dumps(each))
    return ws


def test_words_come_as_the_clock_of_the_run_moves(chaos_server):
    chaos_server.on("openai").inject(slow_tokens("10s"))
    ws, kinds = connected(chaos_server), []
    delta = "response.output_text.delta"
    while delta not in kinds:
        kinds.append(json.loads(ws.recv())["type"])
    chaos_server.advance("10s")
    assert json.loads(ws.recv())["type"] == delta
    chaos_server.advance("1h")
    while kinds[-1] != "response.done":
        kinds.append(json.loads(ws.recv())["type"])
    ws.close()


def test_a_client_that_leaves_in_a_stall_has_abandoned_it(chaos_server):
    chaos_server.on("openai").inject(stall_mid_stream())
    ws = connected(chaos_server)
    chaos_server.wait_for(2, within=PATIENCE)
    ws.close()
    wait_until(lambda: chaos_server.journal[1].end == "abandoned")


def test_a_new_run_cuts_open_sessions(chaos_server):
    ws = connected(chaos_server)
    chaos_server.wait_for(2, within=PATIENCE)
    chaos_server.do(lambda run: run.begin_anew())
    library = pytest.importorskip("websocket")
    with pytest.raises(library.WebSocketConnectionClosedException):
        while ws.recv():
            pass
        raise library.WebSocketConnectionClosedException
    ws.close()


def test_a_session_is_spoken_over_tls_too():
    pytest.importorskip("trustme")
    with ServerThread(Settings(clock="manual", tls=True)) as thread:
        pem = thread.do(lambda server: server.authority.pem).decode()
        tls = ssl.create_default_context(cadata=pem)
        address = thread.hand().url.replace("https", "wss").replace("http:", "wss:")
        assert ended("websockets", Asked(address, tls, PATIENCE)) == "response.done"
