"""Real websocket clients on sessions in process, beside the same clients on real servers."""

from __future__ import annotations

import asyncio
import json
import os
import re
from typing import ClassVar

import pytest
from support import websocket_clients, websocket_servers
from support.websocket_clients import CLIENTS, OPENAI, SYNC, WITHOUT_A_LIMIT, Asked, ended

from chaos_llm import outage
from chaos_llm.errors import UncaughtEgress
from chaos_llm.faults import (
    close_session,
    connect_timeout,
    cut_stream,
    dns_failure,
    half_event,
    hang,
    ping_only,
    raw,
    refuse_connection,
    reset_connection,
    server_error,
    session_limit,
    slow_first_token,
    slow_tokens,
    stall_mid_stream,
    tls_failure,
)

if os.environ.get("NO_LIBRARY_IS_ABSENT"):
    import aiohttp  # noqa: F401
    import websocket  # noqa: F401
    import websockets  # noqa: F401

BLOCKING = {client.__name__ for client in SYNC}
QUIET = 0.5  # seconds after which a client gives up: real ones, where the server is

BEFORE_THE_UPGRADE = {
    **{
        f"{status} at the upgrade": (
            raw(status, {"x-a": "b"}, "{}"),
            websocket_servers.refusing(status, phrase, "x-a: b"),
        )
        for status, phrase in {
            401: "Unauthorized",
            403: "Forbidden",
            426: "Upgrade Required",
            429: "Too Many Requests",
            503: "Service Unavailable",
            529: "",
        }.items()
    },
    "closed before the upgrade": (hang(0.01), websocket_servers.hang_up),
    "reset before the upgrade": (reset_connection(), websocket_servers.reset),
}
IN_THE_ANSWER = {
    **{
        f"close {code}": (
            close_session(code, reason),
            websocket_servers.answering(websocket_servers.close(code, reason)),
        )
        for code, reason in {
            1001: "Your session hit the maximum duration of 60 minutes.",
            1008: "",
            1011: "Internal error encountered.",
            1013: "Try again later",
        }.items()
    },
    "closed without a close frame": (
        cut_stream(),
        websocket_servers.answering(websocket_servers.hang_up),
    ),
    "reset": (cut_stream(by="reset"), websocket_servers.answering(websocket_servers.reset)),
    "half a frame": (half_event(), websocket_servers.answering(websocket_servers.half_a_frame)),
}
STANDING_STILL = {
    "stall": (stall_mid_stream(), websocket_servers.answering(websocket_servers.keep_silent)),
    "pings": (
        ping_only(websocket_servers.PINGED, every=websocket_servers.BETWEEN_PINGS),
        websocket_servers.answering(websocket_servers.ping),
    ),
}
ERRORS = {
    "error event": (server_error(), websocket_servers.answering(websocket_servers.say_error)),
}
CASES = BEFORE_THE_UPGRADE | IN_THE_ANSWER | STANDING_STILL | ERRORS

every_client = pytest.mark.parametrize("client", CLIENTS)


def of_a_real_server(client, scene, *, stands_still):
    """How a conversation with a real server ends, which on a busy machine may come too late."""
    said = ""
    with websocket_servers.serving(scene) as address:
        for _ in range(5):
            said = ended(client, Asked(address, websocket_servers.trusting(), QUIET))
            if stands_still or "TimeoutError" not in said:
                break
    return said


def played(client, *faults, limit=30.0, seed=0):
    """How a conversation in an outage ends, and the outage; faults begin when it is open."""
    tls = websocket_servers.trusting()
    with outage(seed=seed) as chaos:

        def opened():
            if faults:
                chaos.on("openai").inject(*faults)

        return ended(client, Asked(OPENAI, tls, limit, opened)), chaos


@every_client
def test_a_healthy_conversation_is_two_exchanges(client):
    with outage() as chaos:
        said = ended(client, Asked(OPENAI, websocket_servers.trusting()))
        assert said == "response.done"
        upgrade, turn = chaos.journal
        assert [upgrade.status, turn.status] == [101, 101]
        assert [upgrade.end, turn.end] == ["complete", "complete"]
        assert (upgrade.stream, turn.stream) == (False, True)
        assert turn.model == "gpt-realtime"
        assert turn.reference
        assert turn.ok


@pytest.mark.filterwarnings("ignore:unclosed", "ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("case", CASES)  # websocket-client forgets a socket that it cannot use
@every_client
def test_a_client_sees_what_it_sees_of_a_real_server(client, case):
    fault, scene = CASES[case]
    if case in STANDING_STILL and client in WITHOUT_A_LIMIT:
        pytest.skip("this client waits for ever")
    if "reset" in case and client in BLOCKING and not websocket_servers.resets_are_told():
        pytest.skip("this Python's blocking TLS says that a reset is a close")
    real = of_a_real_server(client, scene, stands_still=case in STANDING_STILL)
    with outage() as chaos:
        control, tls = chaos.on("openai"), websocket_servers.trusting()
        if case in BEFORE_THE_UPGRADE:
            control.inject(fault)
            said = ended(client, Asked(OPENAI, tls, QUIET))
        else:
            said = ended(client, Asked(OPENAI, tls, QUIET, lambda: control.inject(fault)))
        assert any("applied" in exchange.effects for exchange in chaos.journal)
    assert said == real


@every_client
def test_the_same_seed_writes_the_same_journal(client):
    faults = (slow_tokens(0.3), close_session(1011, after=0.7))
    (first, one), (second, other) = played(client, *faults), played(client, *faults)
    assert (first, one.journal.to_jsonl()) == (second, other.journal.to_jsonl())
    _, third = played(client, *faults, seed=1)
    assert third.journal.to_jsonl() != one.journal.to_jsonl()


@every_client
def test_what_is_not_spoken_is_answered_with_426_at_once(client):
    with outage() as chaos:
        elsewhere = Asked("wss://api.anthropic.com", websocket_servers.trusting())
        assert "426" in ended(client, elsewhere)
        (exchange,) = chaos.journal
        assert (exchange.status, exchange.surface, exchange.until) == (426, "unserved", 0.0)
        assert not exchange.failed


class TestVirtualTime:
    @every_client
    def test_a_stall_costs_the_clients_own_limit(self, client):
        if client in WITHOUT_A_LIMIT:
            pytest.skip("this client waits for ever")
        with outage() as chaos:
            chaos.on("openai").inject(stall_mid_stream())
            said = ended(client, Asked(OPENAI, websocket_servers.trusting(), 45.0))
            assert re.search("(?i)time", said)
            assert chaos.now == pytest.approx(45.0, abs=1e-6)
            assert chaos.journal[1].failed

    @every_client
    def test_the_first_words_are_late(self, client):
        with outage() as chaos:
            chaos.on("openai").inject(slow_first_token(20))
            said = ended(client, Asked(OPENAI, websocket_servers.trusting()))
            assert said == "response.done"
            assert chaos.now == pytest.approx(20.0, abs=1e-6)

    def test_audio_is_late_too_and_is_silence(self):
        websockets = pytest.importorskip("websockets")
        heard = []

        async def scene(chaos):
            url = OPENAI + websocket_clients.PATH
            async with websockets.connect(url, additional_headers=websocket_clients.KEY) as ws:
                for each in websocket_clients.CONVERSATION[1:]:
                    await ws.send(json.dumps(each))
                event = {"type": ""}
                while event["type"] != "response.done":
                    event = json.loads(await ws.recv())
                    if event["type"] == "response.output_audio.delta":
                        heard.append((chaos.now, set(event["delta"])))
                return event["response"]

        with outage() as chaos:
            chaos.on("openai").inject(slow_first_token(8))
            response = asyncio.run(scene(chaos))
        assert response["output"][0]["content"][0]["type"] == "output_audio"
        assert {at for at, _ in heard} == {8.0}
        assert all(letters <= {"A", "="} for _, letters in heard)

    def test_a_session_ends_after_the_vendors_limit(self):
        websockets = pytest.importorskip("websockets")

        async def scene():
            url = OPENAI + websocket_clients.PATH
            async with websockets.connect(url, additional_headers=websocket_clients.KEY) as ws:
                said = [json.loads(message) async for message in ws]
            return said, ws.close_code, ws.close_reason

        with outage() as chaos:
            said, code, reason = asyncio.run(scene())
            assert chaos.now == pytest.approx(3600.0)
        assert [event["type"] for event in said] == ["session.created", "error"]
        assert said[1]["error"]["code"] == "session_expired"
        assert (code, reason) == (1001, "Your session hit the maximum duration of 60 minutes.")

    def test_a_session_can_be_made_to_end_earlier(self):
        websockets = pytest.importorskip("websockets")

        async def scene():
            url = OPENAI + websocket_clients.PATH
            async with websockets.connect(url, additional_headers=websocket_clients.KEY) as ws:
                with pytest.raises(websockets.ConnectionClosedError):
                    while True:
                        await ws.recv()
            return ws.close_code

        with outage() as chaos:
            chaos.on("openai").inject(session_limit("5m", 1011))
            assert asyncio.run(scene()) == 1011
            assert chaos.now == pytest.approx(300.0)


class TestConnectionsThatNeverStand:
    CASES: ClassVar = {  # with what a client says
        "refused": (refuse_connection(), "Errno 111|Connect call failed", "refused"),
        "unknown": (dns_failure(), "Name or service not known|Address", "refused"),
        "in TLS": (tls_failure(), "ConnectionReset|SSLEOFError|Cannot connect", "closed"),
        "silent": (connect_timeout(), "(?i)time", "timeout"),
    }

    @pytest.mark.parametrize("case", CASES)
    @every_client
    def test_they_are_known_before_any_request(self, client, case):
        fault, words, end = self.CASES[case]
        with outage() as chaos:
            chaos.on("openai").inject(fault)
            said = ended(client, Asked(OPENAI, websocket_servers.trusting()))
            (exchange,) = chaos.journal
            assert re.search(words, said)
            assert (exchange.path, exchange.status, exchange.end) == ("(connection)", 0, end)
            assert exchange.effects == ("applied",)

    def test_a_session_that_stands_survives_them(self):
        said, chaos = played("websockets", refuse_connection())
        assert said == "response.done"
        assert [exchange.effects for exchange in chaos.journal] == [(), ()]


class TestTheEndOfTheOutage:
    def test_what_is_still_open_is_cut(self):
        websockets = pytest.importorskip("websockets")

        async def scene():
            with outage():
                url = OPENAI + websocket_clients.PATH
                ws = await websockets.connect(url, additional_headers=websocket_clients.KEY)
            with pytest.raises(websockets.ConnectionClosedError):
                while True:
                    await ws.recv()

        asyncio.run(scene())

    def test_a_blocking_client_is_cut_too(self):
        library = pytest.importorskip("websocket")
        with outage():
            key = [f"{name}: {value}" for name, value in websocket_clients.KEY.items()]
            ws = library.create_connection(OPENAI + websocket_clients.PATH, header=key)
            assert json.loads(ws.recv())["type"] == "session.created"
        with pytest.raises(ConnectionResetError):
            ws.recv()


class TestRefusals:
    def test_run_forever_is_refused_in_words(self):
        library = pytest.importorskip("websocket")
        app = library.WebSocketApp(OPENAI + websocket_clients.PATH, header=websocket_clients.KEY)
        with (
            pytest.raises(UncaughtEgress, match=r"run_forever.*websocket.create_connection"),
            outage(),
        ):
            app.run_forever()

    def test_a_blocking_client_that_selects_is_refused_in_words(self):
        library = pytest.importorskip("websockets.sync.client")
        if not websocket_clients.selects():
            pytest.skip("this release of websockets does not wait in select()")
        url = OPENAI + websocket_clients.PATH
        with pytest.raises(UncaughtEgress, match=r"websockets\.sync"), outage():
            library.connect(url, additional_headers=websocket_clients.KEY)

    def test_a_proxy_that_the_code_names_is_refused(self):
        websockets = pytest.importorskip("websockets")

        async def scene(proxy):
            async with websockets.connect(OPENAI + websocket_clients.PATH, proxy=proxy):
                pass

        with (
            websocket_servers.serving(lambda _: None) as address,
            pytest.raises(UncaughtEgress, match="a proxy that the code names"),
            outage(),
        ):
            asyncio.run(scene(address.replace("wss", "http")))

    def test_trio_is_refused(self):
        trio = pytest.importorskip("trio")

        async def scene():
            await trio.open_ssl_over_tcp_stream("api.openai.com", 443)

        with pytest.raises(BaseException, match=r"api\.openai\.com") as caught, outage():
            trio.run(scene)
        assert "about to leave this machine" in str(caught.value)

    def test_proxies_of_the_environment_are_not_told(self, monkeypatch):
        monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)
        websockets = pytest.importorskip("websockets")

        async def scene():
            url = OPENAI + websocket_clients.PATH
            async with websockets.connect(url, additional_headers=websocket_clients.KEY) as ws:
                return json.loads(await ws.recv())["type"]

        with outage():
            assert asyncio.run(scene()) == "session.created"
