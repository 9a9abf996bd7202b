from __future__ import annotations

import pytest

from chaos_llm.errors import UsageError
from chaos_llm.faults import server_error
from chaos_llm.protocol.messages import Refusal


def test_it_is_a_500_by_default(answer, fault_context):
    assert server_error().on_answer(answer, fault_context) == Refusal("server_error", status=500)


def test_its_status_can_be_set(answer, fault_context):
    assert server_error(503).on_answer(answer, fault_context).status == 503


@pytest.mark.parametrize("status", [200, 404, 499, 600, "500", 500.0, True, None])
def test_a_status_that_is_no_5xx_is_refused(status):
    with pytest.raises(UsageError, match=r"server_error\(status=.*from 500 to 599") as mistake:
        server_error(status=status)
    assert repr(status) in str(mistake.value)


def test_the_bytes_are_the_provider_s_own(whole, fault_context):
    assert server_error().on_reply(whole, fault_context) is whole
