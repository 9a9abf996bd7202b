"""`fallback_has_its_own_credential` fails where a provider gets another one's key."""

from __future__ import annotations

import anthropic
import openai
import pytest
from support.apps.bots import MODEL, SECOND_MODEL, ask_once
from support.apps.defended import Defended
from support.apps.failover import found, talk

from chaos_llm.checks import fallback_has_its_own_credential
from chaos_llm.faults import overloaded

CLAUDES = "sk-ant-api03-" + "a" * 40
GPTS = "sk-proj-" + "b" * 40


def keys(claudes, gpts):
    """Claude with one key, and GPT with another, or with the same."""

    def app(question):
        try:
            message = anthropic.Anthropic(api_key=claudes, max_retries=0).messages.create(
                model=MODEL, max_tokens=300, messages=talk(question)
            )
            return message.content[0].text
        except anthropic.APIError:
            completion = openai.OpenAI(api_key=gpts, max_retries=0).chat.completions.create(
                model=SECOND_MODEL, messages=talk(question)
            )
            return completion.choices[0].message.content

    return app


def verdict(app):
    return found(fallback_has_its_own_credential(), app, overloaded(), every="4m")


def test_each_with_its_own_passes():
    assert verdict(keys(CLAUDES, GPTS)).verdict == "pass"
    assert verdict(keys("one dummy", "another dummy")).verdict == "pass"


def test_the_environments_own_keys_pass():
    assert verdict(keys(None, None)).verdict == "pass"


def test_a_key_of_the_first_at_the_second_fails():
    finding = verdict(keys(CLAUDES, CLAUDES))
    assert finding.verdict == "fail"
    assert finding.seen.startswith("openai was sent the key of anthropic, first in request ")
    assert finding.at >= 0.0


@pytest.mark.parametrize("wrong", [(GPTS, GPTS), (GPTS, "sk-other")], ids=["both", "the first"])
def test_the_owner_of_a_key_is_known_by_its_shape(wrong):
    finding = verdict(keys(*wrong))
    assert finding.verdict == "fail"
    assert finding.seen.startswith("anthropic was sent the key of openai")


def test_the_owner_of_a_key_is_known_by_its_variable(monkeypatch):
    monkeypatch.setenv("ANTHROPIC_API_KEY", "held in the environment")
    finding = verdict(keys(None, "held in the environment"))
    assert finding.seen.startswith("openai was sent the key of anthropic")


def test_an_openai_compatible_provider_may_get_the_key_in_openais_variable(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "groq's, in truth")

    def on_groq(question):
        try:
            return ask_once(question)
        except anthropic.APIError:
            client = openai.OpenAI(base_url="https://api.groq.com/openai/v1", max_retries=0)
            reply = client.chat.completions.create(model="llama", messages=talk(question))
            return reply.choices[0].message.content

    assert verdict(on_groq).verdict == "pass"


def test_a_shared_key_fails_for_a_provider_with_its_own_key(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "GPT'S OWN")
    finding = verdict(keys("shared", "shared"))
    assert finding.verdict == "fail"
    assert (
        finding.seen
        == "openai was sent the same key as anthropic, although it has a key of its own"
    )


def test_one_dummy_for_all_cannot_be_judged():
    finding = verdict(keys("test", "test"))
    assert finding.verdict == "not judged"
    assert "give each its own dummy key in the tests" in finding.seen


def test_one_gateways_key_in_two_variables_cannot_be_judged(monkeypatch):
    for name in ("ANTHROPIC_API_KEY", "OPENAI_API_KEY"):
        monkeypatch.setenv(name, "of our gateway")
    assert verdict(keys(None, None)).verdict == "not judged"


def test_it_is_not_applicable_to_one_provider():
    assert verdict(ask_once).verdict == "not applicable"


def test_the_finding_contains_no_secret():
    finding = verdict(keys(CLAUDES, CLAUDES))
    assert CLAUDES not in finding.seen


def test_a_fallback_with_the_defaults_passes():
    assert verdict(Defended()).verdict in ("pass", "not judged")
