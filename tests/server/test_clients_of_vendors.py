"""What coding agents need of the server: compressed requests, a base URL with /v1, own logins."""

from __future__ import annotations

import gzip
import importlib
import json
import sys
import zlib

import httpx
import pytest
from support.commands import run_command

from chaos_llm.server.http.content_encoding import NotDecompressed, decompressed

BODY = {
    "model": "claude-opus-4-6",
    "max_tokens": 100,
    "messages": [{"role": "user", "content": "Where is order KX-48213?"}],
}
KEY = {"x-api-key": "k", "anthropic-version": "2023-06-01"}
DATA = json.dumps(BODY).encode()


def zstd(data):
    """Compressed by Python's own library, or by its backport."""
    name = "compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd"
    return importlib.import_module(name).compress(data)


COMPRESSED = {"gzip": gzip.compress, "deflate": zlib.compress, "zstd": zstd, "identity": bytes}


@pytest.mark.parametrize("encoding", COMPRESSED)
def test_a_compressed_request_is_read(chaos_server, encoding):
    url = f"{chaos_server.url}/anthropic/v1/messages"
    headers = KEY | {"content-encoding": encoding}
    reply = httpx.post(url, content=COMPRESSED[encoding](DATA), headers=headers)
    assert "KX-48213" in reply.json()["content"][0]["text"]


@pytest.mark.parametrize(
    ("body", "encoding", "status"),
    [
        (DATA, "br", 415),
        (b"no such data", "gzip", 400),
        (gzip.compress(DATA)[:-9], "gzip", 400),
        (gzip.compress(bytes(40 * 1024 * 1024)), "gzip", 413),
        (zstd(bytes(40 * 1024 * 1024)), "zstd", 413),
    ],
    ids=["unknown", "garbage", "cut", "a gzip bomb", "a zstd bomb"],
)
def test_a_request_that_cannot_be_decompressed_is_refused_in_words(
    chaos_server, body, encoding, status
):
    url = f"{chaos_server.url}/anthropic/v1/messages"
    reply = httpx.post(url, content=body, headers=KEY | {"content-encoding": encoding})
    assert (reply.status_code, reply.json()["error"]["type"]) == (status, "chaos_llm")


def test_zstd_without_a_library_says_what_to_install(monkeypatch):
    for name in ("compression.zstd", "backports.zstd"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(NotDecompressed, match=r'pip install "chaos_llm\[server\]"') as refused:
        decompressed(b"", "zstd", 100)
    assert refused.value.status == 415


@pytest.mark.parametrize("path", ["/anthropic/v1/messages", "/anthropic/messages"])
def test_anthropics_base_url_serves_the_vendors_sdk_and_the_ai_sdk(chaos_server, path):
    reply = httpx.post(f"{chaos_server.url}{path}", json=BODY, headers=KEY)
    assert reply.json()["type"] == "message"
    assert [exchange.path for exchange in chaos_server.journal] == ["/v1/messages"]


_TELL = """
import json, os
names = ("ANTHROPIC_BASE_URL", "ANTHROPIC_API_KEY", "OPENAI_BASE_URL")
names += ("HTTPS_PROXY", "SSL_CERT_FILE")
print(json.dumps({name: os.environ.get(name) for name in names}))
"""


def told(*options):
    """Which variables a command is run with."""
    done = run_command("run", "anthropic-529-storm", *options, "--", sys.executable, "-c", _TELL)
    return json.loads(done.stdout)


def test_a_command_with_a_login_of_its_own_gets_the_proxy_and_no_keys(monkeypatch):
    for name in ("ANTHROPIC_BASE_URL", "ANTHROPIC_API_KEY", "OPENAI_BASE_URL", "HTTPS_PROXY"):
        monkeypatch.delenv(name, raising=False)
    alone = told("--own-login")
    assert {name for name, value in alone.items() if value} == {"HTTPS_PROXY", "SSL_CERT_FILE"}
    assert told()["ANTHROPIC_API_KEY"]


_LOG_IN = """
import os, ssl, urllib.request
context = ssl.create_default_context(cafile=os.environ["SSL_CERT_FILE"])
opener = urllib.request.build_opener(
    urllib.request.ProxyHandler({"https": os.environ["HTTPS_PROXY"]}),
    urllib.request.HTTPSHandler(context=context),
)
url = "https://platform.claude.com/v1/oauth/token"
form = b"grant_type=refresh_token&refresh_token=r"
print(opener.open(url, form).status, end=" ")
try:
    opener.open(url, form)
except urllib.error.HTTPError as error:
    print(error.code, error.read().decode())
"""


def test_a_command_reaches_the_vendors_login_by_way_of_the_proxy():
    options = ("--own-login", "--at", "0s")
    done = run_command("run", "anthropic-529-storm", *options, "--", sys.executable, "-c", _LOG_IN)
    assert done.stdout.startswith('200 400 {"error": "invalid_grant"')
