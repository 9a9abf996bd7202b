"""Calls without an answer, grouped by the kind of failure."""

from __future__ import annotations

from chaos_llm.analysis.call import Call
from chaos_llm.analysis.run import Run

_LONGEST = 2000  # letters that are read of what an app returned
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
    if call.text.strip():
        return repr(" ".join(call.text[:_LONGEST].split()))
    try:
        return repr(call.returned)[:_LONGEST]
    except Exception as failure:  # an app's own class
        return f"a {type(call.returned).__name__} whose repr raises {type(failure).__name__}"
