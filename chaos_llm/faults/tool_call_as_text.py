"""A tool call arrives as text."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace

from chaos_llm.faults.fault import Fault, FaultContext
from chaos_llm.protocol.messages import Answer, Completion, ToolCall

_STRAY = "court"  # the word before the markup in anthropics/claude-code#64774; also "count"


@dataclass(frozen=True, repr=False)
class ToolCallAsText(Fault):
    """The model writes its tool call into the text, as markup, and makes no call.

    The reply still says that it stopped for a tool. As in 148 of 9,805 turns of Opus 4.8
    (anthropics/claude-code#64774), of which other users saw fewer or none. It has no effect on an
    answer without a tool call.
    """

    def on_answer(self, answer: Answer, fault_context: FaultContext) -> Answer:
        if not isinstance(answer, Completion) or not answer.tool_calls:
            return answer
        parts = (answer.text, _STRAY, *(_markup(call) for call in answer.tool_calls))
        return replace(answer, text="\n".join(filter(None, parts)), tool_calls=())


def _markup(call: ToolCall) -> str:
    """Write a call as the models do: `<invoke name="Bash">`; its parameter lines are assumed."""
    try:
        arguments = json.loads(call.arguments)
    except ValueError:
        arguments = None
    if not isinstance(arguments, dict):
        arguments = {"arguments": call.arguments}
    lines = (
        f'<parameter name="{name}">'
        f"{value if isinstance(value, str) else json.dumps(value)}</parameter>"
        for name, value in arguments.items()
    )
    return "\n".join([f'<invoke name="{call.name}">', *lines, "</invoke>"])
