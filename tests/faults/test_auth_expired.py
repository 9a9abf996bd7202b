from __future__ import annotations

from chaos_llm.faults import auth_expired
from chaos_llm.protocol.messages import Document, Refusal


def test_the_words_are_the_provider_s_own_by_default(answer, fault_context):
    assert auth_expired().on_answer(answer, fault_context) == Refusal("auth_expired")


def test_a_recorded_message_can_be_set(answer, fault_context):
    fault = auth_expired(message="Invalid bearer token")
    assert fault.on_answer(answer, fault_context).message == "Invalid bearer token"


def test_a_login_is_refused_too(fault_context):
    token = Document({"access_token": "x"})
    assert auth_expired().on_answer(token, fault_context) == Refusal("auth_expired")
