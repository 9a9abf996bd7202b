from __future__ import annotations

import httpx
import pytest

from chaos_llm import outage
from chaos_llm.faults import auth_expired, invalid_grant
from chaos_llm.protocol.messages import Document

ANTHROPIC = "https://platform.claude.com/v1/oauth/token"
GOOGLE = "https://oauth2.googleapis.com/token"
MICROSOFT = "https://login.microsoftonline.com/a-tenant/oauth2/v2.0/token"
GRANT = {"grant_type": "refresh_token", "refresh_token": "r", "client_id": "an-app", "scope": "s"}
NOT_FOUND = b'{"error": "invalid_grant", "error_description": "Refresh token not found or invalid"}'


def refused(provider, url, fault, grant=GRANT):
    """The reply of a login's token endpoint under this fault."""
    with outage() as chaos:
        chaos.on(provider, surface="login").inject(fault)
        return httpx.post(url, data=grant)


@pytest.mark.parametrize("fault", [invalid_grant(), auth_expired()])
def test_b10_anthropic_says_it_byte_for_byte_as_users_pasted_it(fault):
    reply = refused("anthropic", ANTHROPIC, fault)
    assert (reply.status_code, reply.content) == (400, NOT_FOUND)


def test_b10_a_description_that_was_seen_can_be_played():
    reply = refused("anthropic", ANTHROPIC, invalid_grant(message="Refresh token expired"))
    assert reply.json() == {"error": "invalid_grant", "error_description": "Refresh token expired"}


def test_b10_google_calls_the_token_expired_or_revoked():
    reply = refused("vertex", GOOGLE, invalid_grant())
    told = {"error": "invalid_grant", "error_description": "Token has been expired or revoked."}
    assert (reply.status_code, reply.json()) == (400, told)


def test_b10_microsoft_says_when_the_token_was_issued():
    reply = refused("azure-openai", MICROSOFT, invalid_grant())
    assert (reply.status_code, reply.json()["error"]) == (400, "invalid_grant")
    assert reply.json()["error_codes"] == [700082]
    text = reply.json()["error_description"]
    assert text.startswith(
        "AADSTS700082: The refresh token has expired due to inactivity. The token was issued on 20"
    )
    assert "and was inactive for 90.00:00:00." in text


def test_a_key_of_an_app_is_no_grant_that_could_be_invalid():
    with outage() as chaos:
        chaos.on("azure-openai", surface="login").inject(invalid_grant())
        reply = httpx.post(MICROSOFT, data=GRANT | {"grant_type": "client_credentials"})
        assert reply.status_code == 200
        assert [effect.effect for effect in chaos.journal[0].fault_effects] == ["no_effect"]


def test_models_and_other_pages_of_a_login_have_no_grant(answer, fault_context):
    assert invalid_grant().on_answer(answer, fault_context) == answer
    with outage() as chaos:
        chaos.on("anthropic", surface="login").inject(invalid_grant())
        url = "https://api.anthropic.com/api/oauth/profile"
        assert httpx.get(url, headers={"authorization": "Bearer t"}).status_code == 200


def test_a_document_of_an_api_stays_as_it_is(fault_context):
    assert invalid_grant().on_answer(Document({}), fault_context) == Document({})
