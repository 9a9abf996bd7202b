"""Retries and pool limits below a client's API work in an outage as over real sockets.

Each scene runs twice in virtual time: against a server on loopback, which no provider
answers for, and against a simulated provider. The libraries' own pauses are virtual in both.
"""

from __future__ import annotations

import asyncio
import socket
import threading
from contextlib import nullcontext, suppress

import anyio
import pytest
from support.broken_connections import WIRES, texts_match
from support.http_clients import BODY, HEADERS, MESSAGES, STREAMED, close, settle, streamed
from support.libraries import library
from support.real_servers import refusing

from chaos_llm import outage
from chaos_llm.errors import HarnessError
from chaos_llm.faults import (
    connect_timeout,
    latency,
    refuse_connection,
    reset_reused_connection,
    stall_mid_stream,
)

HEAD = b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\n"


class KeptAlive:
    """A server on loopback that answers "real" to any number of requests on each connection.

    Where it `stalls`, a body lacks its last byte.
    """

    def __init__(self, *, stalls=False):
        self._body = b"rea" if stalls else b"real"
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}/orders"
        self.connections = 0

    def __enter__(self):
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *_):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _serve(self):
        with suppress(OSError):
            while True:
                peer, _ = self._listener.accept()
                self.connections += 1
                threading.Thread(target=self._answer, args=[peer], daemon=True).start()

    def _answer(self, peer):
        with peer, suppress(OSError):
            unread = b""
            while True:
                received = peer.recv(65_536)
                if not received:
                    return
                unread += received
                while b"\r\n\r\n" in unread:
                    head, _, rest = unread.partition(b"\r\n\r\n")
                    size = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0] or 0)
                    if len(rest) < size:
                        break
                    unread = rest[size:]
                    peer.sendall(HEAD + self._body)


@pytest.fixture
def real():
    with KeptAlive() as server:
        yield server


def measured(call, *args, **options):
    """The error or the result of a call, and its duration."""
    with outage() as chaos:
        try:
            return call(chaos, *args, **options), chaos.clock.now
        except Exception as error:
            return error, chaos.clock.now


def same(real, simulated, url):
    (error, took), (other, other_took) = real, simulated
    assert (type(other), other_took) == (type(error), took), (error, other)
    assert texts_match(error, url, other)


class TestRetriesOfHttpxsTransport:
    def ask(self, http, url, retries, **options):
        client = http.client(transport=http.leaf(retries=retries, verify=False), **options)
        return http.ask(client, url=url)

    @pytest.mark.parametrize("retries", [0, 1, 2, 5])
    @pytest.mark.parametrize("wire", ["refused", "unresolved", "hung up on in the TLS handshake"])
    def test_a11_failing_attempts_are_repeated_as_over_sockets(self, http, wire, retries):
        broken = WIRES[wire]
        with broken.address(threading.Event()) as url:
            over_sockets = measured(lambda _: self.ask(http, url, retries))

        def simulate(chaos):
            chaos.on("anthropic").inject(broken.fault)
            try:
                return self.ask(http, MESSAGES, retries)
            finally:
                assert len(chaos.journal) == 1 + retries

        same(over_sockets, measured(simulate), url)

    def test_a11_the_pauses_are_those_of_httpcore(self, http):
        (_, took) = measured(lambda _: self.ask(http, refusing(), 4))
        assert took == 0 + 0.5 + 1 + 2

    def test_a11_the_first_attempt_that_connects_gives_the_answer(self, http):
        with outage() as chaos:
            chaos.on("anthropic").inject(refuse_connection(), times=2)
            assert self.ask(http, MESSAGES, 3).status_code == 200
            assert chaos.clock.now == 0.5
            assert [exchange.end for exchange in chaos.journal] == ["refused"] * 2 + ["complete"]

    def test_a11_a_connect_timeout_is_retried(self, http):
        with outage() as chaos, pytest.raises(http.module.ConnectTimeout):
            chaos.on("anthropic").inject(connect_timeout())
            self.ask(http, MESSAGES, 2, timeout=http.module.Timeout(60, connect=3))
        assert chaos.clock.now == 3 + 0 + 3 + 0.5 + 3

    def test_a11_an_error_after_connecting_is_not_retried(self, http):
        with outage() as chaos, pytest.raises(http.module.ReadError):
            chaos.on("anthropic").inject(WIRES["reset before the headers"].fault)
            self.ask(http, MESSAGES, 3)
        assert len(chaos.journal) == 1


class TestPoolsOfHttpx:
    def client(self, http, pool=3.0, **limits):
        return http.client(
            limits=http.module.Limits(**limits),
            timeout=http.module.Timeout(60, pool=pool),
        )

    async def hold_and_ask(self, http, url):
        client = self.client(http, max_connections=1)
        try:
            async with streamed(client, url=url):
                return await settle(client.post(url, json=BODY, headers=HEADERS))
        finally:
            await close(client)

    def test_a11_a_request_without_a_free_connection_fails_at_the_pool_timeout(self, http, real):
        def scene(_, url):
            return http.run(self.hold_and_ask(http, url))

        over_sockets = measured(scene, real.url)
        assert isinstance(over_sockets[0], http.module.PoolTimeout)
        assert over_sockets[1] == 3
        same(over_sockets, measured(scene, MESSAGES), real.url)

    def test_a11_a_request_without_a_free_connection_never_reaches_the_provider(self, http):
        with outage() as chaos:
            with pytest.raises(http.module.PoolTimeout):
                http.run(self.hold_and_ask(http, MESSAGES))
            assert len(chaos.journal) == 1

    @pytest.mark.parametrize("where", ["real", "simulated"])
    def test_a11_a_closed_stream_frees_its_connection_for_the_next_request(self, http, real, where):
        url = real.url if where == "real" else MESSAGES
        client = self.client(http, max_connections=1)
        times = []

        def hold():
            with client.stream("POST", url, json=BODY, headers=HEADERS):
                threading.Event().wait(2)

        async def hold_async():
            async with client.stream("POST", url, json=BODY, headers=HEADERS):
                await anyio.sleep(2)

        async def ask(chaos):
            await anyio.sleep(0.5)
            response = await client.post(url, json=BODY, headers=HEADERS)
            times.append((response.status_code, chaos.clock.now))

        async def both(chaos):
            await asyncio.gather(hold_async(), ask(chaos))
            await client.aclose()

        with outage() as chaos:
            if http.is_async:
                asyncio.run(both(chaos))
            else:
                holder = threading.Thread(target=hold)
                holder.start()
                threading.Event().wait(0.5)
                response = client.post(url, json=BODY, headers=HEADERS)
                times.append((response.status_code, chaos.clock.now))
                holder.join()
                client.close()
        assert times == [(200, 2.0)]

    def test_a11_a_stream_that_is_not_closed_occupies_its_connection(self, http, real):
        def leak(_, url):
            async def scene():
                client = self.client(http, max_connections=2)
                try:
                    for _ in range(3):  # a leak in the app: neither read nor closed
                        request = client.build_request("POST", url, json=BODY, headers=HEADERS)
                        leaked.append(await settle(client.send(request, stream=True)))
                finally:
                    await close(client)

            return http.run(scene())

        leaked = []
        over_sockets = measured(leak, real.url)
        assert isinstance(over_sockets[0], http.module.PoolTimeout)
        same(over_sockets, measured(leak, MESSAGES), real.url)

    def test_a11_an_idle_connection_makes_room_for_another_host(self, http):
        async def scene():
            client = self.client(http, max_connections=1)
            for url in (MESSAGES, "https://api.openai.com/v1/models", MESSAGES):
                assert (await settle(client.get(url, headers=HEADERS))).status_code
            await close(client)

        with outage() as chaos:
            http.run(scene())
        assert len(chaos.journal) == 3

    def test_a11_without_a_limit_every_request_gets_a_connection(self, http):
        async def scene():
            client = self.client(http, max_connections=None)
            streams = [streamed(client) for _ in range(120)]
            for stream in streams:
                await stream.__aenter__()
            for stream in reversed(streams):
                await stream.__aexit__(None, None, None)

        with outage():
            http.run(scene())

    def test_a11_an_endless_wait_for_a_connection_raises_a_harness_error(self, http):
        client = self.client(http, max_connections=1, pool=None)

        async def scene():
            async with streamed(client):
                await settle(client.post(MESSAGES, json=BODY, headers=HEADERS))

        with pytest.raises(HarnessError), outage():
            http.run(scene())

    @pytest.mark.parametrize(
        ("limits", "pause", "is_reused"),
        [
            ({}, 4, True),
            ({}, 6, False),
            ({"keepalive_expiry": 60}, 59, True),
            ({"keepalive_expiry": None}, 9_999, True),
            ({"max_keepalive_connections": 0}, 0, False),
        ],
        ids=str,
    )
    def test_a11_a_connection_is_kept_as_long_as_over_sockets(
        self, http, real, limits, pause, is_reused
    ):
        async def scene(url):
            client = self.client(http, **limits)
            for _ in range(2):
                await settle(client.post(url, json=BODY, headers=HEADERS))
                threading.Event().wait(pause)
            await close(client)

        with outage():
            http.run(scene(real.url))
        assert real.connections == (1 if is_reused else 2)
        with outage() as chaos:
            chaos.on("anthropic").inject(reset_reused_connection())
            with pytest.raises(http.module.TransportError) if is_reused else nullcontext():
                http.run(scene(MESSAGES))

    def test_a11_two_connections_serve_eight_users_in_four_rounds(self, http):
        client = self.client(http, max_connections=2, pool=60)
        with outage() as chaos:
            chaos.on("anthropic").inject(latency(seconds=1))
            if http.is_async:

                async def scene():
                    requests = (client.post(MESSAGES, json=BODY, headers=HEADERS) for _ in range(8))
                    await asyncio.gather(*requests)

                asyncio.run(scene())
            else:
                users = [threading.Thread(target=http.ask, args=[client]) for _ in range(8)]
                client.__dict__["close"] = lambda: None
                for user in users:
                    user.start()
                for user in users:
                    user.join()
            assert chaos.clock.now == 4


class TestPoolsOfUrllib3:
    @pytest.fixture
    def urllib3(self):
        return library("urllib3")

    def pool(self, urllib3, url, **options):
        return urllib3.connectionpool.connection_from_url(url, **options)

    def test_a11_a_blocking_pool_without_a_free_connection_raises_its_error(self, urllib3, real):
        def scene(_, url):
            with self.pool(urllib3, url, maxsize=1, block=True) as pool:
                sent = {"headers": HEADERS, "preload_content": False, "pool_timeout": 3}
                held = pool.request("GET", url, **sent)
                try:
                    return pool.request("GET", url, **sent)
                finally:
                    held.close()

        over_sockets = measured(scene, real.url)
        assert isinstance(over_sockets[0], urllib3.exceptions.EmptyPoolError)
        assert over_sockets[1] == 3
        same(over_sockets, measured(scene, MESSAGES), real.url)

    @pytest.mark.parametrize("where", ["real", "simulated"])
    def test_a11_a_reply_that_was_read_frees_its_connection(self, urllib3, real, where):
        url = real.url if where == "real" else MESSAGES
        times = []

        def read_late(held):
            threading.Event().wait(2)
            held.read()

        with outage() as chaos, self.pool(urllib3, url, maxsize=1, block=True) as pool:
            held = pool.request("GET", url, headers=HEADERS, preload_content=False)
            reader = threading.Thread(target=read_late, args=[held])
            reader.start()
            assert pool.request("GET", url, headers=HEADERS).status
            times.append(chaos.clock.now)
            reader.join()
        assert times == [2.0]

    @pytest.mark.filterwarnings("ignore:POST http.* looks like a call of a model")  # over sockets
    @pytest.mark.parametrize("backoff", [0, 0.5, 3])
    def test_a11_connection_retries_happen_as_over_sockets(self, urllib3, backoff):
        def scene(_, url):
            retries = urllib3.Retry(connect=4, backoff_factor=backoff)
            with self.pool(urllib3, url) as pool:
                return pool.request(
                    "POST", "/v1/messages", json=BODY, headers=HEADERS, retries=retries
                )

        def simulate(chaos):
            chaos.on("anthropic").inject(refuse_connection())
            try:
                return scene(chaos, MESSAGES)
            finally:
                assert len(chaos.journal) == 5

        url = refusing()
        over_sockets = measured(scene, url)
        assert isinstance(over_sockets[0], urllib3.exceptions.MaxRetryError)
        same(over_sockets, measured(simulate), url)

    def test_a11_a_blocking_adapter_of_requests_waits_for_the_first_reply(self):
        requests = library("requests")
        with outage() as chaos, requests.Session() as session:
            adapter = requests.adapters.HTTPAdapter(pool_maxsize=1, pool_block=True)
            session.mount("https://", adapter)
            chaos.on("anthropic").inject(latency(seconds=1))
            users = [
                threading.Thread(
                    target=session.post, args=[MESSAGES], kwargs={"json": BODY, "headers": HEADERS}
                )
                for _ in range(3)
            ]
            for user in users:
                user.start()
            for user in users:
                user.join()
            assert chaos.clock.now == 3


@pytest.mark.filterwarnings("ignore:POST http.* looks like a call of a model")  # over sockets
class TestBotocore:
    @pytest.mark.parametrize("mode", ["legacy", "standard"])
    def test_a11_connection_retries_happen_as_over_sockets(self, mode):
        boto3, config = library("boto3"), library("botocore.config")

        def converse(_, **where):
            client = boto3.client(
                "bedrock-runtime",
                region_name="us-east-1",
                aws_access_key_id="k",
                aws_secret_access_key="s",
                config=config.Config(retries={"max_attempts": 4, "mode": mode}),
                **where,
            )
            client.converse(
                modelId="anthropic.claude-3-haiku-20240307-v1:0",
                messages=[{"role": "user", "content": [{"text": "hi"}]}],
            )

        def simulate(chaos):
            chaos.on("bedrock").inject(refuse_connection())
            try:
                converse(chaos)
            finally:
                assert len(chaos.journal) == 5

        (error, took), (other, other_took) = (
            measured(lambda chaos: converse(chaos, endpoint_url=refusing())),
            measured(simulate),
        )
        assert type(other) is type(error)
        assert other_took == pytest.approx(took, abs=0.001)
        assert took > 0


class TestAiohttp:
    def ask_twice(self, chaos, url, **limits):
        """Send two requests at once; the body of the first one stalls."""
        aiohttp = library("aiohttp")
        chaos.on("anthropic").inject(stall_mid_stream())

        async def scene():
            connector = aiohttp.TCPConnector(**limits)
            timeout = aiohttp.ClientTimeout(total=None, connect=3)
            async with aiohttp.ClientSession(connector=connector, timeout=timeout) as session:
                sent = {"json": STREAMED, "headers": HEADERS}
                async with session.post(url, **sent), session.post(url, **sent) as response:
                    return response.status

        return asyncio.run(scene())

    @pytest.mark.parametrize("limits", [{"limit": 1}, {"limit_per_host": 1}], ids=str)
    def test_a11_a_connectors_limit_works_as_over_sockets(self, limits):
        with KeptAlive(stalls=True) as real:
            error, took = measured(self.ask_twice, real.url, **limits)
        simulated, simulated_took = measured(self.ask_twice, MESSAGES, **limits)
        assert (type(simulated), simulated_took) == (type(error), took)
        assert took == 3

    def test_a11_two_connections_serve_two_requests_without_a_wait(self):
        with KeptAlive(stalls=True) as real:
            assert measured(self.ask_twice, real.url, limit=2) == (200, 0)
        assert measured(self.ask_twice, MESSAGES, limit=2) == (200, 0)
