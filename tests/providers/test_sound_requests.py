"""Requests that the vendors' SDKs and documentation make are refused by no rule.

What is not installed is skipped; `nox -s cloud_sdks vendor_sdks` has the SDKs.
"""

from __future__ import annotations

import pytest
from support.sound_requests import (
    anthropic_messages,
    bedrock,
    gemini,
    openai_chat,
    openai_responses,
    other_vendors,
)

from chaos_llm import outage

MODULES = (
    anthropic_messages,
    bedrock,
    gemini,
    openai_chat,
    openai_responses,
    *other_vendors.VENDORS,
)
CASES = [(module.SDK, name, *case) for module in MODULES for name, case in module.CASES.items()]


@pytest.mark.exhaustive(sample=40)
@pytest.mark.filterwarnings("ignore:.*deprecated:DeprecationWarning", "ignore:.*thinking")
@pytest.mark.parametrize(
    ("sdk", "name", "call", "arguments"), CASES, ids=[f"{case[0]}: {case[1]}" for case in CASES]
)
def test_b18_a_sound_request_is_answered(sdk, name, call, arguments):
    pytest.importorskip(sdk)
    with outage() as chaos:
        call(**arguments)
        exchanges = chaos.journal
    assert len(exchanges), name
    assert [exchange.broken_rule for exchange in exchanges if exchange.broken_rule] == []
    assert {exchange.status for exchange in exchanges} == {200}
