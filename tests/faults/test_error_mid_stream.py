from __future__ import annotations

from dataclasses import replace

import pytest

from chaos_llm.errors import UsageError
from chaos_llm.faults import error_mid_stream
from chaos_llm.model import Break, Document, Refusal


def test_the_answer_breaks_after_a_share_of_it(answer, strike):
    struck = error_mid_stream(after=0.25, kind="server_error").on_answer(answer, strike)
    assert struck == replace(answer, broken_by=Break(0.25, Refusal("server_error")))


def test_it_is_an_overload_in_the_middle_by_default(answer, strike):
    struck = error_mid_stream().on_answer(answer, strike)
    assert struck.broken_by == Break(0.5, Refusal("overloaded"))


@pytest.mark.parametrize("other", [Refusal("quota"), Document({"status": "ok"})])
def test_what_is_no_answer_of_a_model_is_not_struck(other, strike):
    assert error_mid_stream().on_answer(other, strike) is other


def test_the_bytes_are_left_to_the_provider(stream, strike):
    assert error_mid_stream().on_reply(stream, strike) is stream


def test_the_kind_is_one_that_every_provider_knows():
    with pytest.raises(UsageError, match=r"error_mid_stream\(kind='boom'\).*'overloaded'"):
        error_mid_stream(kind="boom")


@pytest.mark.parametrize("after", [-1, 2, "0.5", False])
def test_after_is_a_share(after):
    with pytest.raises(UsageError, match=r"error_mid_stream\(after=.*from 0 to 1"):
        error_mid_stream(after=after)


def test_it_ends_the_reply():
    assert error_mid_stream().ends_reply
