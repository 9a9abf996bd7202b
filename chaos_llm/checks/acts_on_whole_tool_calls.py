"""No tool is run with arguments that broke off."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from chaos_llm.analysis.call import Call
from chaos_llm.analysis.run import Run
from chaos_llm.analysis.shown_pieces import TornToolCall, acted_on, torn_tool_calls
from chaos_llm.checks._limits import calls, counted
from chaos_llm.checks.check import Check, Finding

_EXCERPT = 60  # letters of arguments that a finding quotes
_Torn = tuple[Call, TornToolCall]


@dataclass(frozen=True, repr=False)
class ActsOnWholeToolCalls(Check):
    """No call runs a tool whose arguments broke off, or cannot be read as JSON.

    An app shows that it ran a tool by the tool's result in a later request of the call, or by a
    function of that name which is marked with `@chaos.side_effect`. A result that says that the
    call was invalid is none. Not judged if a call returned something after a broken tool call, and
    neither a later request nor a marked function shows what it did. Not applicable if every tool
    call arrived whole.
    """

    why: ClassVar[str] = (
        "a tool that is run with half of its arguments pays the wrong sum, or deletes the wrong "
        "folder"
    )

    def __call__(self, run: Run) -> Finding:
        torn = [(c, each) for c in run.calls for each in torn_tool_calls(c, run.evidence)]
        if not torn:
            return self.not_applicable("every tool call arrived whole")
        acted = [(call, each) for call, each in torn if _acted(run, call, each)]
        if acted:
            return self._failed(acted)
        unknown = [call for call, each in torn if not _shows_what_it_did(run, call, each)]
        if unknown:
            seen = f"{calls(len(unknown))} returned a value after a tool call that broke off"
            return self.not_judged(f"{seen}; mark the tool's function with @chaos.side_effect")
        broken = counted(len(torn), "tool call")
        return self.passed(f"no tool was run of {broken} that broke off")

    def _failed(self, acted: list[_Torn]) -> Finding:
        call, first = acted[0]
        sent = first.content.sent
        shown = sent if len(sent) <= _EXCERPT else f"…{sent[-_EXCERPT:]}"
        seen = f"{calls(len({call.number for call, _ in acted}))} ran a tool whose arguments "
        seen += f"had broken off, first call {call.number}: {first.content.tool}({shown}"
        return self.failed(f"{seen} of {first.exchange.provider}", first.exchange.until)


def _acted(run: Run, call: Call, torn: TornToolCall) -> bool:
    return acted_on(torn, call, run.evidence) is not None or _ran_marked_tool(run, call, torn)


def _ran_marked_tool(run: Run, call: Call, torn: TornToolCall) -> bool:
    """Whether a marked function of the tool's name ran, and no later answer had asked for it."""
    later = [e for e in run.evidence.of(call) if e.number > torn.exchange.number]
    if any(exchange.ok for exchange in later):
        return False
    return any(
        effect.call == call.number
        and effect.at >= torn.exchange.at
        and effect.name.rpartition(".")[2] == torn.content.tool
        for effect in run.side_effects
    )


def _shows_what_it_did(run: Run, call: Call, torn: TornToolCall) -> bool:
    """Whether a call failed, sent another request, or marks what this tool does."""
    if call.error is not None or call.is_blank or call.outcome in ("degraded", "failed"):
        return True
    if any(exchange.number > torn.exchange.number for exchange in run.evidence.of(call)):
        return True
    names = {effect.name.rpartition(".")[2] for effect in run.side_effects}
    return torn.content.tool in names
