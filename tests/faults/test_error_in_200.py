from __future__ import annotations

import json

import httpx
import pytest

from chaos_llm import outage
from chaos_llm.faults import error_in_200
from chaos_llm.protocol.messages import Refusal

DOORS = {
    "https://api.anthropic.com/v1/messages": {"max_tokens": 9, "messages": [{"role": "user"}]},
    "https://api.openai.com/v1/chat/completions": {"messages": [{"role": "user"}]},
    "https://api.openai.com/v1/responses": {"input": "hi"},
}


def test_the_error_is_the_provider_s_own_and_the_status_is_good(answer, fault_context):
    assert error_in_200().on_answer(answer, fault_context) == Refusal("server_error", status=200)


@pytest.mark.parametrize(
    ("kind", "types"),
    [
        ("overloaded", {"overloaded_error", "service_unavailable_error"}),
        ("server_error", {"api_error", "server_error"}),
        ("rate_limited", {"rate_limit_error", "tokens"}),
    ],
)
def test_it_keeps_the_type_that_it_has_under_its_own_status(kind, types):
    seen = set()
    for door, body in DOORS.items():
        with outage() as chaos:
            chaos.on("anthropic").inject(error_in_200(kind))
            chaos.on("openai").inject(error_in_200(kind))
            headers = {"authorization": "Bearer k"}
            reply = httpx.post(door, json={"model": "m"} | body, headers=headers)
        assert reply.status_code == 200
        assert not chaos.journal[0].ok
        seen.add(json.loads(reply.content)["error"]["type"])
    assert seen == types
