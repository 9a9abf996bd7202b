"""Clients of httpx and httpx2, created as in apps, are intercepted at their transports."""

from __future__ import annotations

import asyncio
import importlib
import json
import subprocess
import sys

import pytest
from support.http_clients import BODY, HEADERS, HTTPS, LIBRARIES, MESSAGES, each, settle, streamed
from support.small_profiles import paced, profile_of

from chaos_llm import ChaosWarning, outage
from chaos_llm.faults import overloaded, slow_tokens, stall_mid_stream
from chaos_llm.interception import httpx_headers

both_libraries = pytest.mark.skipif(len(LIBRARIES) < 2, reason="one of them is not installed")


def ends(chaos):
    return [exchange.end for exchange in chaos.journal]


def test_a_providers_host_answers_in_its_own_format(http):
    with outage() as chaos:
        response = http.ask()
    assert response.status_code == 200
    assert response.json()["type"] == "message"
    assert "KX-48213" in response.json()["content"][0]["text"]
    assert ends(chaos) == ["complete"]


def test_a_stream_arrives_in_chunks(http):
    chunks = []
    with outage() as chaos:
        response = http.read(chunks)
    assert response.headers["content-type"].startswith("text/event-stream")
    assert len(chunks) > 5
    assert chunks[-1].startswith(b"event: message_stop")
    assert ends(chaos) == ["complete"]


def test_a_client_from_before_the_outage_is_intercepted_too(http):
    client = http.client()
    with outage() as chaos:
        assert http.ask(client).status_code == 200
    assert len(chaos.journal) == 1


@both_libraries
def test_both_libraries_are_intercepted_in_one_process():
    with outage() as chaos:
        for http in HTTPS:
            assert http.ask().status_code == 200
        assert len(chaos.journal) == len(HTTPS)


def test_the_transports_are_restored_after_the_outage(http):
    before = dict(vars(http.leaf))
    with outage():
        assert dict(vars(http.leaf)) != before
    assert dict(vars(http.leaf)) == before


def test_a_request_to_another_host_is_real(http, loopback):
    with outage() as chaos:
        response = http.ask(url=f"{loopback}/orders")
    assert response.text == "real"
    assert len(chaos.journal) == 0


def test_a_custom_transport_is_not_intercepted(http):
    module = http.module
    mock = module.MockTransport(lambda _: module.Response(418))
    with pytest.warns(ChaosWarning, match="MockTransport.*does not affect"), outage() as chaos:
        assert http.ask(http.client(transport=mock)).status_code == 418
    assert len(chaos.journal) == 0


def test_a_subclass_of_the_transport_is_intercepted(http):
    seen = []

    class Counting(http.leaf):
        def handle_request(self, request):
            seen.append(request.url.host)
            return super().handle_request(request)

        async def handle_async_request(self, request):
            seen.append(request.url.host)
            return await super().handle_async_request(request)

    with outage() as chaos:
        assert http.ask(http.client(transport=Counting())).status_code == 200
    assert seen == ["api.anthropic.com"]
    assert len(chaos.journal) == 1


def test_layers_above_the_transport_stay_real(http):
    """Proxies, mounts, event hooks, a base URL and an auth flow work as usual."""
    module, hooked = http.module, []

    async def hook_async(message):
        hooked.append(type(message).__name__)

    def hook(message):
        hooked.append(type(message).__name__)

    class Keyed(module.Auth):
        def auth_flow(self, request):
            request.headers["x-api-key"] = "sk-of-the-auth-flow"
            yield request

    each_hook = [hook_async if http.is_async else hook]
    client = http.client(
        base_url="https://api.anthropic.com/v1",
        headers={"anthropic-version": "2023-06-01"},
        mounts={"https://": http.leaf(proxy="http://127.0.0.1:9")},
        event_hooks={"request": each_hook, "response": each_hook},
        auth=Keyed(),
    )

    async def scene():
        return await settle(client.post("/messages", json=BODY))

    with outage() as chaos:
        assert http.run(scene()).status_code == 200
    assert hooked == ["Request", "Response"]
    assert chaos.journal[0].credential


def test_a_body_that_is_sent_as_a_stream_is_read(http):
    text = json.dumps(BODY).encode()

    def pieces():
        yield text[:20]
        yield text[20:]

    async def pieces_async():
        for piece in pieces():
            yield piece

    client = http.client()

    async def scene():
        content = pieces_async() if http.is_async else pieces()
        return await settle(client.post(MESSAGES, content=content, headers=HEADERS))

    with outage():
        assert "KX-48213" in http.run(scene()).json()["content"][0]["text"]


def test_a_bad_request_gets_the_providers_own_error(http):
    with outage():
        assert http.ask(body={"messages": []}).json()["error"]["type"] == "invalid_request_error"


def test_the_reply_for_a_path_that_is_not_simulated_names_it(http):
    with outage():
        unserved = http.ask(url="https://api.anthropic.com/v9/x")
    assert unserved.status_code == 501
    assert unserved.json()["error"]["type"] == "chaos_llm_unserved"


def test_a_stream_that_the_client_closes_early_is_journalled_as_abandoned(http):
    client = http.client()

    async def scene():
        async with streamed(client) as response:
            async for _ in each(http.raw(response)):
                return

    with outage() as chaos:
        http.run(scene())
    assert ends(chaos) == ["abandoned"]


def test_a_stream_that_is_never_read_is_journalled_as_abandoned(http):
    client = http.client()

    async def scene():
        async with streamed(client) as response:
            return response.status_code

    with outage() as chaos:
        assert http.run(scene()) == 200
    assert ends(chaos) == ["abandoned"]


def test_a_stream_that_is_closed_after_its_last_byte_is_complete(http):
    """A client that closes at the terminator, as OpenAI's does, has read everything."""
    client = http.client()

    async def scene():
        async with streamed(client) as response:
            async for chunk in each(http.raw(response)):
                if b"message_stop" in chunk:
                    return

    with outage() as chaos:
        http.run(scene())
    assert ends(chaos) == ["complete"]


def test_a_second_iteration_continues_after_the_first(http):
    """OpenAI's async client reads the rest of a stream so, within a tenth of a second."""
    client = http.client()

    async def scene():
        async with streamed(client) as response:
            if http.is_async:
                reader = aiter(response.stream)
                first = await anext(reader)
            else:
                reader = iter(response.stream)
                first = next(reader)
            return [first] + [chunk async for chunk in each(response.stream)]

    with outage() as chaos:
        chaos.on("anthropic").inject(slow_tokens("3s"))
        in_two = http.run(scene())
    in_one = []
    with outage():
        http.read(in_one)
    assert in_two == in_one
    assert ends(chaos) == ["complete"]


def test_an_exchange_ends_with_its_last_byte(http):
    with outage(paced(first_token=2.0, token=0.5)) as chaos:
        http.read([])
        exchange = chaos.journal[0]
        assert exchange.until == chaos.now
        assert exchange.until > 2.0
    assert chaos.journal[0].end == "complete"


def test_slow_tokens_are_waited_for_chunk_by_chunk(http):
    times = []
    client = http.client()

    async def scene(chaos):
        async with streamed(client) as response:
            async for chunk in each(http.raw(response)):
                times.extend([chaos.now] if b"content_block_delta" in chunk else [])

    with outage() as chaos:
        chaos.on("anthropic").inject(slow_tokens("3s"))
        http.run(scene(chaos))
    assert times == [3.0 * number for number in range(len(times))]
    assert len(times) > 3


class TestCancellation:
    @pytest.fixture(params=LIBRARIES)
    def client_kind(self, request):
        return next(http for http in HTTPS if http.library == request.param and http.is_async)

    async def cancel_after(self, seconds, work):
        task = asyncio.ensure_future(work)
        await asyncio.sleep(seconds)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    async def post(self, client_kind):
        async with client_kind.client(timeout=None) as client:
            await client.post(MESSAGES, json=BODY, headers=HEADERS)

    async def stream(self, client_kind):
        async with client_kind.client(timeout=None) as client, streamed(client) as response:
            async for _ in each(client_kind.raw(response)):
                pass

    def test_before_the_headers_it_is_journalled_and_propagates(self, client_kind):
        with outage(paced(first_token=60)) as chaos:
            asyncio.run(self.cancel_after(20, self.post(client_kind)))
            assert (ends(chaos), chaos.journal[0].until) == (["abandoned"], 20.0)

    def test_between_chunks_too(self, client_kind):
        with outage() as chaos:
            chaos.on("anthropic").inject(stall_mid_stream())
            asyncio.run(self.cancel_after(20, self.stream(client_kind)))
            assert (ends(chaos), chaos.journal[0].until) == (["abandoned"], 20.0)

    def test_a_deadline_of_the_app_ends_the_call_at_its_exact_time(self, client_kind):
        async def scene():
            async with asyncio.timeout(12):
                await self.post(client_kind)

        with outage(paced(first_token=60)) as chaos:
            with pytest.raises(TimeoutError):
                asyncio.run(scene())
            assert chaos.now == 12.0


def test_trio_clients_are_intercepted_too():
    trio = pytest.importorskip("trio")
    http = next(http for http in HTTPS if http.is_async)

    async def scene():
        async with http.client() as client:
            response = await client.post(MESSAGES, json=BODY, headers=HEADERS)
            return response.status_code

    with outage() as chaos:
        chaos.on("anthropic").inject(overloaded())
        assert trio.run(scene) == 529


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_library_that_is_imported_during_an_outage_is_answered_and_the_other_not_imported(
    library,
):
    """A project that uses only one of httpx and httpx2 must not need the other."""
    text = f"""if True:
        import sys, chaos_llm
        with chaos_llm.outage():
            assert not {{"httpx", "httpx2"}} & set(sys.modules)
            import {library}
            reply = {library}.get("https://api.openai.com/v1/models")
        real = {library}.HTTPTransport.handle_request.__module__
        print(reply.status_code, real, *{{"httpx", "httpx2"}} & set(sys.modules))
    """
    run = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["401", f"{library}._transports.default", library]


def test_headers_are_the_same_where_a_library_keeps_them_in_another_form(http, monkeypatch):
    def replies():
        with outage(profile_of(), seed=1):
            return [http.ask() for _ in range(4)]  # from the third one on, of a known form

    usual = replies()
    monkeypatch.setattr(httpx_headers, "keeps_triples", lambda _module: False)
    for reply, other in zip(usual, replies(), strict=True):
        assert reply.headers.raw == other.headers.raw
        assert reply.headers.encoding == other.headers.encoding == "ascii"
        assert reply.content == other.content


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_header_with_a_line_end_is_not_taken_for_two(library):
    module = importlib.import_module(library)
    two, one = {"x-api-key": "one", "x-more": "two"}, {"x-api-key": "one\nx-more\nx-more\ntwo"}
    with outage() as chaos:
        for headers in (two, one, two):
            module.post(MESSAGES, json=BODY, headers=headers)
    first, second, third = (exchange.credential for exchange in chaos.journal)
    assert first == third != second
