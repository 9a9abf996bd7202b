"""Other mocks in a test: an outage answers for providers, with a warning, the mock for others."""

from __future__ import annotations

import asyncio
import importlib.util
import subprocess
import sys
import warnings

import pytest
from support.http_clients import BODY, HEADERS, MESSAGES
from support.libraries import library
from support.real_servers import answering, serving

from chaos_llm import ChaosWarning, outage
from chaos_llm.faults import overloaded
from chaos_llm.interception.other_mocks import OTHER_MOCKS

SHOP = "https://shop.invalid/orders"
NOT_USED = r"api\.anthropic\.com was not used: during an outage chaos_llm answers"


@pytest.fixture(params=["started before", "started in it"])
def order(request):
    return request.param


def both(order, mock, scene):
    """Run a scene in an outage and a mock, in either order, and return the warnings."""
    if order == "started before":
        with mock() as stubs, outage() as chaos:
            return scene(chaos, stubs)
    with outage() as chaos, mock() as stubs:
        return scene(chaos, stubs)


class TestResponses:
    @pytest.fixture
    def mock(self):
        responses = library("responses")

        def started():
            mock = responses.RequestsMock(assert_all_requests_are_fired=False)
            mock.post(MESSAGES, status=418)
            mock.post(SHOP, status=201)
            return mock

        return started

    def ask(self, url=MESSAGES):
        return library("requests").post(url, json=BODY, headers=HEADERS)

    def test_a12_the_outage_answers_for_the_provider_and_warns_about_the_stub(self, order, mock):
        with pytest.warns(ChaosWarning, match=rf"stub of `responses` for {NOT_USED}"):
            reply = both(order, mock, lambda *_: self.ask())
        assert reply.status_code == 200

    def test_a12_a_stub_for_another_host_answers(self, order, mock):
        assert both(order, mock, lambda *_: self.ask(SHOP)).status_code == 201

    def test_a12_a_host_without_a_stub_is_refused_by_the_mock(self, order, mock):
        requests = library("requests")
        with pytest.raises(requests.ConnectionError, match="Responses"):
            both(order, mock, lambda *_: self.ask("https://other.invalid"))

    def test_a12_without_a_stub_the_outage_answers_without_a_warning(self, order, mock):
        url = "https://api.openai.com/v1/models"
        get = library("requests").get
        assert both(order, mock, lambda *_: get(url, headers=HEADERS)).status_code == 401

    def test_a12_faults_apply_to_a_client_under_the_mock(self, order, mock):
        def scene(chaos, _):
            chaos.on("anthropic").inject(overloaded())
            return self.ask()

        with pytest.warns(ChaosWarning, match="responses"):
            assert both(order, mock, scene).status_code == 529


class TestRequestsMock:
    @pytest.fixture
    def mock(self):
        requests_mock = library("requests_mock")

        def started():
            mock = requests_mock.Mocker()
            mock.post(MESSAGES, status_code=418)
            mock.post(SHOP, status_code=201)
            return mock

        return started

    def ask(self, url=MESSAGES):
        return library("requests").post(url, json=BODY, headers=HEADERS)

    def test_a12_the_outage_answers_for_the_provider_and_warns_about_the_stub(self, order, mock):
        with pytest.warns(ChaosWarning, match=rf"stub of requests-mock for {NOT_USED}"):
            reply = both(order, mock, lambda *_: self.ask())
        assert reply.status_code == 200

    def test_a12_a_stub_for_another_host_answers(self, order, mock):
        assert both(order, mock, lambda *_: self.ask(SHOP)).status_code == 201

    def test_a12_a_host_without_a_stub_is_refused_by_the_mock(self, order, mock):
        unknown = library("requests_mock").NoMockAddress
        with pytest.raises(unknown):
            both(order, mock, lambda *_: self.ask("https://other.invalid"))

    def test_a12_a_mounted_adapter_lets_requests_to_the_provider_pass(self, order):
        requests, requests_mock = library("requests"), library("requests_mock")

        def started():
            session = requests.Session()
            adapter = requests_mock.Adapter()
            adapter.register_uri("POST", MESSAGES, status_code=418)
            session.mount("https://", adapter)
            return session

        with pytest.warns(ChaosWarning, match="requests-mock"):
            reply = both(order, started, lambda _, s: s.post(MESSAGES, json=BODY, headers=HEADERS))
        assert reply.status_code == 200


class OfTheStub(Exception):
    """The error that a stub raises."""


class TestAioresponses:
    @pytest.fixture
    def mock(self):
        kind = library("aioresponses").aioresponses

        class Started(kind):
            def __enter__(self):
                super().__enter__()
                # aioresponses 0.7.9 cannot make a response of aiohttp 3.14, but can raise errors.
                self.post(MESSAGES, exception=OfTheStub())
                self.post(SHOP, exception=OfTheStub())
                return self

        return Started

    def ask(self, url=MESSAGES):
        async def scene():
            async with (
                library("aiohttp").ClientSession() as session,
                session.post(url, json=BODY, headers=HEADERS) as response,
            ):
                await response.read()
                return response.status

        return asyncio.run(scene())

    def test_a12_the_outage_answers_for_the_provider_and_warns_about_the_stub(self, order, mock):
        with pytest.warns(ChaosWarning, match=rf"stub of aioresponses for {NOT_USED}"):
            assert both(order, mock, lambda *_: self.ask()) == 200

    def test_a12_a_mock_that_was_made_before_and_started_in_the_outage_works_like_others(
        self, mock
    ):
        made = mock()
        with pytest.warns(ChaosWarning, match="aioresponses"), outage(), made:
            assert self.ask() == 200
        with made, pytest.raises(OfTheStub):
            self.ask()

    def test_a12_a_stub_for_another_host_answers(self, order, mock):
        with pytest.raises(OfTheStub):
            both(order, mock, lambda *_: self.ask(SHOP))

    def test_a12_a_host_without_a_stub_is_refused_by_the_mock(self, order, mock):
        aiohttp = library("aiohttp")
        with pytest.raises(aiohttp.ClientConnectionError, match="Connection refused"):
            both(order, mock, lambda *_: self.ask("https://other.invalid"))


class TestMoto:
    def ask(self, service="bedrock-runtime"):
        return library("boto3").client(
            service,
            region_name="us-east-1",
            aws_access_key_id="k",
            aws_secret_access_key="s",
        )

    def test_a12_the_outage_answers_for_the_provider_and_warns_about_the_mock(self, order):
        mock = library("moto").mock_aws

        def scene(*_):
            return self.ask().converse(
                modelId="anthropic.claude-3-haiku-20240307-v1:0",
                messages=[{"role": "user", "content": [{"text": "hi"}]}],
            )

        unused = r"moto's mock for bedrock-runtime\.us-east-1\.amazonaws\.com was not used"
        with pytest.warns(ChaosWarning, match=unused):
            answer = both(order, mock, scene)
        assert answer["output"]["message"]["content"][0]["text"]

    def test_a12_moto_answers_for_other_services_of_aws(self, order):
        mock = library("moto").mock_aws

        def scene(*_):
            buckets = self.ask("s3")
            buckets.create_bucket(Bucket="orders")
            return buckets.list_buckets()["Buckets"]

        assert [bucket["Name"] for bucket in both(order, mock, scene)] == ["orders"]


class TestVcr:
    """Cassettes that are empty or hold a wrong answer; other requests would be recorded."""

    CASSETTE = """\
interactions:
- request: {{body: null, headers: {{}}, method: {method}, uri: '{uri}'}}
  response:
    body: {{string: taped}}
    headers: {{content-length: ['5']}}
    status: {{code: 418, message: taped}}
version: 1
"""

    @pytest.fixture(params=["none", "new_episodes"])
    def mock(self, request, tmp_path):
        vcr = library("vcr")
        tape = tmp_path / "tape.yaml"
        tape.write_text(self.CASSETTE.format(method="POST", uri=MESSAGES))

        def inserted():
            return vcr.use_cassette(
                str(tape), record_mode=request.param, match_on=["method", "uri"]
            )

        yield inserted
        assert "claude" not in tape.read_text()  # nothing was recorded

    @pytest.fixture(params=["httpx", "httpx async", "requests", "urllib3", "aiohttp", "botocore"])
    def ask(self, request):
        return getattr(self, request.param.replace(" ", "_"))

    def httpx(self, url=MESSAGES):
        return library("httpx").post(url, json=BODY, headers=HEADERS).status_code

    def httpx_async(self, url=MESSAGES):
        async def scene():
            async with library("httpx").AsyncClient() as client:
                return (await client.post(url, json=BODY, headers=HEADERS)).status_code

        return asyncio.run(scene())

    def requests(self, url=MESSAGES):
        return library("requests").post(url, json=BODY, headers=HEADERS).status_code

    def urllib3(self, url=MESSAGES):
        return library("urllib3").request("POST", url, json=BODY, headers=HEADERS).status

    def aiohttp(self, url=MESSAGES):
        return TestAioresponses().ask(url)

    def botocore(self, url=None):
        del url
        answer = (
            TestMoto()
            .ask()
            .converse(
                modelId="anthropic.claude-3-haiku-20240307-v1:0",
                messages=[{"role": "user", "content": [{"text": "hi"}]}],
            )
        )
        return answer["ResponseMetadata"]["HTTPStatusCode"]

    def test_a12_the_outage_answers_for_the_provider_and_warns_about_the_cassette(
        self, order, mock, ask
    ):
        unused = r"vcr's cassette .*tape\.yaml was not used for .*, and nothing was recorded"
        with pytest.warns(ChaosWarning, match=unused):
            assert both(order, mock, lambda *_: ask()) == 200

    @pytest.mark.parametrize("kind", ["httpx", "httpx_async", "requests", "urllib3", "aiohttp"])
    def test_a12_another_host_is_replayed_from_the_cassette(self, order, kind, tmp_path):
        tape = tmp_path / "shop.yaml"
        tape.write_text(self.CASSETTE.format(method="POST", uri=SHOP))

        def inserted():
            return library("vcr").use_cassette(str(tape), match_on=["method", "uri"])

        assert both(order, inserted, lambda *_: getattr(self, kind)(SHOP)) == 418

    def test_a12_a_marker_of_pytest_recording_works_like_a_cassette(self, pytester):
        library("pytest_recording")
        pytester.makepyfile(
            """
            import httpx, pytest, requests

            @pytest.mark.vcr
            @pytest.mark.chaos
            def test_it(chaos):
                for library in (httpx, requests):
                    reply = library.get("https://api.openai.com/v1/models",
                                        headers={"authorization": "Bearer k"})
                    assert reply.status_code == 200
            """
        )
        run = pytester.runpytest_subprocess("-p", "no:randomly", "--record-mode=once", "-Walways")
        run.assert_outcomes(passed=1, warnings=1)
        run.stdout.fnmatch_lines("*ChaosWarning: vcr's cassette *was not used for api.openai.com*")
        assert not list(pytester.path.rglob("*.yaml"))


class TestPytestHttpx:
    TEST = """
        import httpx, pytest
        from chaos_llm import outage

        MESSAGES, SHOP = "https://api.anthropic.com/v1/messages", "https://shop.invalid/orders"
        BODY = {"model": "claude-opus-4-6", "max_tokens": 9,
                "messages": [{"role": "user", "content": "hi"}]}

        def ask(url):
            headers = {"x-api-key": "k", "anthropic-version": "2023-06-01"}
            return httpx.post(url, json=BODY, headers=headers).status_code

        @pytest.mark.httpx_mock(assert_all_responses_were_requested=False)
        def test_started_before(httpx_mock, chaos):
            httpx_mock.add_response(url=MESSAGES, status_code=418)
            httpx_mock.add_response(url=SHOP, status_code=201)
            assert (ask(MESSAGES), ask(SHOP)) == (200, 201)

        @pytest.mark.httpx_mock(assert_all_responses_were_requested=False)
        def test_started_in_it(request, chaos):
            httpx_mock = request.getfixturevalue("httpx_mock")
            httpx_mock.add_response(url=MESSAGES, status_code=418)
            httpx_mock.add_response(url=SHOP, status_code=201)
            assert (ask(MESSAGES), ask(SHOP)) == (200, 201)

        def test_for_another_host_only(httpx_mock, chaos):
            httpx_mock.add_response(url=SHOP, status_code=201)
            assert (ask(MESSAGES), ask(SHOP)) == (200, 201)
        """

    def test_a12_the_outage_answers_for_the_provider_and_warns_about_the_response(self, pytester):
        library("pytest_httpx")
        pytester.makepyfile(self.TEST)
        run = pytester.runpytest_subprocess("-p", "no:randomly", "-Walways")
        run.assert_outcomes(passed=3, warnings=2)
        warning = "*ChaosWarning: a response of pytest-httpx for api.anthropic.com was not used*"
        run.stdout.fnmatch_lines(warning)


class TestStubsAtAUrl:
    """WireMock and similar stub servers on this machine, in the place of a provider."""

    def test_a12_the_outage_answers_for_one_that_a_variable_names(self, http, monkeypatch):
        with serving(answering("wiremock")) as address, warnings.catch_warnings():
            warnings.simplefilter("error")
            monkeypatch.setenv("ANTHROPIC_BASE_URL", address)
            with outage() as chaos:
                assert http.ask(url=f"{address}/v1/messages").json()["type"] == "message"
            assert len(chaos.journal) == 1

    @pytest.mark.parametrize(
        "path", ["/v1/messages", "/openai/v1/chat/completions", "/v1beta/models/x:generateContent"]
    )
    def test_a12_one_that_nothing_names_answers_with_a_warning(self, http, path):
        with serving(answering("wiremock")) as address:
            with (
                pytest.warns(ChaosWarning, match=r"no provider is known at 127.*OPENAI_BASE_URL"),
                outage() as chaos,
            ):
                assert http.ask(url=f"{address}{path}").text == "wiremock"
            assert not len(chaos.journal)

    def test_a12_also_with_urllib3_and_aiohttp(self):
        with serving(answering("wiremock")) as address:
            url = f"{address}/v1/chat/completions"
            with pytest.warns(ChaosWarning, match="no provider is known"), outage():
                TestVcr().urllib3(url)
            with pytest.warns(ChaosWarning, match="no provider is known"), outage():
                TestAioresponses().ask(url)

    def test_a12_other_services_cause_no_warning(self, http, loopback):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            with outage():
                assert http.ask(url=f"{loopback}/orders").text == "real"


def require(package):
    """Like `library`, but without an import, after which eventlet warns about every fork."""
    if importlib.util.find_spec(package) is None:
        library(package)


class TestGreenThreads:
    @pytest.mark.parametrize(
        ("package", "call"),
        [
            ("gevent", "from gevent import monkey; monkey.patch_all()"),
            ("eventlet", "import eventlet; eventlet.monkey_patch()"),
        ],
    )
    def test_a12_a_patched_process_is_refused_with_advice(self, package, call):
        require(package)
        code = f"{call}\nfrom chaos_llm import outage\nwith outage(): pass"
        command = [sys.executable, "-Wignore", "-c", code]
        run = subprocess.run(command, capture_output=True, text=True, check=False)
        last = run.stderr.strip().splitlines()[-1]
        assert last.startswith(f"chaos_llm.errors.UsageError: {package} has patched this process")
        assert "chaos_server" in last

    def test_a12_a_library_that_is_only_imported_is_not_refused(self):
        require("gevent")
        code = "import gevent.monkey\nfrom chaos_llm import outage\nwith outage(): print('in')"
        assert subprocess.check_output([sys.executable, "-c", code]) == b"in\n"


def test_the_table_has_an_entry_for_each_mock():
    for mock in OTHER_MOCKS:
        assert "chaos_llm" in mock.wins or "with a warning" in mock.wins
        assert mock.how
