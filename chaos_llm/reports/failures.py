"""The calls that went wrong, each kind once."""

from __future__ import annotations

from chaos_llm.analysis.call import Call
from chaos_llm.analysis.run import Run

_LONGEST = 2000  # letters of what an app returned that are looked at
_TELLING = 40  # letters by which failures are told apart; ids come later in a message


def kinds_of_failure(run: Run) -> list[list[Call]]:
    """The calls without an answer, by kind, in the order in which each was met first."""
    kinds: dict[tuple[str, str], list[Call]] = {}
    for call in run.calls:
        if not call.answered and call.outcome not in ("missed", "unjudged"):
            kinds.setdefault((call.outcome, what_it_met(call)[:_TELLING]), []).append(call)
    return list(kinds.values())


def what_it_met(call: Call) -> str:
    """What the user of a call met instead of an answer."""
    if call.error is not None:
        return " ".join(f"{call.error.name}: {call.error}".split())
    if call.text.strip():
        return repr(" ".join(call.text[:_LONGEST].split()))
    try:
        return repr(call.returned)[:_LONGEST]
    except Exception as failure:  # an app's own class
        return f"a {type(call.returned).__name__} whose repr raises {type(failure).__name__}"
