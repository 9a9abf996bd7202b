"""A tool call's arguments are cut off and still valid JSON."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any

from chaos_llm.faults.fault import Fault, FaultContext
from chaos_llm.protocol.messages import Answer, Completion, ToolCall


@dataclass(frozen=True, repr=False)
class TruncatedToolArguments(Fault):
    """The last tool call's arguments stop inside a value, and are valid JSON: 1000 becomes 1.

    Parsers of partial JSON make this of a stream that was cut: anthropic 2.11's helper returns such
    a call and raises nothing. The arguments after the value are lost.
    """

    silent = True

    def on_answer(self, answer: Answer, fault_context: FaultContext) -> Answer:
        if not isinstance(answer, Completion) or not answer.tool_calls:
            return answer
        *calls, last = answer.tool_calls
        return replace(answer, tool_calls=(*calls, _truncated(last)))


def _truncated(call: ToolCall) -> ToolCall:
    try:
        arguments = json.loads(call.arguments)
    except ValueError:
        return call
    if not isinstance(arguments, dict) or not arguments:
        return call
    names = list(arguments)
    can_be_cut = [n for n, name in enumerate(names) if _cut(arguments[name]) != arguments[name]]
    stop = max(can_be_cut, default=-1)
    kept = {name: arguments[name] for name in names[:stop]}
    if stop >= 0:
        kept[names[stop]] = _cut(arguments[names[stop]])
    return replace(call, arguments=json.dumps(kept, ensure_ascii=False))


def _cut(value: Any) -> Any:
    """The beginning of a value, of the same type; a value that cannot be cut stays as it is."""
    if isinstance(value, bool) or not isinstance(value, str | int | list) or not value:
        return value
    if isinstance(value, int):
        first_digit = int(str(abs(value))[0])
        return first_digit if value > 0 else -first_digit
    return value[: len(value) // 2]
