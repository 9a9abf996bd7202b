from __future__ import annotations

from chaos_llm.faults import empty_answer
from chaos_llm.protocol.messages import Completion, Document, Refusal, ToolCall, Usage


def test_nothing_is_said_and_the_end_is_called_good(answer, strike):
    assert empty_answer().on_answer(answer, strike) == Completion("", (), "end", Usage(9, 0))


def test_tool_calls_go_too(strike):
    calling = Completion(tool_calls=(ToolCall("f", "{}"),), stop="tool", usage=Usage(9, 3))
    struck = empty_answer().on_answer(calling, strike)
    assert (struck.tool_calls, struck.stop) == ((), "end")


def test_what_is_empty_already_is_not_struck(strike):
    empty = Completion("", (), "end", Usage(9, 0))
    assert empty_answer().on_answer(empty, strike) == empty


def test_what_is_no_answer_of_a_model_is_not_struck(strike):
    for other in (Refusal("quota"), Document({"status": "ok"})):
        assert empty_answer().on_answer(other, strike) is other


def test_the_faults_behind_it_strike_too():
    assert not empty_answer().ends_reply
