from __future__ import annotations

from chaos_llm.faults import empty_answer
from chaos_llm.protocol.messages import Completion, ToolCall, Usage


def test_nothing_is_said_and_the_end_is_called_good(answer, fault_context):
    assert empty_answer().on_answer(answer, fault_context) == Completion("", (), "end", Usage(9, 0))


def test_tool_calls_go_too(fault_context):
    calling = Completion(tool_calls=(ToolCall("f", "{}"),), stop="tool", usage=Usage(9, 3))
    applied = empty_answer().on_answer(calling, fault_context)
    assert (applied.tool_calls, applied.stop) == ((), "end")


def test_what_is_empty_already_is_not_struck(fault_context):
    empty = Completion("", (), "end", Usage(9, 0))
    assert empty_answer().on_answer(empty, fault_context) == empty
