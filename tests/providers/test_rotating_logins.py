"""A refresh token serves once; one that a fault kept from being answered serves again."""

from __future__ import annotations

import base64
import json

import httpx
import pytest

from chaos_llm import outage
from chaos_llm.faults import latency, refuse_connection, server_error

LOGINS = {
    "anthropic": "https://platform.claude.com/v1/oauth/token",
    "openai": "https://auth.openai.com/oauth/token",
}
REUSED = {
    "anthropic": (
        400,
        {"error": "invalid_grant", "error_description": "Refresh token not found or invalid"},
    ),
    "openai": (
        401,
        {
            "error": {
                "message": "Your refresh token has already been used to generate a new access "
                "token. Please try signing in again.",
                "type": "invalid_request_error",
                "param": None,
                "code": "refresh_token_reused",
            }
        },
    ),
}
logins = pytest.mark.parametrize("issuer", LOGINS)


def refreshed(issuer, token, **options):
    """The reply to a refresh with this token."""
    form = {"grant_type": "refresh_token", "refresh_token": token, "client_id": "an-app"}
    return httpx.post(LOGINS[issuer], json=form, **options)


@logins
def test_a_refresh_comes_with_the_next_token(issuer):
    with outage():
        token = "first"
        for _ in range(3):
            reply = refreshed(issuer, token)
            assert reply.status_code == 200
            assert reply.json()["access_token"]
            token = reply.json()["refresh_token"]


@logins
def test_b1_a_token_that_was_used_already_is_refused_as_users_pasted_it(issuer):
    with outage():
        assert refreshed(issuer, "first").status_code == 200
        reply = refreshed(issuer, "first")
        assert (reply.status_code, reply.json()) == REUSED[issuer]
        assert refreshed(issuer, "another").status_code == 200


@logins
def test_a_token_whose_refresh_failed_serves_again(issuer):
    with outage() as chaos:
        login = chaos.on(issuer, surface="login")
        login.inject(server_error(), times=1)
        assert refreshed(issuer, "first").status_code == 500
        login.inject(refuse_connection(), times=1)
        with pytest.raises(httpx.ConnectError):
            refreshed(issuer, "first")
        assert refreshed(issuer, "first").status_code == 200


@logins
def test_a_client_that_gives_up_on_a_slow_refresh_has_lost_its_token(issuer):
    with outage() as chaos:
        chaos.on(issuer, surface="login").inject(latency(seconds=30), times=1)
        with pytest.raises(httpx.ReadTimeout):
            refreshed(issuer, "first", timeout=15)
        assert refreshed(issuer, "first").status_code == REUSED[issuer][0]


def test_another_outage_knows_nothing_of_used_tokens():
    for _ in range(2):
        with outage():
            assert refreshed("anthropic", "first").status_code == 200


def test_no_token_is_kept_as_it_is():
    with outage() as chaos:
        refreshed("anthropic", "sk-ant-ort01-a-secret")
        assert "a-secret" not in chaos.journal.to_jsonl()


def claims(token):
    """What a JSON web token says."""
    part = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def test_chatgpts_tokens_name_the_account_that_codex_reads_from_them():
    with outage():
        code = {"grant_type": "authorization_code", "code": "c", "client_id": "an-app"}
        tokens = httpx.post(LOGINS["openai"], data=code).json()
        account = claims(tokens["id_token"])["https://api.openai.com/auth"]
        assert account["chatgpt_account_id"]
        assert account["chatgpt_plan_type"] == "plus"
        assert claims(tokens["access_token"])["exp"] > 4_000_000_000


def test_chatgpts_identity_is_exchanged_for_an_api_key():
    grant = "urn:ietf:params:oauth:grant-type:token-exchange"
    with outage():
        form = {"grant_type": grant, "subject_token": "t", "requested_token": "openai-api-key"}
        reply = httpx.post(LOGINS["openai"], data=form)
        assert reply.json()["access_token"].startswith("sk-proj-")


def test_chatgpts_login_sends_the_browser_back_and_logs_devices_in():
    with outage():
        query = {"redirect_uri": "http://localhost:1455/auth/callback", "state": "s"}
        reply = httpx.get("https://auth.openai.com/oauth/authorize", params=query)
        assert reply.status_code == 302
        assert reply.headers["location"].startswith("http://localhost:1455/auth/callback?code=ac_")
        assert reply.headers["location"].endswith("&state=s")
        device = "https://auth.openai.com/api/accounts/deviceauth"
        asked = httpx.post(f"{device}/usercode", json={"client_id": "an-app"}).json()
        assert asked["user_code"]
        told = httpx.post(f"{device}/token", json=asked).json()
        assert told["authorization_code"]


@pytest.mark.parametrize(
    ("form", "message"),
    [
        ({"grant_type": "password"}, "Unsupported grant type"),
        ({"grant_type": "refresh_token"}, "Missing parameter: refresh_token"),
    ],
)
def test_chatgpts_login_refuses_bad_grants(form, message):
    with outage():
        reply = httpx.post(LOGINS["openai"], data=form)
        assert (reply.status_code, reply.json()["error"]["message"]) == (400, message)


def test_claudes_login_makes_api_keys_and_tells_what_is_used():
    with outage():
        api = "https://api.anthropic.com/api/oauth"
        token = {"authorization": "Bearer sk-ant-oat01-t"}
        key = httpx.post(f"{api}/claude_cli/create_api_key", headers=token).json()["raw_key"]
        assert key.startswith("sk-ant-api03-")
        usage = httpx.get(f"{api}/usage", headers=token).json()
        assert usage["five_hour"]["utilization"] == 0.0
        revoke = "https://platform.claude.com/v1/oauth/token/revoke"
        assert httpx.post(revoke, json={"token": "t"}).status_code == 200
        assert httpx.post(revoke, json={}).status_code == 400
