"""What an outage changes in the process around the clients, and that it is restored."""

from __future__ import annotations

import _socket
import asyncio
import contextlib
import importlib
import os
import socket
import ssl
import urllib.request

import pytest
from support.http_clients import LIBRARIES, close

from chaos_llm import outage
from chaos_llm.errors import UncaughtEgress, UsageError
from chaos_llm.interception import httpx_clients

KEYS = ("ANTHROPIC_API_KEY", "OPENAI_API_KEY")
LOOK_UPS = ("getaddrinfo", "gethostbyname", "gethostbyname_ex")


@pytest.fixture(autouse=True)
def no_keys(monkeypatch):
    for key in (*KEYS, "ANTHROPIC_AUTH_TOKEN"):
        monkeypatch.delenv(key, raising=False)


def process_state():
    """Everything that an outage may change in a process."""
    state = {name: vars(_socket.socket)[name] for name in ("connect", "sendto", "send")}
    state |= {key: os.environ.get(key) for key in KEYS}
    for library in LIBRARIES:
        module = importlib.import_module(library)
        transports = importlib.import_module(f"{library}._transports.default")
        state[library, "tls"] = transports.create_ssl_context
        state[library, "sync"] = vars(module.HTTPTransport)["handle_request"]
        state[library, "async"] = vars(module.AsyncHTTPTransport)["handle_async_request"]
    return state


@pytest.fixture
def allow_no_faults():
    """The state before is the state after."""
    before = process_state()
    yield
    assert process_state() == before


@pytest.mark.usefixtures("allow_no_faults")
class TestRestored:
    def test_after_an_outage(self):
        before = process_state()
        with outage():
            assert not [name for name, was in before.items() if process_state()[name] == was]

    def test_after_an_exception_in_the_test(self):
        with pytest.raises(ZeroDivisionError), outage():
            raise ZeroDivisionError

    def test_after_a_harness_error(self):
        with pytest.raises(UncaughtEgress), outage():
            socket.getaddrinfo("api.anthropic.com", 443)

    def test_after_an_exception_while_entering(self, monkeypatch):
        """The second library's transport cannot be replaced: the first one's is restored."""

        def broken(*_):
            raise ZeroDivisionError("half-way")

        monkeypatch.setattr(httpx_clients, "_async", broken)
        with pytest.raises(ZeroDivisionError, match="half-way"), outage():
            pytest.fail("it must not be entered")
        monkeypatch.undo()
        with outage():
            pass

    def test_after_an_exception_in_the_host_map(self, monkeypatch):
        monkeypatch.setenv("OPENAI_BASE_URL", "http://[half")
        with pytest.raises(UsageError, match="OPENAI_BASE_URL"), outage():
            pytest.fail("it must not be entered")
        monkeypatch.undo()

    def test_two_outages_at_once_are_refused_and_the_first_goes_on(self, http):
        with outage() as first:
            inside = process_state()
            with pytest.raises(UsageError, match="two outages"), outage():
                pytest.fail("it must not be entered")
            assert process_state() == inside
            assert http.ask().status_code == 200
        assert len(first.journal) == 1


class TestPlaceholderKeys:
    def test_are_set_where_no_key_is_set(self):
        with outage():
            assert all(os.environ[key].startswith("sk-") for key in KEYS)
        assert not any(key in os.environ for key in KEYS)

    @pytest.mark.parametrize("key", ["LLAMA_API_KEY", "MISTRAL_API_KEY"])
    def test_are_set_for_the_sdks_of_other_vendors_too(self, monkeypatch, key):
        monkeypatch.delenv(key, raising=False)
        with outage():
            assert os.environ[key]
        assert key not in os.environ

    def test_an_empty_key_counts_as_unset_and_is_restored_as_empty(self, monkeypatch):
        monkeypatch.setenv("OPENAI_API_KEY", "")
        with outage():
            assert os.environ["OPENAI_API_KEY"]
        assert os.environ["OPENAI_API_KEY"] == ""

    def test_a_real_key_is_not_replaced(self, monkeypatch):
        monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-mine")
        with outage():
            assert os.environ["ANTHROPIC_API_KEY"] == "sk-mine"
        assert os.environ["ANTHROPIC_API_KEY"] == "sk-mine"

    def test_a_token_counts_as_a_key(self, monkeypatch):
        monkeypatch.setenv("ANTHROPIC_AUTH_TOKEN", "token")
        with outage():
            assert "ANTHROPIC_API_KEY" not in os.environ

    def test_a_key_that_the_app_sets_during_the_outage_stays(self):
        with outage():
            os.environ["OPENAI_API_KEY"] = "sk-loaded-late"  # as load_dotenv(override=True) does
        assert os.environ.pop("OPENAI_API_KEY") == "sk-loaded-late"


class TestTlsContext:
    @pytest.fixture
    def made(self, http, monkeypatch):
        """The TLS contexts that a library has created."""
        transports = importlib.import_module(f"{http.library}._transports.default")
        real, made = transports.create_ssl_context, []

        def counting(*args, **options):
            made.append(real(*args, **options))
            return made[-1]

        monkeypatch.setattr(transports, "create_ssl_context", counting)
        return made

    def open_and_close(self, http, **options):
        http.run(close(http.client(**options)))

    def test_is_made_once_for_all_outages(self, http, made):
        for _ in (1, 2):
            with outage():
                for _ in range(3):
                    self.open_and_close(http)
            assert len(made) == 1

    def test_clients_with_other_verification_have_their_own_context(self, http, made):
        own = ssl.create_default_context()
        with outage():
            for verify in (True, False, own, True, False, own):
                self.open_and_close(http, verify=verify)
        assert [context.verify_mode for context in made] == [
            ssl.CERT_REQUIRED,
            ssl.CERT_NONE,
            ssl.CERT_REQUIRED,
        ]
        assert made[2] is own

    def test_another_trust_store_makes_another_context(self, http, made, monkeypatch, tmp_path):
        with outage():
            self.open_and_close(http, trust_env=True)
            monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
            self.open_and_close(http, trust_env=True)
        assert len(made) == 2


class TestEgressGuard:
    def test_a_client_that_is_not_simulated_raises_uncaught_egress(self):
        with pytest.raises(UncaughtEgress, match=r"api\.anthropic\.com.*base URL"), outage():
            socket.create_connection(("api.anthropic.com", 443), timeout=1)

    def test_it_is_raised_at_the_end_even_if_the_app_catches_everything(self):
        with pytest.raises(UncaughtEgress), outage(), contextlib.suppress(BaseException):
            urllib.request.urlopen("https://api.openai.com/v1/models", timeout=1)

    def test_except_exception_does_not_catch_it(self):
        with pytest.raises(UncaughtEgress), outage(), pytest.raises(UncaughtEgress):
            try:
                urllib.request.urlopen("https://api.openai.com/v1/models", timeout=1)
            except Exception:  # as urllib and apps catch an OSError
                pytest.fail("hidden")

    @pytest.mark.parametrize("look_up", LOOK_UPS)
    @pytest.mark.parametrize("host", ["api.anthropic.com", b"API.Anthropic.com", "api.openai.com."])
    def test_every_look_up_function_is_guarded(self, look_up, host):
        ports = (443,) if look_up == "getaddrinfo" else ()
        with pytest.raises(UncaughtEgress), outage():
            getattr(socket, look_up)(host, *ports)

    def test_async_look_ups_are_guarded(self):
        async def scene():
            await asyncio.open_connection("api.anthropic.com", 443)

        with pytest.raises(UncaughtEgress), outage():
            asyncio.run(scene())

    def test_a_gateway_is_guarded_at_its_port(self, monkeypatch):
        monkeypatch.setenv("OPENAI_BASE_URL", "https://llm.corp.invalid:8443/v1")
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_: "real look-up")
        with outage():
            assert socket.getaddrinfo("llm.corp.invalid", 5432) == "real look-up"
        with pytest.raises(UncaughtEgress), outage():
            socket.getaddrinfo("llm.corp.invalid", "8443")

    def test_loopback_and_other_hosts_are_reached(self, loopback, monkeypatch):
        monkeypatch.setenv("ANTHROPIC_BASE_URL", loopback)
        with outage():
            with urllib.request.urlopen(f"{loopback}/v1/messages") as response:
                assert response.read() == b"real"
            assert socket.getaddrinfo("localhost", 80)
            assert socket.gethostbyname("127.0.0.1")

    def test_the_standard_librarys_client_is_not_simulated(self):
        with pytest.raises(UncaughtEgress, match="httpx"), outage():
            urllib.request.urlopen("https://api.anthropic.com/v1/models", timeout=5)
