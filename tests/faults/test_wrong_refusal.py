from __future__ import annotations

from pathlib import Path

import anthropic
import openai
import pytest
from support.apps.bots import ask_once

from chaos_llm import outage
from chaos_llm.errors import UsageError
from chaos_llm.faults import wrong_refusal
from chaos_llm.profiles import load
from chaos_llm.protocol.messages import Document, Refusal

PROFILES = Path(__file__).parents[2] / "fault_profiles"


def test_a_valid_request_is_refused_as_invalid(answer, fault_context):
    assert wrong_refusal().on_answer(answer, fault_context) == Refusal(
        "invalid_request", status=400
    )


@pytest.mark.parametrize(
    ("status", "kind"),
    [(403, "permission"), (404, "not_found"), (413, "too_large"), (422, "invalid_request")],
)
def test_each_status_has_its_own_message(status, kind, answer, fault_context):
    assert wrong_refusal(status).on_answer(answer, fault_context) == Refusal(kind, status=status)


def test_a_recorded_message_can_be_set(answer, fault_context):
    fault = wrong_refusal(400, message="Unsupported parameter")
    assert fault.on_answer(answer, fault_context).message == "Unsupported parameter"


def test_a_login_is_refused_too(fault_context):
    assert isinstance(wrong_refusal().on_answer(Document({}), fault_context), Refusal)


@pytest.mark.parametrize(("status", "other"), [(401, "auth_expired"), (429, "rate_limited")])
def test_kinds_with_their_own_fault_are_refused_with_its_name(status, other):
    with pytest.raises(UsageError, match=rf"use {other}\(\) for this status"):
        wrong_refusal(status)


def test_b14_type_code_and_param_are_the_errors_where_the_dialect_has_them():
    fault = wrong_refusal(400, message="No.", type="odd", code="invalid_value", param="model")
    with outage() as chaos:
        chaos.on("openai").inject(fault)
        chaos.on("anthropic").inject(fault)
        with pytest.raises(openai.BadRequestError) as refused:
            openai.OpenAI(max_retries=0).responses.create(model="m", input="hi")
        with pytest.raises(anthropic.BadRequestError) as other:
            ask_once()
    error = refused.value
    assert (error.type, error.code, error.param) == ("odd", "invalid_value", "model")
    assert other.value.body["error"] == {"type": "odd", "message": "No."}


def test_b14_a_profile_may_give_them(tmp_path):
    text = (PROFILES / "azure-openai-2026-03-09-wrong-400.toml").read_text()
    given = 'fault = "wrong_refusal", status = 400, code = "a", param = "b", type = "c" }'
    text = text.replace('fault = "wrong_refusal", status = 400 }', given)
    path = tmp_path / "coded.toml"
    path.write_text(text)
    (window,) = load(path).windows
    assert window.faults[0].fault == wrong_refusal(400, code="a", param="b", type="c")
