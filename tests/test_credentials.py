"""The issuers of API keys."""

from __future__ import annotations

import pytest

from chaos_llm.protocol.keyed_random import fingerprint
from chaos_llm.requests.credentials import Credentials

PROVIDERS = ("anthropic", "openai", "azure-openai", "gemini", "vertex", "groq")


def test_a_variable_names_the_issuer_of_its_key():
    ring = Credentials.of({"ANTHROPIC_API_KEY": "one", "AZURE_OPENAI_API_KEY": "two"}, PROVIDERS)
    assert ring.variables == {fingerprint("one"): "anthropic", fingerprint("two"): "azure-openai"}
    assert ring.holders == {"anthropic", "azure-openai"}
    assert not ring.belongs_to_another(fingerprint("one"), "openai")  # it may be a look-alike's


def test_one_key_in_two_variables_has_no_known_issuer():
    ring = Credentials.of({"ANTHROPIC_API_KEY": "one", "OPENAI_API_KEY": "one"}, PROVIDERS)
    assert not ring.variables
    assert not ring.holders


def test_a_placeholder_is_no_key_of_the_teams():
    ring = Credentials.of({"OPENAI_API_KEY": "sk-placeholder-of-chaos-llm"}, PROVIDERS)
    assert not ring.holders
    assert set(ring.variables.values()) == {"openai"}


@pytest.mark.parametrize(
    ("headers", "whose"),
    [
        ({"x-api-key": "sk-ant-api03-abc"}, "anthropic"),
        ({"authorization": "Bearer sk-proj-abc"}, "openai"),
        ({"authorization": "Bearer sk-or-v1-abc"}, "openrouter"),
        ({"x-goog-api-key": "AIza" + "a" * 35}, "gemini"),
        ({"authorization": "Bearer " + "gsk_" + "a" * 40}, "groq"),
        ({"authorization": "Bearer sk-1234"}, ""),
        ({"x-api-key": "test"}, ""),
        ({}, ""),
    ],
)
def test_the_issuer_of_a_key_is_known_by_its_shape(headers, whose):
    ring = Credentials()
    ring.note("seen", headers)
    assert ring.issuers == {"seen": whose}
    assert ring.belongs_to_another("seen", "cohere") == bool(whose)


def test_vendors_that_share_keys_are_not_distinguished():
    ring = Credentials({"one": "gemini", "two": "openai"})
    assert not ring.belongs_to_another("one", "vertex")
    assert not ring.belongs_to_another("two", "azure-openai")


def test_only_fingerprints_are_kept():
    ring = Credentials.of({"OPENAI_API_KEY": "a real secret"}, PROVIDERS)
    ring.note("seen", {"x-api-key": "sk-ant-secret"})
    assert "secret" not in repr(ring)
