from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chaos_llm.errors import UsageError
from chaos_llm.faults import truncated_answer
from chaos_llm.protocol.markers import find, find_references
from chaos_llm.protocol.messages import Completion, Document, Refusal, ToolCall


def test_the_text_stops_in_mid_sentence(answer, strike):
    struck = truncated_answer().on_answer(answer, strike)
    assert answer.text.startswith(struck.text)
    assert 0.4 < len(struck.text) / len(answer.text) <= 0.5
    assert struck.text[-1].isalnum()


@pytest.mark.parametrize("keep", [0.3, 0.5, 0.9, 0.999])
def test_it_keeps_the_token_and_loses_the_reference(keep, answer, strike):
    struck = truncated_answer(keep).on_answer(answer, strike)
    assert find(struck.text) == ("KX-48213",)
    assert find_references(struck.text) == ()


def test_a_cut_between_sentences_moves_into_one(strike):
    said = Completion("First. Second. Third.")
    struck = truncated_answer(0.69).on_answer(said, strike)
    assert struck.text == "First. Second"


def test_silence_about_it_is_the_default(answer, strike):
    calling = replace(answer, stop="tool")
    assert truncated_answer().on_answer(calling, strike).stop == "end"
    assert truncated_answer(admits=True).on_answer(calling, strike).stop == "length"


def test_only_without_a_word_about_it_no_app_can_see_it():
    assert truncated_answer().silent
    assert not truncated_answer(admits=True).silent


def test_tool_calls_behind_the_text_are_lost(answer, strike):
    calling = replace(answer, tool_calls=(ToolCall("f", "{}"),), stop="tool")
    assert truncated_answer().on_answer(calling, strike).tool_calls == ()


def test_fewer_tokens_are_billed(answer, strike):
    struck = truncated_answer(0.25).on_answer(answer, strike)
    assert (struck.usage.input_tokens, struck.usage.output_tokens) == (9, 5)


@pytest.mark.parametrize(
    "other",
    [Refusal("quota"), Document({}), Completion(tool_calls=(ToolCall("f", "{}"),), stop="tool")],
)
def test_what_has_no_text_is_not_struck(other, strike):
    assert truncated_answer().on_answer(other, strike) is other


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(), keep=st.floats(0.001, 0.999))
def test_a_truncated_text_is_always_a_shorter_beginning(text, keep, strike):
    struck = truncated_answer(keep).on_answer(Completion(text), strike)
    assert text.startswith(struck.text)
    assert len(struck.text) < len(text) or len(text) <= 1


@pytest.mark.parametrize("keep", [0, 1, -0.5, 2, "half", True, None])
def test_keep_is_a_share_between_nothing_and_all(keep):
    with pytest.raises(UsageError, match=r"truncated_answer\(keep=.*keep must be"):
        truncated_answer(keep)


def test_admits_is_yes_or_no():
    with pytest.raises(UsageError, match=r"truncated_answer\(admits='yes'\).*True or False"):
        truncated_answer(admits="yes")


def test_the_faults_behind_it_strike_too():
    assert not truncated_answer().ends_reply
