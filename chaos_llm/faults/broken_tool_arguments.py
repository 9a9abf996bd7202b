"""A tool call's arguments are not valid JSON."""

from __future__ import annotations

from dataclasses import dataclass, replace

from chaos_llm.faults.fault import Fault, FaultContext
from chaos_llm.protocol.messages import Answer, Completion, ToolCall


@dataclass(frozen=True, repr=False)
class BrokenToolArguments(Fault):
    """A tool call's arguments are not valid JSON: a Python literal with single quotes.

    Models make this mistake. A dialect that sends arguments as an object and not as text cannot
    express it.
    """

    def on_answer(self, answer: Answer, fault_context: FaultContext) -> Answer:
        if not isinstance(answer, Completion):
            return answer
        return replace(answer, tool_calls=tuple(map(_broken, answer.tool_calls)))


def _broken(call: ToolCall) -> ToolCall:
    quoted = call.arguments.replace('"', "'")
    return replace(call, arguments=quoted if quoted != call.arguments else call.arguments[:-1])
