"""What vendors' own clients ask for beside the model, and what their subscriptions are told."""

from __future__ import annotations

import json

import httpx
import pytest
from support.wire_requests import BODIES, reply_context, wire_request

from chaos_llm import checks, outage
from chaos_llm.faults import cut_stream, insufficient_quota, overloaded, server_error
from chaos_llm.protocol import websocket
from chaos_llm.protocol.messages import Refusal
from chaos_llm.providers import SESSIONS

CLAUDE, CHATGPT = "https://api.anthropic.com", "https://chatgpt.com"
LOGIN = {"authorization": "Bearer sk-ant-oat01-example"}
# What Claude Code 2.1.197 and Codex 0.171.0 were seen to ask for, and the status that they get.
ASKED = [
    ("HEAD", f"{CLAUDE}/", 404),
    ("POST", f"{CLAUDE}/api/eval/sdk-abc", 200),
    ("GET", f"{CLAUDE}/api/claude_cli/bootstrap", 200),
    ("GET", f"{CLAUDE}/api/claude_code_penguin_mode", 200),
    ("GET", f"{CLAUDE}/mcp-registry/v0/servers", 200),
    ("GET", f"{CLAUDE}/v1/mcp_servers", 200),
    ("POST", f"{CLAUDE}/api/event_logging/v2/batch", 200),
    ("GET", f"{CHATGPT}/backend-api/codex/models", 200),
    ("GET", f"{CHATGPT}/backend-api/wham/accounts/check", 200),
    ("GET", f"{CHATGPT}/backend-api/wham/usage", 200),
    ("GET", f"{CHATGPT}/backend-api/wham/settings/user", 200),
    ("GET", f"{CHATGPT}/backend-api/ps/plugins/installed", 200),
    ("POST", f"{CHATGPT}/backend-api/ps/mcp", 404),
    ("POST", f"{CHATGPT}/backend-api/codex/analytics-events/events", 200),
    ("POST", "https://ab.chatgpt.com/otlp/v1/metrics", 200),
]
SESSION = next(each for each in SESSIONS if each.api == "codex_websocket")


def asked_for(method, url):
    """A client's request; what it posts is no JSON, and nobody reads it."""
    return httpx.request(method, url, content=b"\x00" if method == "POST" else None)


def messages(headers=LOGIN, **more):
    """A request to Claude."""
    body = {"model": "claude-opus-4-6", "max_tokens": 100, "messages": []} | more
    body["messages"] = [{"role": "user", "content": "Where is order KX-48213?"}]
    told = {"anthropic-version": "2023-06-01", **headers}
    return httpx.post(f"{CLAUDE}/v1/messages", headers=told, json=body)


def codex(**more):
    """A request of Codex to ChatGPT's backend."""
    body = {"model": "gpt-5.2", "input": "Where is order KX-48213?"} | more
    url = f"{CHATGPT}/backend-api/codex/responses"
    return httpx.post(url, headers={"authorization": "Bearer t"}, json=body)


@pytest.mark.parametrize(("method", "url", "status"), ASKED, ids=[url for _, url, _ in ASKED])
def test_b3_what_a_client_asks_for_is_answered_quietly_on_a_surface_of_its_own(method, url, status):
    with outage() as chaos:
        assert asked_for(method, url).status_code == status
        assert [exchange.surface for exchange in chaos.journal] == ["client"]


def test_b3_telemetry_alone_is_no_use_of_the_api():
    with outage() as chaos:
        chaos.on("anthropic", surface="client").inject(server_error())
        for _ in range(8):
            asked_for("POST", f"{CLAUDE}/api/event_logging/v2/batch")
        finding = checks.retries_stay_under()(chaos.report().run)
        assert (finding.verdict, finding.seen) == ("not applicable", "no request failed")


def test_b3_a_client_spends_no_fault_that_is_meant_for_the_api():
    with outage() as chaos:
        chaos.on("anthropic").inject(cut_stream(), overloaded(), times=1)
        assert asked_for("HEAD", f"{CLAUDE}/").status_code == 404
        assert messages().status_code == 529


def test_a_fault_for_clients_hits_nothing_else():
    with outage() as chaos:
        chaos.on("openai", surface="client").inject(server_error())
        assert asked_for("GET", f"{CHATGPT}/backend-api/wham/usage").status_code == 500
        assert codex().status_code == 200


def test_codex_finds_the_account_that_it_names():
    with outage():
        url = f"{CHATGPT}/backend-api/wham/accounts/check"
        told = httpx.get(url, headers={"chatgpt-account-id": "acc-1"}).json()
        assert told["default_account_id"] == "acc-1"
        assert [each["id"] for each in told["accounts"]] == ["acc-1"]


def test_chatgpts_backend_answers_with_its_limits_in_the_headers():
    with outage():
        reply = codex(stream=True)
        assert "response.completed" in reply.text
        assert reply.headers["x-codex-primary-used-percent"] == "2.0"
        assert reply.headers["x-codex-secondary-window-minutes"] == "10080"
        assert "x-ratelimit-limit-requests" not in reply.headers


def test_a_codex_user_at_the_limit_gets_the_backends_own_refusal():
    with outage() as chaos:
        chaos.on("openai").inject(insufficient_quota())
        reply = codex()
        error = reply.json()["error"]
        assert (reply.status_code, error["type"]) == (429, "usage_limit_reached")
        assert error["message"] == "The usage limit has been reached"
        assert str(error["resets_at"]) == reply.headers["x-codex-primary-reset-at"]
        assert reply.headers["x-codex-primary-used-percent"] == "100.0"


def test_a_subscription_to_claude_has_limits_of_its_own_in_the_headers():
    with outage():
        headers = messages().headers
        assert headers["anthropic-ratelimit-unified-status"] == "allowed"
        assert "anthropic-ratelimit-requests-limit" not in headers
        by_key = messages({"x-api-key": "sk-ant-api03-k"}).headers
        assert "anthropic-ratelimit-unified-status" not in by_key
        assert "anthropic-ratelimit-requests-limit" in by_key


def test_a_subscription_at_its_limit_is_told_when_it_resets_and_a_key_that_its_credit_is_gone():
    with outage() as chaos:
        chaos.on("anthropic").inject(insufficient_quota())
        reply = messages()
        assert (reply.status_code, reply.json()["error"]["type"]) == (429, "rate_limit_error")
        assert reply.headers["anthropic-ratelimit-unified-5h-status"] == "rejected"
        assert reply.headers["anthropic-ratelimit-unified-5h-utilization"] == "1.08"
        assert 0 < int(reply.headers["retry-after"]) <= 5 * 3600
        assert messages({"x-api-key": "sk-ant-api03-k"}).status_code == 400


def test_codexs_functions_in_namespaces_are_offered_and_called():
    function = {"type": "function", "name": "list_agents", "parameters": {"type": "object"}}
    space = {"type": "namespace", "name": "collaboration", "tools": [function]}
    shell = {"type": "custom", "name": "exec", "description": "Run JavaScript code"}
    functions = {"type": "namespace", "name": "functions", "tools": [shell]}
    tools = {"type": "additional_tools", "role": "developer", "tools": [functions, space]}
    said = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "hi"}]}
    with outage():
        (call,) = codex(input=[tools, said]).json()["output"][-1:]
        assert (call["type"], call["namespace"], call["name"]) == (
            "function_call",
            "collaboration",
            "list_agents",
        )


def test_a_codex_user_at_the_limit_is_told_so_in_a_session_too():
    wire = wire_request(SESSION, method=websocket.MESSAGE, body=BODIES["codex_responses"])
    reply = SESSION.render(SESSION.parse(wire), Refusal("quota"), reply_context())
    (message,) = (json.loads(chunk.data) for chunk in reply.chunks)
    assert (message["type"], message["status"]) == ("error", 429)
    assert message["error"]["type"] == "usage_limit_reached"
    assert message["headers"]["x-codex-primary-used-percent"] == "100.0"
