from __future__ import annotations

import pytest

from chaos_llm.errors import UsageError
from chaos_llm.faults import hang
from chaos_llm.protocol.messages import Ending


def test_without_seconds_nothing_ever_comes(whole, fault_context):
    reply = hang().on_reply(whole, fault_context)
    assert (reply.chunks, reply.ending) == ((), Ending.SILENT)


def test_with_seconds_the_connection_closes_then_and_not_a_byte_came(stream, fault_context):
    reply = hang("15s").on_reply(stream, fault_context)
    assert (reply.wait, reply.chunks, reply.ending) == (15.0, (), Ending.CLOSED)


def test_the_answer_is_not_its_business(answer, fault_context):
    assert hang().on_answer(answer, fault_context) is answer


@pytest.mark.parametrize("seconds", [-1, "a while", False])
def test_seconds_are_a_duration(seconds):
    with pytest.raises(UsageError, match=r"hang\(seconds=...\).*is not a duration") as mistake:
        hang(seconds)
    assert repr(seconds) in str(mistake.value)
