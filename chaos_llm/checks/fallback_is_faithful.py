"""What was asked of the first model is what the fallback is asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from chaos_llm.analysis.failovers import Failover, Failovers
from chaos_llm.analysis.run import Run
from chaos_llm.checks._limits import calls
from chaos_llm.checks.check import Check, Finding
from chaos_llm.journal.conversation_digest import ConversationDigest


@dataclass(frozen=True, repr=False)
class FallbackIsFaithful(Check):
    """System prompt, history, tools and schema of a failed request reach its fallback.

    They are compared across dialects, without spaces. What is lost fails. What is there in other
    words may be meant (a prompt for each model), so it is not judged; with `exactly` it fails, too.
    Not applicable where no request of a call stood in for a failed one.
    """

    why: ClassVar[str] = (
        "a fallback without the system prompt or the history answers another question, "
        "with none of the product's rules"
    )
    exactly: bool = False

    def __call__(self, run: Run) -> Finding:
        pairs = [each for each in Failovers(run).met if each.rescue is not None]
        if not pairs:
            return self.not_applicable("no request stood in for a failed one")
        lost = [(each, parts) for each in pairs if (parts := _lost(*_gists(each)))]
        if lost:
            each, parts = lost[0]
            return self.failed(_seen(each, parts, len(lost)), each.failed.at)
        changed = [(each, parts) for each in pairs if (parts := _changed(*_gists(each)))]
        if not changed:
            return self.passed(f"{calls(len(pairs))} took all that was asked to another model")
        each, parts = changed[0]
        seen = _seen(each, [f"{part} in the same words" for part in parts], len(changed))
        if self.exactly:
            return self.failed(seen, each.failed.at)
        return self.not_judged(f"{seen}; if that is not meant, see exactly=True")


def _gists(each: Failover) -> tuple[ConversationDigest, ConversationDigest]:
    assert each.rescue is not None
    return ConversationDigest.unpacked(
        each.failed.conversation_digest
    ), ConversationDigest.unpacked(each.rescue.conversation_digest)


def _lost(asked: ConversationDigest, instead: ConversationDigest) -> list[str]:
    lost = []
    if asked.system and not instead.system:
        lost.append("the system prompt")
    if asked.turns > instead.turns and instead.turns:
        lost.append(f"{asked.turns - instead.turns} of {asked.turns} turns of the history")
    if asked.tool_count > instead.tool_count:
        lost.append(f"{asked.tool_count - instead.tool_count} of {asked.tool_count} tools")
    # A schema may have become a tool, or words in the prompt.
    elsewhere = instead.tool_count > asked.tool_count or instead.system != asked.system
    if asked.schema and not instead.schema and not elsewhere:
        lost.append("the schema of the answer")
    return lost


def _changed(asked: ConversationDigest, instead: ConversationDigest) -> list[str]:
    both = (
        ("the system prompt", asked.system, instead.system),
        ("the history", asked.history, instead.history if asked.turns == instead.turns else 0),
        ("the tools", asked.tools, instead.tools),
        ("the schema", asked.schema, instead.schema),
    )
    return [name for name, here, there in both if here and there and here != there]


def _seen(each: Failover, parts: list[str], times: int) -> str:
    assert each.rescue is not None
    what = " and ".join(parts)
    whom = f"{each.rescue.provider} was asked for call {each.call.number} without {what}"
    again = f", as for {calls(times - 1)} more" if times > 1 else ""
    return f"{whom}, which {each.failed.provider} had been sent{again}"
