from __future__ import annotations

from chaos_llm.faults import empty_answer
from chaos_llm.protocol.messages import Completion, ToolCall, Usage


def test_the_text_is_empty_and_the_stop_reason_is_normal(answer, fault_context):
    assert empty_answer().on_answer(answer, fault_context) == Completion("", (), "end", Usage(9, 0))


def test_tool_calls_go_too(fault_context):
    calling = Completion(tool_calls=(ToolCall("f", "{}"),), stop="tool", usage=Usage(9, 3))
    applied = empty_answer().on_answer(calling, fault_context)
    assert (applied.tool_calls, applied.stop) == ((), "end")


def test_an_empty_reply_is_unchanged(fault_context):
    empty = Completion("", (), "end", Usage(9, 0))
    assert empty_answer().on_answer(empty, fault_context) == empty
