"""`chaos.respx` answers for the team's other services; a stub for a provider causes a warning."""

from __future__ import annotations

import gzip

import httpx
import pytest
import respx
from respx.mocks import HTTPCoreMocker
from respx.models import AllMockedAssertionError
from support.http_clients import MESSAGES, each, settle

import chaos_llm
from chaos_llm import ChaosWarning, outage

SHOP = "https://shop.invalid/orders"


class TestChaosRespx:
    def test_a_route_answers_in_both_libraries_and_flavours(self, http):
        with outage() as chaos:
            route = chaos.respx.post(SHOP).respond(201, json={"order": 3}, headers={"x-shop": "1"})
            response = http.ask(url=SHOP)
            assert route.called
            assert len(chaos.journal) == 0
        assert isinstance(response, http.module.Response)
        assert (response.status_code, response.json()) == (201, {"order": 3})
        assert response.headers["x-shop"] == "1"

    def test_a_route_gets_the_request(self, http):
        with outage() as chaos:
            chaos.respx.post(SHOP, json__order=3).respond(200)
            assert http.ask(url=SHOP, body={"order": 3}).status_code == 200
            with pytest.raises(AllMockedAssertionError):
                http.ask(url=SHOP, body={"order": 4})
            assert chaos.respx.calls[0].request.headers["x-api-key"] == "sk-test"

    def test_a_request_without_a_route_raises_respxs_error(self, http):
        with outage() as chaos:
            chaos.respx.get(SHOP).respond(200)
            with pytest.raises(AllMockedAssertionError, match="not mocked"):
                http.ask(url=SHOP)

    def test_without_routes_requests_to_other_services_are_real(self, http, loopback):
        with outage() as chaos:
            assert not chaos.respx.routes
            assert http.ask(url=loopback).text == "real"

    def test_a_pass_through_route_calls_the_real_service(self, http, loopback):
        with outage() as chaos:
            chaos.respx.route(host="127.0.0.1").pass_through()
            assert http.ask(url=loopback).text == "real"

    def test_a_side_effect_raises_in_the_clients_own_classes(self, http):
        with outage() as chaos:
            chaos.respx.post(SHOP).mock(side_effect=httpx.ConnectTimeout)
            with pytest.raises(http.module.ConnectTimeout) as caught:
                http.ask(url=SHOP)
        assert caught.value.request.url == SHOP

    def test_a_side_effect_of_another_class_is_raised_unchanged(self, http):
        class OfTheirs(httpx.TransportError):
            pass

        with outage() as chaos:
            chaos.respx.post(SHOP).mock(side_effect=OfTheirs("x"))
            with pytest.raises(OfTheirs):
                http.ask(url=SHOP)

    def test_an_async_function_answers_an_async_client(self, http):
        async def answer_async(request):
            return httpx.Response(200, text=f"async {request.method}")

        def answer(request):
            return httpx.Response(200, text=f"sync {request.method}")

        with outage() as chaos:
            chaos.respx.post(SHOP).mock(side_effect=answer_async if http.is_async else answer)
            text = http.ask(url=SHOP).text
        assert text == ("async POST" if http.is_async else "sync POST")

    def test_an_encoded_body_is_decoded_once(self, http):
        with outage() as chaos:
            packed = gzip.compress(b"packed")
            chaos.respx.post(SHOP).respond(
                200, headers={"content-encoding": "gzip"}, content=packed
            )
            assert http.ask(url=SHOP).text == "packed"

    def test_an_answer_in_pieces_is_streamed(self, http):
        def pieces():
            yield b"one "
            yield b"two"

        async def pieces_async():
            for piece in pieces():
                yield piece

        async def scene():
            client = http.client()
            response = await settle(client.post(SHOP))
            return b"".join([chunk async for chunk in each([response.content])])

        with outage() as chaos:
            stream = pieces_async() if http.is_async else pieces()
            chaos.respx.post(SHOP).mock(return_value=httpx.Response(200, content=stream))
            assert http.run(scene()) == b"one two"

    def test_routes_end_with_their_outage(self, http, loopback):
        with outage() as chaos:
            chaos.respx.post(url__startswith=loopback).respond(200, text="stub")
            assert http.ask(url=loopback).text == "stub"
        with outage():
            assert http.ask(url=loopback).text == "real"

    def test_it_works_while_the_outage_is_in_force(self):
        chaos = outage()
        with pytest.raises(chaos_llm.errors.UsageError, match="inside the outage"):
            chaos.respx  # noqa: B018 - a property with a word to say
        with chaos:
            pass
        with pytest.raises(chaos_llm.errors.UsageError, match="inside the outage"):
            chaos.respx  # noqa: B018


class TestStubsOfTheirs:
    """respx mocks httpx and httpcore, so these tests use clients of httpx."""

    @pytest.fixture
    def client(self, httpx_http):
        return httpx_http.client()

    def ask_twice(self, http, client):
        with outage():
            return [http.ask(client).status_code for _ in range(2)]

    def test_the_outage_answers_and_warns_about_a_stub_for_a_provider(self, httpx_http, client):
        with respx.mock(assert_all_called=False) as router:
            stub = router.post(MESSAGES).respond(418)
            with pytest.warns(ChaosWarning, match=r"api\.anthropic\.com.*chaos\.on") as warned:
                assert self.ask_twice(httpx_http, client) == [200, 200]
            assert not stub.called
        assert len(warned) == 1

    def test_the_warning_about_a_stub_is_a_note_on_a_failed_tests_error(self, httpx_http, client):
        with respx.mock(assert_all_called=False) as router:
            router.post(MESSAGES).respond(418)
            with pytest.raises(ZeroDivisionError) as caught, outage():
                httpx_http.ask(client)
                raise ZeroDivisionError
        assert "respx stub of yours" in caught.value.__notes__[0]

    def test_their_stubs_for_other_hosts_keep_working(self, httpx_http, client):
        with respx.mock() as router:
            router.post(SHOP).respond(418)
            with outage() as chaos:
                assert httpx_http.ask(client, url=SHOP).status_code == 418
                assert httpx_http.ask(client).status_code == 200
        assert len(chaos.journal) == 1

    def test_a_stub_made_in_the_outage_works_like_one_from_before(self, httpx_http, client):
        with outage(), respx.mock() as router:
            router.post(SHOP).respond(418)
            assert httpx_http.ask(client, url=SHOP).status_code == 418

    def test_a_pass_through_route_causes_no_warning(self, httpx_http, client):
        with respx.mock(assert_all_called=False) as router:
            router.route(host="api.anthropic.com").pass_through()
            with outage():
                assert httpx_http.ask(client).status_code == 200

    def test_looking_for_a_stub_runs_no_side_effect(self, httpx_http, client):
        with respx.mock(assert_all_called=False) as router:
            stub = router.post(MESSAGES)
            stub.side_effect = [httpx.Response(418)]
            with pytest.warns(ChaosWarning), outage():
                httpx_http.ask(client)
            assert httpx_http.ask(client).status_code == 418


def test_a_stub_for_httpx2_causes_a_warning_too(httpx2_http):
    """As in pytest-httpx2: its own mocker for the core of httpx2."""
    if "httpcore2 of a test" not in HTTPCoreMocker.registry:
        second = [target.replace("httpcore", "httpcore2") for target in HTTPCoreMocker.targets]
        type("Second", (HTTPCoreMocker,), {"name": "httpcore2 of a test", "targets": second})
    with respx.mock(using="httpcore2 of a test", assert_all_called=False) as router:
        router.post(MESSAGES).respond(418)
        with pytest.warns(ChaosWarning, match="stub of yours"), outage():
            assert httpx2_http.ask().status_code == 200
