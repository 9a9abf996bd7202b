"""Calls without an answer, grouped by the kind of failure."""

from __future__ import annotations

from chaos_llm.analysis.call import Call
from chaos_llm.analysis.run import Run

_COMPARED = 40  # letters by which failures are compared; ids come later in a message


def failure_groups(run: Run) -> list[list[Call]]:
    """The calls without an answer, by kind, in the order of their first calls."""
    kinds: dict[tuple[str, str], list[Call]] = {}
    for call in run.calls:
        if not call.answered and call.outcome not in ("missed", "unjudged"):
            kinds.setdefault((call.outcome, failure_text(call)[:_COMPARED]), []).append(call)
    return list(kinds.values())


def failure_text(call: Call) -> str:
    """What the user of a call got instead of an answer."""
    if call.error is not None:
        return " ".join(f"{call.error.name}: {call.error}".split())
    return repr(" ".join(call.text.split()) or call.returned)
