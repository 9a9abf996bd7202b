"""A tool is called with arguments that stop too early, and can be read."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any

from chaos_llm.faults.fault import Fault, FaultContext
from chaos_llm.protocol.messages import Answer, Completion, ToolCall


@dataclass(frozen=True, repr=False)
class TruncatedToolArguments(Fault):
    """The last tool call's arguments stop inside a value, and are valid: 1000 has become 1.

    What readers of partial JSON make of a stream that was cut: anthropic 2.11's helper returns
    such a call and raises nothing. What came behind the value is lost.
    """

    silent = True

    def on_answer(self, answer: Answer, fault_context: FaultContext) -> Answer:
        if not isinstance(answer, Completion) or not answer.tool_calls:
            return answer
        *calls, last = answer.tool_calls
        return replace(answer, tool_calls=(*calls, _truncated(last)))


def _truncated(call: ToolCall) -> ToolCall:
    try:
        given = json.loads(call.arguments)
    except ValueError:
        return call
    if not isinstance(given, dict) or not given:
        return call
    names = list(given)
    stop = max((n for n, name in enumerate(names) if _cut(given[name]) != given[name]), default=-1)
    kept = {name: given[name] for name in names[:stop]}
    if stop >= 0:
        kept[names[stop]] = _cut(given[names[stop]])
    return replace(call, arguments=json.dumps(kept, ensure_ascii=False))


def _cut(value: Any) -> Any:
    """The beginning of a value, of the same type; what has none stays."""
    if isinstance(value, bool) or not isinstance(value, str | int | list) or not value:
        return value
    if isinstance(value, int):
        first_digit = int(str(abs(value))[0])
        return first_digit if value > 0 else -first_digit
    return value[: len(value) // 2]
