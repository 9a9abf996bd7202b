"""Who got an answer, and the longest time in which nobody did."""

from __future__ import annotations

from chaos_llm.analysis.call import Call
from chaos_llm.analysis.run import Interval, Run


def is_answered(call: Call, *, stale_counts: bool) -> bool:
    """Whether a call got an answer; an old one from a cache may count, too."""
    return call.answered or (stale_counts and call.outcome == "stale")


def longest_downtime(run: Run, *, stale_counts: bool) -> Interval:
    """From when the first of a row of unanswered calls was due until one was answered again."""
    longest, since = Interval(run.begins, run.begins), None
    for call in sorted(run.calls, key=lambda call: (call.due, call.number)):
        if not is_answered(call, stale_counts=stale_counts):
            since = call.due if since is None else since
        elif since is not None:
            longest, since = _longer(longest, Interval(since, call.ended)), None
    return longest if since is None else _longer(longest, Interval(since, run.ends))


def _longer(one: Interval, other: Interval) -> Interval:
    return other if other.ends - other.begins > one.ends - one.begins else one
