"""urllib3's own pools, retries and parser with simulated replies, also through requests."""

from __future__ import annotations

import json
import sys
import threading

import pytest
from support.broken_connections import WIRES, ends, texts_match
from support.http_clients import BODY, HEADERS, MESSAGES, STREAMED
from support.small_profiles import paced

from chaos_llm import outage
from chaos_llm.errors import HorizonReached
from chaos_llm.faults import (
    connect_timeout,
    hang,
    latency,
    overloaded,
    rate_limited,
    reset_connection,
    reset_reused_connection,
    slow_tokens,
    stall_mid_stream,
)

urllib3 = pytest.importorskip("urllib3")
Timeout = urllib3.Timeout
NONE = urllib3.Retry(False)


def ask(pool=None, url=MESSAGES, body=BODY, **options):
    """A response whose body has not been read."""
    pool = pool or urllib3.PoolManager()
    sent = {"headers": HEADERS | {"content-type": "application/json"}, "retries": NONE} | options
    data = json.dumps(body).encode() if isinstance(body, dict) else body
    return pool.request("POST", url, body=data, preload_content=False, **sent)


def read(chunks, **options):
    response = ask(body=STREAMED, **options)
    for chunk in response.stream():
        chunks.append(chunk)
    return response


class TestAnswers:
    def test_carry_status_reason_headers_and_body(self):
        with outage() as chaos:
            response = ask()
            answer = json.loads(response.read())
            assert ends(chaos) == ["complete"]
        assert (response.status, response.reason) == (200, "OK")
        assert response.headers["request-id"].startswith("req_")
        assert "KX-48213" in answer["content"][0]["text"]

    def test_a_status_without_a_reason_phrase_is_read(self):
        with outage() as chaos:
            chaos.on("anthropic").inject(overloaded())
            response = ask()
        assert (response.status, response.reason) == (529, "")

    def test_each_chunk_of_a_stream_arrives_alone_and_at_its_time(self):
        times, text = [], b""
        with outage() as chaos:
            chaos.on("anthropic").inject(slow_tokens("3s"))
            for chunk in ask(body=STREAMED).stream():
                assert chunk.count(b"event: ") == 1
                text += chunk
                if b"content_block_delta" in chunk:
                    times.append(chaos.now)
            assert ends(chaos) == ["complete"]
        assert times == [3.0 * number for number in range(len(times))]
        assert text.endswith(b'data: {"type":"message_stop"}\n\n')

    def test_a_stream_is_read_line_by_line_with_requests(self):
        requests = pytest.importorskip("requests")
        with outage() as chaos:
            response = requests.post(MESSAGES, json=STREAMED, headers=HEADERS, stream=True)
            lines = list(response.iter_lines())
            assert ends(chaos) == ["complete"]
        assert lines[-2:] == [b'data: {"type":"message_stop"}', b""]

    def test_an_error_reply_raises_requests_error(self):
        requests = pytest.importorskip("requests")
        with outage() as chaos:
            chaos.on("anthropic").inject(rate_limited(retry_after=7))
            response = requests.post(MESSAGES, json=BODY, headers=HEADERS)
        assert response.headers["retry-after"] == "7"
        with pytest.raises(requests.HTTPError, match="429"):
            response.raise_for_status()


class TestRequests:
    @pytest.mark.parametrize("kind", ["text", "file", "generator"])
    def test_a_body_of_any_kind_is_read(self, kind, tmp_path):
        text = json.dumps(BODY)
        path = tmp_path / "body.json"
        path.write_text(text)
        with path.open("rb") as file, outage():
            bodies = {
                "text": text,
                "file": file,
                "generator": (text[:9].encode(), text[9:].encode()),
            }
            response = ask(body=bodies[kind])
            assert "KX-48213" in json.loads(response.read())["content"][0]["text"]

    def test_a_request_without_a_body_gets_its_answer(self):
        with outage():
            url = "https://api.anthropic.com/v9/nothing?a=b"
            assert urllib3.PoolManager().request("GET", url).status == 501

    @pytest.mark.parametrize(
        ("fault", "end"), [(overloaded(), "complete"), (reset_connection(), "reset")], ids=str
    )
    def test_a_retry_by_urllib3_is_a_new_request(self, fault, end):
        retries = urllib3.Retry(2, backoff_factor=10, allowed_methods=None, status_forcelist=[529])
        with outage() as chaos:
            chaos.on("anthropic").inject(fault, times=2)
            assert ask(retries=retries).status == 200
            assert ends(chaos) == [end, end, "complete"]
            assert len({exchange.key.attempt for exchange in chaos.journal}) == 3
            assert chaos.now == 20.0  # urllib3's first retry has no pause


class TestAboveTheLeaf:
    def test_a_pool_made_before_the_outage_follows(self):
        pool = urllib3.HTTPSConnectionPool("api.anthropic.com")
        with outage():
            response = ask(pool, "/v1/messages")
            assert (response.status, pool.pool.qsize()) == (200, 0)  # it is in use until it is read
            response.read()
        assert pool.pool.get() is None  # and the pool got no simulated connection
        assert pool.num_connections == 0

    def test_a_pool_class_of_the_app_follows(self):
        class Pool(urllib3.HTTPSConnectionPool):
            opened = 0

            def urlopen(self, *args, **options):
                Pool.opened += 1
                return super().urlopen(*args, **options)

        with outage():
            assert ask(Pool("api.anthropic.com"), "/v1/messages").status == 200
        assert Pool.opened == 1

    def test_a_proxy_is_not_contacted(self):
        with outage():
            assert ask(urllib3.ProxyManager("http://127.0.0.1:9")).status == 200

    def test_a_closed_pool_stays_closed(self):
        pool = urllib3.HTTPSConnectionPool("api.anthropic.com")
        pool.close()
        with outage() as chaos:
            with pytest.raises(urllib3.exceptions.ClosedPoolError):
                ask(pool, "/v1/messages")
            assert len(chaos.journal) == 0


class TestOtherHosts:
    def test_reach_the_real_server(self, loopback):
        with outage():
            assert urllib3.PoolManager().request("GET", loopback).data == b"real"

    def test_a_pooled_connection_from_before_is_not_used_for_a_provider(
        self, loopback, monkeypatch
    ):
        monkeypatch.setenv("ANTHROPIC_BASE_URL", loopback)
        pool = urllib3.PoolManager()
        assert pool.request("GET", f"{loopback}/v1/messages").data == b"real"
        with outage() as chaos:
            answer = json.loads(ask(pool, f"{loopback}/v1/messages").read())
            assert len(chaos.journal) == 1
        assert answer["type"] == "message"

    def test_urllib3s_method_is_restored_after_the_outage(self):
        before = urllib3.HTTPConnectionPool.urlopen
        with outage():
            assert urllib3.HTTPConnectionPool.urlopen is not before
        assert urllib3.HTTPConnectionPool.urlopen is before
        assert sys.modules["chaos_llm.interception.urllib3_client"]._context is None


class TestEndings:
    def raised(self, url, wire, read_event):
        chunks = []
        pool = urllib3.PoolManager(timeout=Timeout(read=wire.limit))
        with pytest.raises(urllib3.exceptions.HTTPError) as caught:
            for chunk in ask(pool, url, wire.body).stream():
                chunks.append(chunk)
                read_event.set()
        return caught.value, bool(chunks)

    @pytest.mark.parametrize("name", WIRES)
    def test_it_breaks_as_a_real_connection_does(self, name):
        wire, read_event = WIRES[name], threading.Event()
        with wire.address(read_event) as url:
            real, real_begun = self.raised(f"{url}/v1/messages", wire, read_event)
        with outage() as chaos:
            chaos.on("anthropic").inject(wire.fault)
            simulated, begun = self.raised(MESSAGES, wire, threading.Event())
            assert ends(chaos) == [wire.end]
        assert type(simulated) is type(real)
        assert texts_match(real, url, simulated)
        assert begun == real_begun

    def test_a_kept_connection_is_reset_when_it_is_reused(self):
        pool = urllib3.PoolManager()
        with outage() as chaos:
            chaos.on("anthropic").inject(reset_reused_connection())
            ask(pool).read()
            with pytest.raises(urllib3.exceptions.ProtocolError, match="reset by peer"):
                ask(pool)
            assert ends(chaos) == ["complete", "reset"]


class TestTimeouts:
    @pytest.mark.parametrize("fault", [hang(), latency(seconds=60), stall_mid_stream()], ids=str)
    def test_the_read_timeout_ends_the_call_at_its_exact_time(self, fault):
        with outage() as chaos:
            chaos.on("anthropic").inject(fault)
            with pytest.raises(urllib3.exceptions.ReadTimeoutError):
                read([], timeout=Timeout(read=7.25))
            assert chaos.now == 7.25
            assert ends(chaos) == ["timeout"]

    def test_it_applies_to_each_read_and_not_to_their_sum(self):
        with outage(paced(first_token=6.0)) as chaos:
            chaos.on("anthropic").inject(slow_tokens("6s"))
            read([], timeout=Timeout(read=7))
            assert chaos.now > 14
            assert ends(chaos) == ["complete"]

    def test_the_connect_timeout_ends_the_call_at_its_exact_time(self):
        with outage() as chaos:
            chaos.on("anthropic").inject(connect_timeout())
            with pytest.raises(urllib3.exceptions.ConnectTimeoutError, match="connect timeout=3"):
                ask(timeout=Timeout(connect=3, read=60))
            assert chaos.now == 3.0
            assert ends(chaos) == ["timeout"]

    def test_without_a_limit_connecting_ends_at_the_systems_limit(self):
        with outage() as chaos:
            chaos.on("anthropic").inject(connect_timeout())
            with pytest.raises(urllib3.exceptions.NewConnectionError, match="timed out"):
                ask(timeout=None)
            assert chaos.now == 131.0

    def test_no_limit_and_a_silent_provider_end_at_the_horizon(self):
        with pytest.raises(HorizonReached, match="horizon"), outage() as chaos:
            chaos.clock.horizon = 3 * 86_400
            chaos.on("anthropic").inject(hang())
            ask(timeout=None)


class TestLeaving:
    def test_a_stream_that_is_closed_is_abandoned(self):
        with outage() as chaos:
            response = ask(body=STREAMED)
            next(response.stream())
            response.close()
            assert ends(chaos) == ["abandoned"]

    def test_a_stream_that_is_dropped_is_abandoned_at_once(self):
        with outage() as chaos:
            response = ask(body=STREAMED)
            next(response.stream())
            del response
            assert ends(chaos) == ["abandoned"]

    def test_a_stream_that_is_closed_at_its_last_event_is_complete(self):
        with outage() as chaos:
            response = ask(body=STREAMED)
            for chunk in response.stream():
                if b"message_stop" in chunk:
                    break
            response.close()
            assert ends(chaos) == ["complete"]
