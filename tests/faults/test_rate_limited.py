from __future__ import annotations

from datetime import timedelta

import pytest

from chaos_llm.faults import rate_limited
from chaos_llm.protocol.messages import Refusal


def test_it_has_a_retry_after(answer, fault_context):
    applied = rate_limited(retry_after=7).on_answer(answer, fault_context)
    assert applied == Refusal("rate_limited", retry_after=7.0)


def test_the_default_is_a_wait_that_was_seen(answer, fault_context):
    assert rate_limited().on_answer(answer, fault_context).retry_after == 20.0


def test_a_wait_of_none_omits_the_header(answer, fault_context):
    assert rate_limited(retry_after=None).on_answer(answer, fault_context).retry_after is None


@pytest.mark.parametrize("wait", [0, 13262, 86400, "27h", timedelta(hours=27)])
def test_absurd_waits_are_legal(wait, answer, fault_context):
    assert rate_limited(retry_after=wait).on_answer(answer, fault_context).retry_after >= 0


def test_equal_waits_are_equal_faults_however_they_are_written():
    assert rate_limited(retry_after="2m") == rate_limited(retry_after=120)
    assert len({rate_limited(retry_after="2m"), rate_limited(retry_after=120)}) == 1


def test_it_is_shown_as_it_was_written():
    assert repr(rate_limited(retry_after=7)) == "rate_limited(retry_after=7)"
    assert repr(rate_limited()) == "rate_limited()"


def test_its_wait_may_come_first():
    assert rate_limited(7) == rate_limited(retry_after=7)
