"""The login: authorize, token, roles and profile, and the vendor's SDK refreshing its token."""

from __future__ import annotations

import importlib
import json
import time
from urllib.parse import parse_qs, urlsplit

import pytest
from support.wire_requests import reply_context, wire_request

from chaos_llm.protocol.messages import Refusal, WireRequest
from chaos_llm.providers import AnthropicOAuth, find

LOGIN = AnthropicOAuth()
GRANTS = {
    "authorization_code": {"code": "abc"},
    "refresh_token": {"refresh_token": "abc"},
    "urn:ietf:params:oauth:grant-type:jwt-bearer": {"assertion": "abc"},
}


def answer(**changes):
    """Parse, answer as a healthy provider, and render."""
    request = LOGIN.parse(wire_request(LOGIN, **changes))
    said = request.invalid or LOGIN.healthy(request, reply_context())
    return request, LOGIN.render(request, said, reply_context())


def token(body, **changes):
    return answer(method="POST", path="/v1/oauth/token", body=body, **changes)


def test_every_request_is_on_the_login_surface():
    request, _ = answer(path="/api/oauth/profile")
    assert request.surface == "login"


@pytest.mark.parametrize("path", ["/oauth/authorize", "/cai/oauth/authorize"])
@pytest.mark.parametrize("redirect", ["http://localhost:54545/callback", "https://a.example/?b=c"])
def test_authorize_sends_the_browser_back_with_a_code_and_its_state(path, redirect):
    query = f"response_type=code&redirect_uri={redirect.replace('?', '%3F')}&state=a%2Bb"
    _, reply = answer(method="GET", path=path, query=query, headers={})
    assert reply.status == 302
    location = urlsplit(dict(reply.headers)["location"])
    assert location.geturl().startswith(redirect)
    sent = parse_qs(location.query)
    assert sent["state"] == ["a+b"]
    assert len(sent["code"][0]) == 32


def test_authorize_without_a_way_back_is_a_400():
    _, reply = answer(method="GET", path="/oauth/authorize", query="state=a")
    assert reply.status == 400


@pytest.mark.parametrize("grant", GRANTS)
def test_every_grant_gets_a_token(grant):
    request, reply = token({"grant_type": grant} | GRANTS[grant], headers={})
    assert request.invalid is None
    tokens = json.loads(reply.body)
    assert tokens["access_token"].startswith("sk-ant-oat01-")
    assert tokens["expires_in"] > 0
    assert ("refresh_token" in tokens) is (not grant.startswith("urn"))


def test_a_form_is_read_as_json_is():
    form = b"grant_type=authorization_code&code=a%20b"
    request, reply = token(form)
    assert request.body == {"grant_type": "authorization_code"}  # and no code, which is a secret
    assert reply.status == 200


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": "refresh_token"}, "invalid_request"),
        (b"{", "unsupported_grant_type"),
    ],
)
def test_a_bad_grant_is_refused_in_oauths_own_form(body, code):
    _, reply = token(body)
    assert reply.status == 400
    assert json.loads(reply.body)["error"] == code


def test_a_revoked_token_is_an_invalid_grant():
    body = {"grant_type": "refresh_token", "refresh_token": "r"}
    request, _ = token(body)
    reply = LOGIN.render(request, Refusal("invalid_request"), reply_context())
    assert (reply.status, json.loads(reply.body)["error"]) == (400, "invalid_grant")


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("path", ["/api/oauth/profile", "/api/oauth/claude_cli/roles"])
def test_roles_and_profile_want_a_token(path, method):
    assert answer(method=method, path=path)[1].status == 200
    request, reply = answer(method=method, path=path, headers={})
    assert request.invalid.kind == "auth_expired"
    assert reply.status == 401


def test_roles_and_profile_tell_of_one_organization():
    roles = json.loads(answer(path="/api/oauth/claude_cli/roles")[1].body)
    profile = json.loads(answer(path="/api/oauth/profile")[1].body)
    assert roles["organization_uuid"] == profile["organization"]["uuid"]


def test_a_500_is_told_in_the_apis_words():
    request, _ = token({"grant_type": "refresh_token", "refresh_token": "r"})
    reply = LOGIN.render(request, Refusal("server_error"), reply_context())
    assert json.loads(reply.body)["error"] == {
        "type": "api_error",
        "message": "Internal server error",
    }


def test_the_sdk_refreshes_its_token_here(tmp_path, monkeypatch):
    credentials = pytest.importorskip("anthropic.lib.credentials")
    http = pytest.importorskip("httpx2")
    anthropic = importlib.import_module("anthropic")
    if int(anthropic.__version__.split(".")[0]) < 1:
        pytest.skip("the generation on httpx is driven by test_sdks.py")
    requests = []

    def play(sent):
        headers = {name.lower(): value for name, value in sent.headers.items()}
        wire = WireRequest(sent.method, sent.url.host, sent.url.path, "", headers, sent.content)
        found = find("anthropic", wire.method, wire.path)
        requests.append(found.parse(wire))
        said = found.healthy(requests[-1], reply_context())
        reply = found.render(requests[-1], said, reply_context())
        return http.Response(reply.status, headers=list(reply.headers), content=reply.body)

    (tmp_path / "configs").mkdir()
    (tmp_path / "credentials").mkdir()
    config = {"authentication": {"type": "user_oauth", "client_id": "an-app"}}
    old = {
        "version": "1.0",
        "type": "oauth_token",
        "access_token": "old",
        "refresh_token": "refresh",
        "expires_at": int(time.time()) - 60,
    }
    (tmp_path / "configs" / "default.json").write_text(json.dumps(config))
    kept = tmp_path / "credentials" / "default.json"
    kept.write_text(json.dumps(old))
    kept.chmod(0o600)
    monkeypatch.setenv("ANTHROPIC_CONFIG_DIR", str(tmp_path))
    source = credentials.CredentialsFile()
    monkeypatch.setattr(
        source, "_get_http_client", lambda: http.Client(transport=http.MockTransport(play))
    )
    assert source().token.startswith("sk-ant-oat01-")
    assert json.loads(kept.read_text())["refresh_token"].startswith("sk-ant-ort01-")
    assert requests[0].surface == "login"
