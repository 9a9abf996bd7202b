"""A fallback gets the same conversation as the model that failed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from chaos_llm.analysis.failovers import Failover, Failovers
from chaos_llm.analysis.run import Run
from chaos_llm.checks._limits import calls
from chaos_llm.checks.check import Check, Finding
from chaos_llm.journal.conversation_digest import ConversationDigest


@dataclass(frozen=True, repr=False)
class FallbackIsFaithful(Check):
    """The system prompt, history, tools and schema of a failed request are in its fallback request.

    They are compared across wire formats, and spaces are ignored. A missing part fails. A part that
    differs may be intended (a prompt for each model), so it is not judged; with `exactly` it fails,
    too. Not applicable if no call sent a fallback request.
    """

    why: ClassVar[str] = (
        "a fallback without the system prompt or the history answers another question, "
        "and ignores the product's rules"
    )
    exactly: bool = False

    def __call__(self, run: Run) -> Finding:
        pairs = [each for each in Failovers(run).failures if each.fallback is not None]
        if not pairs:
            return self.not_applicable("no fallback request was sent for a failed one")
        incomplete = [(each, parts) for each in pairs if (parts := _missing(*_digests(each)))]
        if incomplete:
            each, parts = incomplete[0]
            failed = f"which the failed request to {each.failed.provider} had"
            seen = f"{_request(each)} lacks {' and '.join(parts)}, {failed}"
            return self.failed(seen + _and_more(incomplete), each.failed.at)
        changed = [(each, parts) for each in pairs if (parts := _changed(*_digests(each)))]
        if not changed:
            return self.passed(f"{calls(len(pairs))} sent the whole conversation to another model")
        each, parts = changed[0]
        failed = f"from the failed request to {each.failed.provider}"
        seen = f"{_request(each)} differs in {' and '.join(parts)} {failed}{_and_more(changed)}"
        if self.exactly:
            return self.failed(seen, each.failed.at)
        return self.not_judged(f"{seen}; if that is not intended, use exactly=True")


def _digests(each: Failover) -> tuple[ConversationDigest, ConversationDigest]:
    """What the failed request and what its fallback request contained."""
    assert each.fallback is not None
    return (
        ConversationDigest.unpacked(each.failed.conversation_digest),
        ConversationDigest.unpacked(each.fallback.conversation_digest),
    )


def _missing(failed: ConversationDigest, fallback: ConversationDigest) -> list[str]:
    missing = []
    if failed.system and not fallback.system:
        missing.append("the system prompt")
    if failed.turns > fallback.turns and fallback.turns:
        missing.append(f"{failed.turns - fallback.turns} of {failed.turns} turns of the history")
    if failed.tool_count > fallback.tool_count:
        missing.append(f"{failed.tool_count - fallback.tool_count} of {failed.tool_count} tools")
    # A schema may have become a tool, or words in the prompt.
    elsewhere = fallback.tool_count > failed.tool_count or fallback.system != failed.system
    if failed.schema and not fallback.schema and not elsewhere:
        missing.append("the schema of the answer")
    return missing


def _changed(failed: ConversationDigest, fallback: ConversationDigest) -> list[str]:
    same_turns = failed.turns == fallback.turns
    parts = (
        ("the system prompt", failed.system, fallback.system),
        ("the history", failed.history, fallback.history if same_turns else 0),
        ("the tools", failed.tools, fallback.tools),
        ("the schema", failed.schema, fallback.schema),
    )
    return [name for name, before, after in parts if before and after and before != after]


def _request(each: Failover) -> str:
    assert each.fallback is not None
    return f"the fallback request of call {each.call.number} to {each.fallback.provider}"


def _and_more(found: Sequence[object]) -> str:
    return f"; the same holds for {calls(len(found) - 1)} more" if len(found) > 1 else ""
