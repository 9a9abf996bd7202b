"""Paths that are not simulated: answered so, counted by no check, hit by windows that name them."""

from __future__ import annotations

import httpx
import httpx2
import openai
import pytest
from support.small_profiles import profile_of, window

from chaos_llm import outage
from chaos_llm.checks import retries_stay_under
from chaos_llm.faults import cut_stream, overloaded, server_error
from chaos_llm.profiles.model import Target
from chaos_llm.providers import PROVIDERS

KEY = {
    "authorization": "Bearer sk-test",
    "anthropic-version": "2023-06-01",
    "content-type": "application/json",
}
JOBS = "https://api.openai.com/v1/fine_tuning/jobs"


def test_b2_an_endpoint_that_is_not_played_says_so_in_our_words():
    with outage() as chaos:
        reply = httpx2.post(JOBS, headers=KEY, json={"model": "gpt-4o-mini"})
    assert reply.status_code == 501
    assert reply.headers["x-chaos-llm"] == "unserved"
    message = reply.json()["error"]["message"]
    assert "chaos_llm does not simulate POST /v1/fine_tuning/jobs" in message
    (exchange,) = chaos.journal
    assert (exchange.surface, exchange.api, exchange.failed) == ("unserved", "unserved", False)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v1/responses/compact"),
        ("GET", "/v1/chat/completions"),
        ("GET", "/v1/organization/usage/completions"),
        ("DELETE", "/v1/models/ft-1"),
        ("POST", "/v1/threads/thread_1"),
        ("DELETE", "/v1/threads/thread_1/messages/msg_1"),
        ("POST", "/v1/threads/thread_1/runs/run_1"),
    ],
)
def test_b2_what_the_vendor_serves_beside_a_played_path_is_no_405(method, path):
    with outage() as chaos:
        reply = httpx2.request(method, f"https://api.openai.com{path}", headers=KEY)
    assert reply.status_code == 501
    assert chaos.journal[0].surface == "unserved"


def test_b2_the_vendors_sdk_shows_our_words_and_does_not_ask_again():
    refusal = pytest.raises(openai.InternalServerError, match="does not simulate POST")
    with outage() as chaos, refusal:
        openai.OpenAI(api_key="k").fine_tuning.jobs.create(model="m", training_file="f")
    assert len(chaos.journal) == 1


@pytest.mark.parametrize("name", sorted({each.name for each in PROVIDERS if each.hosts}))
def test_b3_no_provider_has_a_vendors_404_for_a_path_that_is_not_played(name):
    with outage() as chaos:
        hosts = [host for p in PROVIDERS if p.name == name for host in p.hosts]
        host = hosts[0].replace("*", "acme")
        assert httpx.get(f"https://{host}/no/such/path", headers=KEY).status_code == 501
    assert [exchange.surface for exchange in chaos.journal] == ["unserved"]


def test_b3_a_path_that_is_not_played_spends_no_injection():
    with outage() as chaos:
        chaos.on("anthropic").inject(overloaded(), times=1)
        head = httpx2.head("https://api.anthropic.com/v1/skills", headers=KEY)
        assert (head.status_code, head.content) == (501, b"")
        body = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "hi"}]}
        asked = [
            httpx2.post("https://api.anthropic.com/v1/messages", headers=KEY, json=body)
            for _ in range(2)
        ]
    assert [reply.status_code for reply in asked] == [529, 200]


def test_b3_a_fault_that_names_unserved_paths_strikes_them_in_the_vendors_words():
    with outage() as chaos:
        chaos.on("openai", surface="unserved").inject(server_error())
        reply = httpx2.post(JOBS, headers=KEY, json={})
    assert reply.status_code == 500
    assert reply.json()["error"]["type"] == "server_error"


def test_b3_a_fault_that_a_reply_cannot_express_spends_no_injection():
    body = {"model": "gpt-4o", "messages": [{"role": "user", "content": "hi"}]}
    url = "https://api.openai.com/v1/chat/completions"
    with outage() as chaos:
        chaos.on("openai").inject(cut_stream(), times=1)
        httpx2.post(url, headers=KEY, json=body)  # whole: no stream to cut
        with pytest.raises(httpx2.RemoteProtocolError):
            httpx2.post(url, headers=KEY, json=body | {"stream": True})
        assert httpx2.post(url, headers=KEY, json=body | {"stream": True}).is_success
    effects = [[met.effect for met in exchange.fault_effects] for exchange in chaos.journal]
    assert effects == [["unsupported"], ["applied"], []]


def test_b3_requests_to_what_is_not_played_fail_no_check_and_are_named_in_the_report():
    def app(prompt):
        body = {"model": "m", "max_tokens": 99, "messages": [{"role": "user", "content": prompt}]}
        for _ in range(6):
            httpx2.post("https://api.anthropic.com/v1/skills", headers=KEY, json={})
        reply = httpx2.post("https://api.anthropic.com/v1/messages", headers=KEY, json=body)
        return reply.json()["content"][0]["text"]

    with outage() as chaos:
        report = chaos.replay(app, calls=5)
        report.check(retries_stay_under(2), allow_no_faults=True)
    assert report.answered == 1
    assert report.requests("anthropic") == 5
    expected = (
        "30 requests went to endpoints that chaos_llm does not simulate: POST /v1/skills (30)"
    )
    assert expected in " ".join(report.timeline(200).split())


def test_b3_a_status_pages_history_is_not_the_models_traffic():
    with outage() as chaos:
        httpx2.get("https://status.anthropic.com/history.rss")
    assert [exchange.surface for exchange in chaos.journal] == ["unserved"]


def test_a_journal_without_a_replay_names_what_is_not_played():
    with outage() as chaos:
        httpx2.post(JOBS, headers=KEY, json={})
        httpx2.post(JOBS, headers=KEY, json={})
    told = " ".join(chaos.timeline().split())
    expected = "2 requests went to endpoints that chaos_llm does not simulate: POST /v1/fine_tuning"
    assert expected in told


@pytest.mark.parametrize(("path", "status"), [("/v1/fine_tuning/*", 500), ("", 501)])
def test_b3_a_window_that_names_a_path_hits_it_although_nothing_serves_it(path, status):
    on = Target("openai", path=path)
    with outage(profile_of(window(server_error(500), on=on))):
        url = "https://api.openai.com/v1/fine_tuning/jobs"
        assert httpx.post(url, headers=KEY, json={}).status_code == status


def test_b3_a_clients_telemetry_is_answered_and_not_spoken_of():
    def app(prompt):
        body = {"model": "m", "max_tokens": 99, "messages": [{"role": "user", "content": prompt}]}
        for _ in range(6):
            httpx2.post("https://api.anthropic.com/api/event_logging/batch", headers=KEY, json={})
        reply = httpx2.post("https://api.anthropic.com/v1/messages", headers=KEY, json=body)
        return reply.json()["content"][0]["text"]

    with outage() as chaos:
        report = chaos.replay(app, calls=5)
        report.check(retries_stay_under(2), allow_no_faults=True)
    assert (report.answered, report.requests("anthropic")) == (1, 5)
    assert "does not simulate" not in report.timeline(200)
