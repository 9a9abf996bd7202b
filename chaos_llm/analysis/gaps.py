"""Which calls got an answer, and the longest downtime."""

from __future__ import annotations

from chaos_llm.analysis.call import Call
from chaos_llm.analysis.run import Interval, Run


def is_answered(call: Call, *, stale_counts: bool) -> bool:
    """Whether a call got an answer; a stale one from a cache counts with `stale_counts`."""
    return call.answered or (stale_counts and call.outcome == "stale")


def longest_downtime(run: Run, *, stale_counts: bool) -> Interval:
    """The longest time without an answer; empty if all calls were answered.

    It begins when the first of several unanswered calls in a row is due, and ends when a call is
    answered again. Calls that could not be judged are left out.
    """
    longest, since = Interval(run.begins, run.begins), None
    judged = (call for call in run.calls if call.outcome != "unjudged")
    for call in sorted(judged, key=lambda call: (call.due, call.number)):
        if not is_answered(call, stale_counts=stale_counts):
            since = call.due if since is None else since
        elif since is not None:
            longest, since = _longer(longest, Interval(since, call.ended)), None
    return longest if since is None else _longer(longest, Interval(since, run.ends))


def _longer(one: Interval, other: Interval) -> Interval:
    return other if other.ends - other.begins > one.ends - one.begins else one
