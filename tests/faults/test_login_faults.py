"""Faults of the surface `login`: faults of any endpoint in a window on the logins alone."""

from __future__ import annotations

import json
import time

import anthropic
import httpx
import pytest

from chaos_llm import outage
from chaos_llm.faults import auth_expired, hang, rate_limited, server_error

TOKEN = "https://console.anthropic.com/v1/oauth/token"
GRANT = {"grant_type": "refresh_token", "refresh_token": "r"}
ROLES = "https://api.anthropic.com/api/oauth/claude_cli/roles"
CLIENT_TIMER = 15  # seconds, as in anthropics/claude-code#33213
SEEN_401 = (
    "OAuth token has expired. Please obtain a new token or refresh your existing token.",
    "Invalid authentication credentials",
    "Invalid bearer token",
    "Invalid OAuth token. The provided token was not found or is malformed.",
    "User not found",
)


def ask(**options):
    client = anthropic.Anthropic(max_retries=0, **options)
    return client.messages.create(
        model="claude-opus-4-6", max_tokens=9, messages=[{"role": "user", "content": "hi"}]
    )


@pytest.fixture
def logged_in(tmp_path, monkeypatch):
    """Credentials as the SDK keeps them after a login, with an access token that has run out."""
    providers = pytest.importorskip("anthropic.lib.credentials")
    (tmp_path / "configs").mkdir()
    (tmp_path / "credentials").mkdir()
    config = {"authentication": {"type": "user_oauth", "client_id": "an-app"}}
    kept = {
        "version": "1.0",
        "type": "oauth_token",
        "access_token": "old",
        "refresh_token": "refresh",
        "expires_at": int(time.time()) - 60,
    }
    (tmp_path / "configs" / "default.json").write_text(json.dumps(config))
    (tmp_path / "credentials" / "default.json").write_text(json.dumps(kept))
    (tmp_path / "credentials" / "default.json").chmod(0o600)
    monkeypatch.setenv("ANTHROPIC_CONFIG_DIR", str(tmp_path))
    return providers.CredentialsFile


def test_a_login_that_hangs_runs_into_the_client_s_timer():
    with outage() as chaos:
        chaos.on("anthropic", surface="login").inject(hang())
        with pytest.raises(httpx.ReadTimeout):
            httpx.post(TOKEN, json=GRANT, timeout=CLIENT_TIMER)
        assert chaos.now == CLIENT_TIMER
    assert (chaos.journal[0].surface, chaos.journal[0].end) == ("login", "timeout")


@pytest.mark.parametrize(("url", "body"), [(TOKEN, GRANT), (ROLES, {})])
def test_a_login_fails_with_500(url, body):
    with outage() as chaos:
        chaos.on("anthropic", surface="login").inject(server_error())
        reply = httpx.post(url, json=body, headers={"authorization": "Bearer t"})
    assert (reply.status_code, reply.json()["error"]["type"]) == (500, "api_error")


@pytest.mark.parametrize("fault", [hang(CLIENT_TIMER), server_error(), rate_limited()])
def test_sessions_continue_while_logins_fail(fault):
    with outage() as chaos:
        chaos.on("anthropic", surface="login").inject(fault)
        assert ask(auth_token="a session's token").content
    assert not chaos.journal[0].fault_effects


@pytest.mark.parametrize(
    ("fault", "error"),
    [(hang(), "Timeout"), (server_error(), "500"), (auth_expired(), "invalid_grant")],
)
def test_a_session_that_ran_out_cannot_be_refreshed(fault, error, logged_in):
    with outage() as chaos:
        chaos.on("anthropic", surface="login").inject(fault)
        with pytest.raises(Exception) as failed:  # noqa: PT011 - whatever a vendor calls it
            ask(credentials=logged_in())
    assert error in f"{type(failed.value).__name__} {failed.value!r} {failed.value.__cause__!r}"
    assert {exchange.surface for exchange in chaos.journal} == {"login"}


def test_a_refresh_succeeds_and_the_api_still_returns_401(logged_in):
    with outage() as chaos:
        chaos.on("anthropic").inject(auth_expired())
        with pytest.raises(anthropic.AuthenticationError):
            ask(credentials=logged_in())
    surfaces = [(exchange.surface, exchange.status) for exchange in chaos.journal]
    assert surfaces[:2] == [("login", 200), ("api", 401)]
    assert ("api", 200) not in surfaces


def test_a_healthy_refresh_and_a_healthy_api_give_an_answer(logged_in):
    with outage() as chaos:
        assert ask(credentials=logged_in()).content
    assert [exchange.surface for exchange in chaos.journal] == ["login", "api"]


@pytest.mark.parametrize("message", SEEN_401)
def test_each_401_that_was_seen_reaches_the_app_in_its_own_words(message):
    with outage() as chaos:
        chaos.on("anthropic").inject(auth_expired(message=message))
        with pytest.raises(anthropic.AuthenticationError) as refused:
            ask()
    assert refused.value.body["error"]["message"] == message
    assert chaos.journal[0].error_message == message


def test_a_429_may_come_to_the_first_request_of_an_app_that_is_under_all_its_limits():
    with outage() as chaos:
        chaos.on("anthropic").inject(rate_limited(retry_after=None), times=1)
        with pytest.raises(anthropic.RateLimitError):
            ask()
        assert ask().content
