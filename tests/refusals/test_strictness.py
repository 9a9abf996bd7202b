"""Refusals of invalid requests: when they happen, their switches, and their records."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import anthropic
import httpx2
import pytest
from support.apps.bots import MODEL, ask_once
from support.small_profiles import MINUTE, profile_of, window

from chaos_llm import outage
from chaos_llm.errors import UsageError
from chaos_llm.faults import auth_expired, html_error_page, latency, overloaded
from chaos_llm.journal.journal import Journal
from chaos_llm.profiles.model import Profile
from chaos_llm.providers.refusals import TABLES, every_rule
from chaos_llm.reports.journals.explanation import explain_call
from chaos_llm.reports.journals.file import read, written
from chaos_llm.reports.report import CheckFailed

TOOL_TURN = [{"role": "user", "content": "hi"}, {"role": "tool", "content": "x"}]
SAID = 'messages: Unexpected role "tool". Allowed roles are "user" or "assistant"'
REASON = "Anthropic takes no role 'tool' (messages.1.role)"


def ship_a_tool_turn(question="hi"):
    """What an app does that was written for OpenAI."""
    client = anthropic.Anthropic(max_retries=0)
    turns = [{"role": "user", "content": question}, *TOOL_TURN[1:]]
    return client.messages.create(model=MODEL, max_tokens=9, messages=turns).content[0].text


def test_a_refusal_is_journalled_with_its_rule():
    with outage() as chaos:
        with pytest.raises(anthropic.BadRequestError, match="Unexpected role"):
            ship_a_tool_turn()
        (exchange,) = chaos.journal
        lines = Journal.read(chaos.journal.to_jsonl().splitlines())
    assert exchange.broken_rule == ("anthropic messages: role", REASON)
    assert (exchange.status, exchange.error_message, exchange.answered) == (400, SAID, False)
    assert lines[0]["broken_rule"] == ["anthropic messages: role", REASON]


def test_a_sound_request_has_no_broken_rule():
    with outage() as chaos:
        ask_once()
        assert chaos.journal[0].broken_rule is None
        assert json.loads(chaos.journal.to_jsonl())["broken_rule"] is None


def test_strict_false_answers_all_that_can_be_read():
    with outage(strict=False) as chaos:
        assert ship_a_tool_turn()
        assert chaos.journal[0].status == 200
        with pytest.raises(anthropic.BadRequestError):
            anthropic.Anthropic(max_retries=0).messages.create(
                model=MODEL, max_tokens=9, messages=[]
            )


@pytest.mark.parametrize(
    ("says", "given", "refused"), [("false", None, False), ("false", True, True)]
)
def test_the_projects_table_switches_it_off_and_the_argument_wins(tmp_path, says, given, refused):
    (tmp_path / "pyproject.toml").write_text(f"[tool.chaos_llm]\nstrict = {says}\n")
    with outage(rootdir=tmp_path, strict=given) as chaos:
        if refused:
            with pytest.raises(anthropic.BadRequestError):
                ship_a_tool_turn()
        else:
            assert ship_a_tool_turn()
        assert (chaos.journal[0].broken_rule is not None) == refused


def test_a_word_that_is_neither_true_nor_false_is_refused(tmp_path):
    (tmp_path / "pyproject.toml").write_text('[tool.chaos_llm]\nstrict = "no"\n')
    with pytest.raises(UsageError, match="strict is true or false; got 'no'"):
        outage(rootdir=tmp_path)


def test_a_fault_before_the_request_is_read_leaves_no_broken_rule():
    with outage(profile_of(window(overloaded()))) as chaos:
        with pytest.raises(anthropic.OverloadedError):
            ship_a_tool_turn()
        assert chaos.journal[0].broken_rule is None


def test_a_page_in_the_place_of_a_refusal_is_the_providers():
    with outage(profile_of(window(html_error_page()))) as chaos:
        with pytest.raises(anthropic.APIStatusError):
            ship_a_tool_turn()
        assert chaos.journal[0].broken_rule is None


def test_a_slow_provider_refuses_late():
    with outage(profile_of(window(latency(seconds=3)))) as chaos:
        with pytest.raises(anthropic.BadRequestError):
            ship_a_tool_turn()
        assert chaos.now == 3.0
        assert chaos.journal[0].broken_rule.reason == REASON


def test_a_refused_key_comes_before_any_rule():
    with outage() as chaos:
        chaos.on("anthropic").inject(auth_expired())
        with pytest.raises(anthropic.AuthenticationError):
            ship_a_tool_turn()
        assert chaos.journal[0].broken_rule is None
        url = "https://api.anthropic.com/v1/messages"
        assert httpx2.post(url, json={}).status_code == 401
        assert chaos.journal[1].broken_rule is None


def test_a_report_attributes_a_refusal_to_the_app_or_the_provider():
    with outage() as chaos:
        report = chaos.replay(ship_a_tool_turn, calls=5)
        timeline = report.timeline(width=1000)
    assert report.counts["failed"] == 5
    assert (
        f"anthropic was healthy and refused 5 requests, as its real API would: {REASON}; this has "
        "to be corrected in the app"
    ) in timeline
    with pytest.raises(CheckFailed, match="anthropic was healthy and refused 5 requests"):
        report.check()


def test_a_refused_app_that_calls_another_provider_is_fine_and_not_rescued():
    def ask_or_ask_rightly(question):
        try:
            return ship_a_tool_turn(question)
        except anthropic.BadRequestError:
            return ask_once(question)

    with outage() as chaos:
        report = chaos.replay(ask_or_ask_rightly, calls=5)
    assert report.answered == 1.0
    assert report.grades["rescued"] == 0


def test_explain_names_the_rule_of_a_refused_request():
    with outage(profile_of(window(ends=5 * MINUTE))) as chaos:
        chaos.replay(ship_a_tool_turn, every="1m", warmup="2m", recovery="1m")
        journal = read(written(chaos.journal, chaos.plan).splitlines())
    text = " ".join(explain_call(journal, 0, width=1000).split())
    rule = "by the rule 'anthropic messages: role'"
    assert f"The provider's real API refuses this request, too, {rule}: {REASON}; so the" in text


def test_the_last_exchanges_of_a_failing_test_name_the_rule():
    with outage() as chaos:
        with pytest.raises(anthropic.BadRequestError):
            ship_a_tool_turn()
        assert f"healthy, refused ({REASON})" in chaos.timeline(width=1000)


def test_every_rule_has_a_reason_and_a_source():
    names = [(table.name, rule.name) for table, rule in every_rule()]
    assert len(set(names)) == len(names)
    for table, rule in every_rule():
        assert rule.source.where, (table.name, rule.name)
        assert rule.why, (table.name, rule.name)
        assert rule.looks_at, (table.name, rule.name)
    assert {table.name for table, _ in every_rule()} == {table.name for table in TABLES.values()}


def test_b13_a_retired_model_is_refused_on_its_vendors_own_terms():
    sent = {"model": "gpt-4.5-preview", "input": "hi"}
    headers = {"authorization": "Bearer k"}
    for year, status in ((2025, 200), (2026, 400)):
        then = Profile("a-day", "healthy", datetime(year, 7, 1, tzinfo=UTC), 0.0)
        with outage(then):
            url = "https://api.openai.com/v1/responses"
            reply = httpx2.post(url, json=sent, headers=headers)
        assert reply.status_code == status
    assert reply.json()["error"] == {
        "message": "The requested model 'gpt-4.5-preview' does not exist.",
        "type": "invalid_request_error",
        "param": "model",
        "code": "model_not_found",
    }


ASKED = {"model": MODEL, "max_tokens": 9, "messages": TOOL_TURN}
KEY = {"x-api-key": "k", "anthropic-version": "2023-06-01"}


def test_a_server_is_strict_and_a_run_of_it_may_not_be(chaos_server):
    url = chaos_server.base_url("anthropic") + "/v1/messages"
    refused = httpx2.post(url, json=ASKED, headers=KEY)
    assert (refused.status_code, refused.json()["error"]["message"]) == (400, SAID)
    admin = url.partition("/anthropic")[0] + "/__chaos"
    begun = httpx2.post(f"{admin}/runs", json={"run": "lenient", "strict": False})
    assert begun.json()["strict"] is False
    of_run = KEY | {"x-api-key": begun.json()["env"]["ANTHROPIC_API_KEY"]}
    assert httpx2.post(url, json=ASKED, headers=of_run).status_code == 200
    httpx2.post(f"{admin}/reset", json={"run": "lenient", "strict": True})
    assert httpx2.post(url, json=ASKED, headers=of_run).status_code == 400
    assert httpx2.post(f"{admin}/reset", json={"strict": "no"}).status_code == 400


def test_b18_a_gateway_has_models_of_many_vendors_and_the_vendor_itself_only_its_own(monkeypatch):
    monkeypatch.setenv("OPENAI_BASE_URL", "http://localhost:4000/v1")
    body = {"model": "claude-sonnet-4-5", "messages": [{"role": "user", "content": "hi"}]}
    headers = {"authorization": "Bearer sk-test"}
    with outage() as chaos:
        for base in ("http://localhost:4000", "https://api.openai.com"):
            httpx2.post(f"{base}/v1/chat/completions", headers=headers, json=body)
        gateway, vendor = chaos.journal
    assert (gateway.status, gateway.broken_rule) == (200, None)
    assert (vendor.status, vendor.broken_rule.name) == (404, "openai chat: another vendor's model")


def test_b1_the_server_stands_for_the_vendor_and_refuses_another_vendors_model(chaos_server):
    url = f"{chaos_server.base_url('openai')}/v1/chat/completions"
    body = {"model": "claude-sonnet-4-5", "messages": [{"role": "user", "content": "hi"}]}
    reply = httpx2.post(url, headers={"authorization": "Bearer sk-test"}, json=body)
    assert (reply.status_code, reply.json()["error"]["code"]) == (404, "model_not_found")
