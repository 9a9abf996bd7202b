"""The model calls a tool that the app did not offer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import chain, count

from chaos_llm.faults._arguments import check_text
from chaos_llm.faults.fault import Fault, FaultContext
from chaos_llm.protocol.messages import Answer, Completion

_LONGEST_STEM = 60  # letters, of the 64 that OpenAI and Anthropic allow; the rest is for "_v2"


@dataclass(frozen=True, repr=False)
class UnknownTool(Fault):
    """The model calls a tool that the app did not offer, with the arguments of an offered one.

    `tool` is the unknown name; by default it is the offered one with "_v2" appended.
    """

    tool: str | None = None

    def __post_init__(self) -> None:
        check_text(self, "tool")

    def on_answer(self, answer: Answer, fault_context: FaultContext) -> Answer:
        if not isinstance(answer, Completion):
            return answer
        offered = {tool.name for tool in fault_context.request.tools}
        calls = (
            replace(call, name=_not_among(offered, self.tool or call.name))
            for call in answer.tool_calls
        )
        return replace(answer, tool_calls=tuple(calls))


def _not_among(offered: set[str], name: str) -> str:
    names = chain([name], (f"{name[:_LONGEST_STEM]}_v{number}" for number in count(2)))
    return next(other for other in names if other not in offered)
