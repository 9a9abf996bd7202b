from __future__ import annotations

import pytest

from chaos_llm.errors import UsageError
from chaos_llm.faults import wrong_refusal
from chaos_llm.protocol.messages import Document, Refusal


def test_a_sound_request_is_called_a_bad_one(answer, fault_context):
    assert wrong_refusal().on_answer(answer, fault_context) == Refusal(
        "invalid_request", status=400
    )


@pytest.mark.parametrize(
    ("status", "kind"),
    [(403, "permission"), (404, "not_found"), (413, "too_large"), (422, "invalid_request")],
)
def test_each_status_is_said_in_its_own_words(status, kind, answer, fault_context):
    assert wrong_refusal(status).on_answer(answer, fault_context) == Refusal(kind, status=status)


def test_a_message_that_was_seen_can_be_played(answer, fault_context):
    fault = wrong_refusal(400, message="Unsupported parameter")
    assert fault.on_answer(answer, fault_context).message == "Unsupported parameter"


def test_a_login_is_refused_too(fault_context):
    assert isinstance(wrong_refusal().on_answer(Document({}), fault_context), Refusal)


@pytest.mark.parametrize(("status", "other"), [(401, "auth_expired"), (429, "rate_limited")])
def test_what_has_a_fault_of_its_own_is_told_to_be_it(status, other):
    with pytest.raises(UsageError, match=rf"use {other}\(\) for this status"):
        wrong_refusal(status)
