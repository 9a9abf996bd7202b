"""Which provider answers at a host, and which wire format a request there speaks."""

from __future__ import annotations

import os
import re

import pytest

from chaos_llm import extensions
from chaos_llm.errors import UnknownName, UsageError
from chaos_llm.providers import PROVIDERS, OpenAIChat
from chaos_llm.requests.host_names import HostPatterns
from chaos_llm.requests.hosts import host_map


@pytest.fixture
def project(tmp_path):
    """Write the pyproject.toml of a project; gives its folder."""

    def write(text):
        (tmp_path / "pyproject.toml").write_text(text, encoding="utf-8")
        return tmp_path

    return write


@pytest.fixture
def gateway(project):
    """A project's host map with this table of hosts."""
    return lambda lines, **environ: host_map(environ, project(f"[tool.chaos_llm.hosts]\n{lines}"))


def test_every_vendors_host_is_known(tmp_path):
    hosts = host_map({}, tmp_path)
    for provider in PROVIDERS:
        for host in provider.hosts:
            assert provider.name in hosts.names(host)
            assert provider.name in hosts.names(host.upper(), 443)


@pytest.mark.parametrize(
    ("host", "provider"),
    [
        ("eu.api.openai.com", "openai"),
        ("us-east-1.api.x.ai", "xai"),
        ("codestral.mistral.ai", "mistral"),
        ("bedrock-runtime.us-east-1.api.aws", "bedrock"),
        ("vpce-0a1b-2c3d.bedrock-runtime.us-east-1.vpce.amazonaws.com", "bedrock"),
        ("bedrock-agent-runtime.us-east-1.amazonaws.com", "bedrock"),
        ("us-central1-aiplatform.mtls.googleapis.com", "vertex"),
        ("generativelanguage.mtls.googleapis.com", "gemini"),
        ("acme.openai.azure.us", "azure-openai"),
        ("login.microsoftonline.us", "azure-openai"),
    ],
)
def test_a3_a_vendors_host_of_a_region_or_a_private_network_is_known(tmp_path, host, provider):
    assert host_map({}, tmp_path).names(host) == (provider,)


@pytest.mark.parametrize("host", ["example.com", "anthropic.com", "api.anthropic.com.evil", ""])
def test_other_hosts_are_nobodys(tmp_path, host):
    assert host_map({}, tmp_path).names(host) == ()


@pytest.mark.parametrize(
    ("address", "host", "port", "scheme"),
    [
        ("http://localhost:4000/anthropic", "localhost", 4000, "http"),
        ("https://llm.corp", "llm.corp", None, "https"),
        ("https://llm.corp:443/v1/", "llm.corp", None, "https"),
        ("http://llm.corp/v1", "llm.corp", None, "http"),
        ("https://user:secret@LLM.corp:8443", "llm.corp", 8443, "https"),
        ("http://[::1]:9000/v1", "::1", 9000, "http"),
        ("llm.corp:8443/v1", "llm.corp", 8443, "https"),
    ],
)
@pytest.mark.parametrize("variable", ["ANTHROPIC_BASE_URL", "ANTHROPIC_API_BASE"])
def test_a_base_url_variable_names_its_host_and_port(  # noqa: PLR0917 - a row of the table
    tmp_path, variable, address, host, port, scheme
):
    hosts = host_map({variable: address}, tmp_path)
    assert hosts.names(host, port, scheme) == ("anthropic",)
    assert hosts.names(host, 5432, scheme) == ()


def test_a_service_beside_a_gateway_is_not_taken_for_it(tmp_path):
    hosts = host_map({"OPENAI_BASE_URL": "http://localhost/v1"}, tmp_path)
    assert hosts.names("localhost", None, "http") == ("openai",)
    assert hosts.names("localhost", 5000, "http") == ()
    assert hosts.names("localhost", None, "https") == ()


def test_two_variables_may_name_one_gateway(tmp_path):
    hosts = host_map(
        {
            "ANTHROPIC_BASE_URL": "http://localhost:4000/anthropic",
            "OPENAI_BASE_URL": "http://localhost:4000/openai/v1",
        },
        tmp_path,
    )
    names = hosts.names("localhost", 4000, "http")
    assert sorted(names) == ["anthropic", "openai"]
    assert hosts.provider(names, "POST", "/anthropic/v1/messages").api == "messages"
    assert hosts.provider(names, "POST", "/openai/v1/chat/completions").api == "chat"
    assert hosts.provider(names, "POST", "/openai/v1/responses").api == "responses"


def test_a_variable_may_name_another_vendors_host(tmp_path):
    """Anthropic's endpoint that speaks OpenAI's dialect leaves its own dialect alone."""
    hosts = host_map({"OPENAI_BASE_URL": "https://api.anthropic.com/v1"}, tmp_path)
    names = hosts.names("api.anthropic.com", None, "https")
    assert hosts.provider(names, "POST", "/v1/chat/completions").name == "openai"
    assert hosts.provider(names, "POST", "/v1/messages").name == "anthropic"


@pytest.mark.parametrize(
    "environ",
    [
        {"ANTHROPIC_BASE_URL": ""},
        {"DATABASE_BASE_URL": "http://db:80"},
        {"BASE_URL": "http://localhost:8000"},
        {"ANTHROPIC_BASE_URL_OLD": "http://localhost:8000"},
    ],
)
def test_other_variables_and_empty_ones_name_nothing(tmp_path, environ):
    assert not host_map(environ, tmp_path).names("localhost", 8000, "http")
    assert not host_map(environ, tmp_path).names("db", 80, "http")


@pytest.mark.parametrize("address", ["http://[half", "http://llm.corp:port", "http://x:99999"])
def test_an_invalid_address_is_reported_with_its_variable(tmp_path, address):
    with pytest.raises(UsageError, match=re.escape(f"OPENAI_BASE_URL={address!r}")):
        host_map({"OPENAI_BASE_URL": address}, tmp_path)


class TestTable:
    def test_names_one_provider_or_several(self, gateway):
        hosts = gateway('"llm.corp" = ["openai", "anthropic"]\n"gpt.corp" = "openai"')
        assert hosts.names("llm.corp", 8443, "http") == ("openai", "anthropic")
        assert hosts.names("gpt.corp") == ("openai",)

    def test_a_glob_names_many_hosts(self, gateway):
        hosts = gateway('"*.openai.azure.com" = "openai"')
        assert hosts.names("my-resource.openai.azure.com") == ("openai",)
        assert hosts.names("my-resource.azure.com") == ()

    def test_a_port_may_be_named(self, gateway):
        hosts = gateway('"llm.corp:8443" = "openai"')
        assert hosts.names("llm.corp", 8443, "https") == ("openai",)
        assert hosts.names("llm.corp", None, "https") == ()

    def test_wins_over_variables_and_vendors(self, gateway):
        hosts = gateway(
            '"llm.corp" = ["anthropic", "openai"]\n"api.openai.com" = "anthropic"',
            OPENAI_BASE_URL="https://llm.corp/v1",
        )
        assert hosts.names("llm.corp", None, "https") == ("anthropic", "openai")
        assert hosts.names("api.openai.com") == ("anthropic",)

    def test_behind_a_gateway_the_path_selects_the_wire_format(self, gateway):
        hosts = gateway('"llm.corp" = ["anthropic", "openai"]')
        names = hosts.names("llm.corp")
        for path, api in (
            ("/v1/messages", "messages"),
            ("/any/prefix/v1/messages", "messages"),
            ("/team-a/v1/chat/completions", "chat"),
            ("/v1/responses", "responses"),
        ):
            assert hosts.provider(names, "POST", path).api == api

    def test_an_unknown_path_is_refused_by_the_provider_of_the_prefix(self, gateway):
        hosts = gateway('"llm.corp" = ["anthropic", "openai"]')
        names = hosts.names("llm.corp")
        assert hosts.provider(names, "GET", "/openai/v1/nothing").name == "openai"
        assert hosts.provider(names, "GET", "/v1/nothing").name == "anthropic"

    def test_is_found_above_the_folder(self, project):
        inner = project('[tool.chaos_llm.hosts]\n"llm.corp" = "openai"') / "tests" / "unit"
        inner.mkdir(parents=True)
        assert host_map({}, inner).names("llm.corp") == ("openai",)

    def test_is_read_again_when_it_has_changed(self, project):
        folder = project('[tool.chaos_llm.hosts]\n"llm.corp" = "openai"')
        assert host_map({}, folder).names("llm.corp") == ("openai",)
        project('[tool.chaos_llm.hosts]\n"llm.corp" = ["anthropic"]')
        os.utime(folder / "pyproject.toml", (1, 1))
        assert host_map({}, folder).names("llm.corp") == ("anthropic",)

    def test_an_unknown_provider_is_reported_with_its_file_and_the_nearest_names(self, gateway):
        with pytest.raises(UnknownName, match=r"pyproject\.toml.*'anthropc'.*'anthropic'") as error:
            gateway('"llm.corp" = ["openai", "anthropc"]')
        assert error.value.known[0] == "anthropic"

    @pytest.mark.parametrize(
        ("lines", "says"),
        [
            ('"llm.corp" = 3', "a provider or a list"),
            ('"llm.corp" = []', "a provider or a list"),
            ('"https://llm.corp/v1" = "openai"', "without scheme and path"),
            ('"llm.corp" = openai', "line 2"),
        ],
    )
    def test_a_wrong_value_is_reported_with_its_file(self, gateway, lines, says):
        with pytest.raises(UsageError, match=rf"pyproject\.toml.*{says}"):
            gateway(lines)

    def test_a_value_that_is_no_table_is_refused(self, project):
        with pytest.raises(UsageError, match="is a table"):
            host_map({}, project('[tool.chaos_llm]\nhosts = "llm.corp"'))

    def test_an_unknown_key_beside_it_names_the_known_ones(self, project):
        with pytest.raises(UnknownName, match=r"'host'.*'hosts'"):
            host_map({}, project('[tool.chaos_llm]\nhost = "llm.corp"'))


@pytest.mark.parametrize(
    ("host", "port", "is_out"),
    [
        ("api.anthropic.com", 443, True),
        ("API.anthropic.com.", "443", True),
        ("api.anthropic.com", "https", True),
        ("api.anthropic.com", None, True),
        ("llm.corp", 8443, True),
        ("llm.corp", 443, False),
        ("localhost", 4000, False),
        ("127.0.0.1", 4000, False),
        ("127.1", 4000, False),
        ("0.0.0.0", 4001, False),
        ("10.9.8.7", 4002, True),
        ("10.9.8.7", 4003, False),
        ("0x0a090807", 4002, True),
        ("::ffff:10.9.8.7", 4002, True),
        ("example.com", 443, False),
    ],
)
def test_public_hosts_are_distinguished_from_private_ones(tmp_path, host, port, is_out):
    hosts = host_map(
        {
            "OPENAI_BASE_URL": "https://llm.corp:8443",
            "ANTHROPIC_BASE_URL": "http://localhost:4000",
            "MISTRAL_BASE_URL": "http://0.0.0.0:4001",
            "GROQ_BASE_URL": "http://10.9.8.7:4002",
        },
        tmp_path,
    )
    assert HostPatterns(hosts.patterns()).is_out(host, port) is is_out


def test_an_added_provider_is_found_by_its_host(monkeypatch):
    monkeypatch.setattr(extensions, "_added_by_code", {})  # other tests have it not

    class Acme(OpenAIChat):
        name = "acme-by-hand"
        hosts = ("llm.acme-by-hand.example",)

    assert host_map({}).names("llm.acme-by-hand.example") == ()
    extensions.add("providers", "acme-by-hand", Acme)
    assert host_map({}).names("llm.acme-by-hand.example") == ("acme-by-hand",)
