"""aiohttp's own sessions, connections and parser with simulated replies."""

from __future__ import annotations

import asyncio
import gc
import json
import sys
import threading
from contextlib import asynccontextmanager, nullcontext

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
    raw,
    reset_connection,
    reset_reused_connection,
    slow_tokens,
    stall_mid_stream,
)

aiohttp = pytest.importorskip("aiohttp")
ClientTimeout = aiohttp.ClientTimeout
LISTED = "https://api.openai.com/v1/models"
SIGNED = {"authorization": "Bearer sk-test"}
UNKNOWN = "https://api.anthropic.com/v9/nothing"


@asynccontextmanager
async def posted(body=BODY, session=None, url=MESSAGES, **options):
    """A response whose body has not been read; a session that is passed is closed, too."""
    sent = {"headers": HEADERS, "json": body} | options
    async with session or aiohttp.ClientSession() as own, own.post(url, **sent) as response:
        yield response


async def ask(session=None, **options):
    """A response with its whole body."""
    async with posted(session=session, **options) as response:
        await response.read()
        return response


async def read(chunks, **options):
    async with posted(STREAMED, **options) as response:
        async for chunk in response.content.iter_any():
            chunks.append(chunk)


class TestAnswers:
    def test_carry_status_reason_headers_and_json(self):
        async def scene():
            async with posted() as response:
                answer = await response.json()
                return response, answer

        with outage():
            response, answer = asyncio.run(scene())
        assert type(response) is aiohttp.ClientResponse
        assert (response.status, response.reason, response.ok) == (200, "OK", True)
        assert response.headers["request-id"].startswith("req_")
        assert str(response.url) == MESSAGES
        assert "KX-48213" in answer["content"][0]["text"]

    def test_a_status_without_a_reason_phrase_is_read(self):
        with outage() as chaos:
            chaos.on("anthropic").inject(overloaded())
            response = asyncio.run(ask())
            assert ends(chaos) == ["complete"]
        assert (response.status, response.reason) == (529, "")
        with pytest.raises(aiohttp.ClientResponseError, match="529"):
            response.raise_for_status()

    @pytest.mark.parametrize(
        "how",
        [
            lambda content: content.iter_any(),
            lambda content: content.iter_chunked(100),
            lambda content: content,  # by lines
        ],
        ids=["any", "chunked", "lines"],
    )
    def test_a_stream_can_be_read_with_every_method(self, how):
        async def scene():
            async with posted(STREAMED) as response:
                return b"".join([piece async for piece in how(response.content)])

        with outage() as chaos:
            body = asyncio.run(scene())
            assert ends(chaos) == ["complete"]
        assert body.count(b"event: ") == body.count(b"data: ") > 5
        assert body.endswith(b'data: {"type":"message_stop"}\n\n')

    def test_each_chunk_of_a_stream_arrives_alone(self):
        chunks = []
        with outage():
            asyncio.run(read(chunks))
        assert len(chunks) == b"".join(chunks).count(b"event: ")

    def test_a_stream_takes_the_time_of_its_chunks(self):
        times = []

        async def scene(chaos):
            async with posted(STREAMED) as response:
                async for line in response.content:
                    if line.startswith(b"event: content_block_delta"):
                        times.append(chaos.now)  # noqa: PERF401 - it is said when it comes

        with outage() as chaos:
            chaos.on("anthropic").inject(slow_tokens("3s"))
            asyncio.run(scene(chaos))
        assert times == [3.0 * number for number in range(len(times))]
        assert len(times) > 3

    def test_a_long_body_waits_until_its_reader_has_room(self):
        long = b"x" * 1_000_000

        async def scene():
            async with posted(session=aiohttp.ClientSession(read_bufsize=1024)) as response:
                read = 0
                while piece := await response.content.read(10_000):
                    read += len(piece)
                    await asyncio.sleep(1)
                return read

        with outage() as chaos:
            chaos.on("anthropic").inject(raw(200, {"content-length": str(len(long))}, long))
            assert asyncio.run(scene()) == len(long)
            assert ends(chaos) == ["complete"]

    def test_a_slow_reader_gets_every_byte_of_a_stream(self):
        async def scene():
            async with posted(STREAMED, session=aiohttp.ClientSession(read_bufsize=16)) as response:
                body = b""
                while piece := await response.content.readany():
                    body += piece
                    await asyncio.sleep(1)
                return body

        with outage():
            assert asyncio.run(scene()).endswith(b'data: {"type":"message_stop"}\n\n')


class TestRequests:
    def body_of(self, sent):
        async def scene():
            async with posted(None, data=sent) as response:
                return await response.json()

        with outage():
            return asyncio.run(scene())["content"][0]["text"]

    def test_a_body_of_bytes_is_read(self):
        assert "KX-48213" in self.body_of(json.dumps(BODY).encode())

    def test_a_body_that_is_generated_is_read(self):
        async def pieces():
            text = json.dumps(BODY).encode()
            yield text[:20]
            await asyncio.sleep(1)
            yield text[20:]

        assert "KX-48213" in self.body_of(pieces())

    def test_a_body_from_a_file_is_read(self, tmp_path):
        path = tmp_path / "body.json"
        path.write_text(json.dumps(BODY))
        with path.open("rb") as file:
            assert "KX-48213" in self.body_of(file)

    def test_a_request_with_expect_100_continue_is_answered(self):
        with outage() as chaos:
            assert asyncio.run(ask(expect100=True)).status == 200
            assert chaos.now == 0.0

    def test_a_request_without_a_body_gets_its_answer(self):
        async def scene():
            async with aiohttp.ClientSession() as session, session.get(UNKNOWN) as response:
                return response.status

        with outage():
            assert asyncio.run(scene()) == 501

    def test_a_get_is_retried_by_aiohttp_on_a_new_connection(self):
        async def scene():
            async with (
                aiohttp.ClientSession() as session,
                session.get(LISTED, headers=SIGNED) as response,
            ):
                return response.status

        with outage() as chaos:
            chaos.on("openai").inject(reset_connection(), times=1)
            assert asyncio.run(scene()) == 200
            assert ends(chaos) == ["reset", "complete"]


class TestAboveTheLeaf:
    def test_middlewares_and_tracing_work_as_usual(self):
        seen = []
        trace = aiohttp.TraceConfig()

        def noting(name):
            async def note(*_):
                seen.append(name)

            return note

        names = ("request_start", "connection_create_start", "connection_create_end")
        for name in (*names, "request_headers_sent", "request_chunk_sent", "request_end"):
            getattr(trace, f"on_{name}").append(noting(name))

        async def middleware(request, handler):
            request.headers["x-api-key"] = "sk-of-the-middleware"
            response = await handler(request)
            seen.append(f"middleware {response.status}")
            return response

        async def scene():
            options = {"trace_configs": [trace], "middlewares": (middleware,)}
            await ask(aiohttp.ClientSession(**options), headers={"anthropic-version": "2023-06-01"})

        with outage() as chaos:
            asyncio.run(scene())
            assert chaos.journal[0].credential
        assert seen[:3] == list(names)
        assert {"request_headers_sent", "request_chunk_sent", "request_end"} <= set(seen)
        assert "middleware 200" in seen

    def test_a_session_made_before_the_outage_follows(self):
        async def scene():
            async with aiohttp.ClientSession() as session:
                with outage() as chaos:
                    response = await ask(session)
                    assert len(chaos.journal) == 1
                return response

        assert asyncio.run(scene()).status == 200

    def test_a_connector_class_of_the_app_follows(self):
        class Connector(aiohttp.TCPConnector):
            connected = 0

            async def connect(self, *args, **options):
                Connector.connected += 1
                return await super().connect(*args, **options)

        async def scene():
            return await ask(aiohttp.ClientSession(connector=Connector()))

        with outage():
            assert asyncio.run(scene()).status == 200
        assert Connector.connected == 1

    def test_a_connectors_limit_makes_the_second_request_wait(self):
        async def scene(chaos):
            connector = aiohttp.TCPConnector(limit=1)
            async with aiohttp.ClientSession(connector=connector) as session:

                async def one():
                    async with session.post(MESSAGES, json=BODY, headers=HEADERS) as response:
                        await response.read()

                await asyncio.gather(one(), one())
            return chaos.now

        with outage(paced(first_token=5.0)) as chaos:
            until = asyncio.run(scene(chaos))
            first, second = chaos.journal
        assert until == 10.0
        assert second.at == first.until

    def test_a_proxy_is_not_contacted(self):
        with outage():
            assert asyncio.run(ask(proxy="http://127.0.0.1:9")).status == 200


class TestOtherHosts:
    async def get(self, session, url):
        async with session.get(url) as response:
            return await response.text()

    def test_reach_the_real_server(self, loopback):
        async def scene():
            async with aiohttp.ClientSession() as session:
                return await self.get(session, loopback)

        with outage():
            assert asyncio.run(scene()) == "real"

    def test_a_pooled_connection_from_before_is_not_used_for_a_provider(
        self, loopback, monkeypatch
    ):
        monkeypatch.setenv("ANTHROPIC_BASE_URL", loopback)

        async def scene():
            async with aiohttp.ClientSession() as session:
                assert await self.get(session, f"{loopback}/v1/messages") == "real"
                assert session.connector._conns  # it is kept for the next request
                with outage() as chaos:
                    async with session.post(
                        f"{loopback}/v1/messages", json=BODY, headers=HEADERS
                    ) as response:
                        assert (await response.json())["type"] == "message"
                    assert len(chaos.journal) == 1

        asyncio.run(scene())

    def test_after_the_outage_requests_reach_the_real_provider(self, loopback, monkeypatch):
        monkeypatch.setenv("ANTHROPIC_BASE_URL", loopback)

        async def scene():
            async with aiohttp.ClientSession() as session:
                with outage():
                    url = f"{loopback}/v1/messages"
                    async with session.post(url, json=BODY, headers=HEADERS) as response:
                        assert response.status == 200
                return await self.get(session, f"{loopback}/v1/messages")

        assert asyncio.run(scene()) == "real"

    def test_aiohttps_methods_are_restored_after_the_outage(self):
        kinds = [aiohttp.BaseConnector, aiohttp.TCPConnector, aiohttp.UnixConnector]

        def state():
            return [(vars(k).get("_create_connection"), vars(k).get("_get")) for k in kinds]

        before = state()
        with outage():
            assert all(was != now for was, now in zip(before, state(), strict=True))
        assert state() == before
        assert sys.modules["chaos_llm.interception.aiohttp_client"]._context is None


class TestEndings:
    def raised(self, url, wire, read_event):
        chunks = []

        async def scene():
            limits = ClientTimeout(sock_read=wire.limit)
            async with posted(wire.body, url=url, timeout=limits) as response:
                async for chunk in response.content.iter_any():
                    chunks.append(chunk)
                    read_event.set()

        with pytest.raises((aiohttp.ClientError, TimeoutError)) as caught:
            asyncio.run(scene())
        return caught.value, bool(chunks)

    @pytest.mark.parametrize("name", WIRES)
    def test_it_breaks_as_a_real_connection_does(self, name):
        wire, read = WIRES[name], threading.Event()
        with wire.address(read) as url:
            real, real_begun = self.raised(url, wire, read)
        with outage() as chaos:
            chaos.on("anthropic").inject(wire.fault)
            simulated, begun = self.raised(MESSAGES, wire, threading.Event())
            assert ends(chaos) == [wire.end]
        assert type(simulated) is type(real)
        assert texts_match(real, url, simulated)
        assert type(getattr(simulated, "os_error", None)) is type(getattr(real, "os_error", None))
        assert begun == real_begun

    @pytest.mark.parametrize(
        ("pause", "options", "second"),
        [(14, {}, "reset"), (16, {}, "complete"), (0, {"force_close": True}, "complete")],
        ids=["kept", "not kept so long", "never kept"],
    )
    def test_a_kept_connection_is_reset_when_it_is_reused(self, pause, options, second):
        async def scene():
            connector = aiohttp.TCPConnector(**options)
            async with aiohttp.ClientSession(connector=connector) as session:
                for seconds in (0, pause):
                    await asyncio.sleep(seconds)
                    async with session.post(MESSAGES, json=BODY, headers=HEADERS) as response:
                        await response.read()

        with outage() as chaos:
            chaos.on("anthropic").inject(reset_reused_connection())
            with pytest.raises(aiohttp.ClientOSError) if second == "reset" else nullcontext():
                asyncio.run(scene())
            assert ends(chaos) == ["complete", second]


class TestTimeouts:
    @pytest.mark.parametrize(
        ("limits", "error", "until"),
        [
            ({"total": 40}, TimeoutError, 40.0),
            ({"sock_read": 7.25}, aiohttp.SocketTimeoutError, 7.25),
            ({"connect": 3, "sock_read": 7.25}, aiohttp.SocketTimeoutError, 7.25),
        ],
        ids=["total", "sock_read", "sock_read after connect"],
    )
    @pytest.mark.parametrize("fault", [hang(), latency(seconds=60), stall_mid_stream()], ids=str)
    def test_each_limit_ends_the_call_at_its_exact_time(self, limits, error, until, fault):
        with outage() as chaos:
            chaos.on("anthropic").inject(fault)
            with pytest.raises(error):
                asyncio.run(read([], timeout=ClientTimeout(**{"total": None} | limits)))
            assert chaos.now == until
            assert ends(chaos) == ["timeout"]

    @pytest.mark.parametrize(
        ("limits", "until"),
        [({"connect": 3}, 3.0), ({"sock_connect": 4}, 4.0), ({"total": 20}, 20.0), ({}, 30.0)],
        ids=["connect", "sock_connect", "total", "no limit"],
    )
    def test_a_connection_attempt_ends_at_its_limit(self, limits, until):
        error = TimeoutError if limits.get("total") else aiohttp.ConnectionTimeoutError
        options = {"timeout": ClientTimeout(**limits)} if limits else {}
        with outage() as chaos:
            chaos.on("anthropic").inject(connect_timeout())
            with pytest.raises(error):
                asyncio.run(ask(**options))
            assert chaos.now == until
            assert ends(chaos) == ["timeout"]

    def test_without_a_limit_connecting_ends_at_the_systems_limit(self):
        with outage() as chaos:
            chaos.on("anthropic").inject(connect_timeout())
            with pytest.raises(aiohttp.ClientConnectorError, match="Connect call failed"):
                asyncio.run(ask(timeout=ClientTimeout(total=None, sock_connect=None)))
            assert chaos.now == 131.0

    def test_the_read_limit_applies_to_each_read_and_not_to_their_sum(self):
        with outage() as chaos:
            chaos.on("anthropic").inject(slow_tokens("6s"))
            asyncio.run(read([], timeout=ClientTimeout(sock_read=7)))
            assert chaos.now > 14
            assert ends(chaos) == ["complete"]

    def test_the_default_limit_is_five_minutes_in_all(self):
        with outage() as chaos:
            chaos.on("anthropic").inject(hang())
            with pytest.raises(TimeoutError):
                asyncio.run(ask())
            assert chaos.now == 300.0

    def test_no_limit_and_a_silent_provider_end_at_the_horizon(self):
        with pytest.raises(HorizonReached, match="horizon"), outage() as chaos:
            chaos.clock.horizon = 3 * 86_400
            chaos.on("anthropic").inject(hang())
            asyncio.run(ask(timeout=ClientTimeout(total=None)))


class TestLeaving:
    def test_a_stream_that_the_client_closes_is_abandoned(self):
        async def scene():
            async with posted(STREAMED) as response:
                await response.content.readany()

        with outage() as chaos:
            asyncio.run(scene())
            assert ends(chaos) == ["abandoned"]

    def test_a_stream_that_is_closed_at_its_last_event_is_complete(self):
        async def scene():
            async with posted(STREAMED) as response:
                async for line in response.content:
                    if b"message_stop" in line:
                        return

        with outage() as chaos:
            asyncio.run(scene())
            assert ends(chaos) == ["complete"]

    def test_a_deadline_of_the_app_ends_the_call_at_its_exact_time(self):
        async def scene():
            async with asyncio.timeout(12):
                await ask(timeout=ClientTimeout(total=None, sock_read=60))

        with outage() as chaos:
            chaos.on("anthropic").inject(latency(seconds=30))
            with pytest.raises(TimeoutError):
                asyncio.run(scene())
            assert chaos.now == 12.0
            assert ends(chaos) == ["abandoned"]

    def test_a_cancelled_connect_is_abandoned(self):
        async def scene():
            async with asyncio.timeout(2):
                await ask()

        with outage() as chaos:
            chaos.on("anthropic").inject(connect_timeout())
            with pytest.raises(TimeoutError):
                asyncio.run(scene())
            assert ends(chaos) == ["abandoned"]

    @pytest.mark.filterwarnings("ignore:Unclosed:ResourceWarning")
    def test_an_unclosed_response_is_abandoned_when_it_is_freed(self):
        async def scene():
            session = aiohttp.ClientSession()
            await session.post(MESSAGES, json=STREAMED, headers=HEADERS)
            gc.collect()
            await session.close()

        with outage() as chaos:
            chaos.on("anthropic").inject(stall_mid_stream())
            asyncio.run(scene())
            assert ends(chaos) == ["abandoned"]
