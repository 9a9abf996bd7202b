"""A tool is called with arguments that nobody can read."""

from __future__ import annotations

from dataclasses import dataclass, replace

from chaos_llm.faults.fault import Fault, FaultContext
from chaos_llm.protocol.messages import Answer, Completion, ToolCall


@dataclass(frozen=True, repr=False)
class BrokenToolArguments(Fault):
    """A tool is called with arguments that are no JSON: in the quotes of Python, as models slip.

    Where a dialect sends arguments as an object, not as text, it has no words for this.
    """

    def on_answer(self, answer: Answer, fault_context: FaultContext) -> Answer:
        if not isinstance(answer, Completion):
            return answer
        return replace(answer, tool_calls=tuple(map(_broken, answer.tool_calls)))


def _broken(call: ToolCall) -> ToolCall:
    quoted = call.arguments.replace('"', "'")
    return replace(call, arguments=quoted if quoted != call.arguments else call.arguments[:-1])
