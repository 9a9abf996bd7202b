"""No user waits longer than a deadline."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

from chaos_llm.analysis.call import Call
from chaos_llm.analysis.own_deadlines import GRACE, deadline_of_calls
from chaos_llm.analysis.run import Run
from chaos_llm.checks._attempts import OVERLONG, retry_after_of
from chaos_llm.checks._limits import calls
from chaos_llm.checks.check import Check, Finding
from chaos_llm.durations import Duration, describe, seconds
from chaos_llm.journal.journal import Exchange

_ROUNDING = 1e-6  # seconds; of the sums of times
_MAIN = 0.5  # share of a call's duration from which one wait is named as the cause
_MINUTE = 60.0  # seconds; the default deadline
_TIMER_TOLERANCE = 0.99  # share of a retry-after that counts as waiting for all of it


@dataclass(frozen=True, repr=False)
class NeverWaitsPast(Check):
    """No call takes longer than `deadline`, whether it is answered or not.

    The finding names a cause that takes up half of the call: a retry-after that was respected, a
    stream or a request that hung, a pause that the app made by itself, or several requests that add
    up. Choose a deadline that healthy calls can meet.
    """

    why: ClassVar[str] = (
        "a user who has to wait that long gives up, and blocks the users behind in the queue: "
        "an error in time is better than an answer too late"
    )
    deadline: Duration = "1m"

    def __post_init__(self) -> None:
        seconds(self.deadline)

    @classmethod
    def with_learned_deadline(cls, run: Run) -> NeverWaitsPast:
        """The check with the deadline that the app sets itself around each call.

        Without one: a minute, or twice the longest healthy call if that is longer.
        """
        own = deadline_of_calls(run)
        if own is not None:
            return cls(own)
        longest = max(map(_waited, run.evidence.healthy), default=0.0)
        return cls("1m" if longest * 2 <= _MINUTE else longest * 2)

    def __call__(self, run: Run) -> Finding:
        made = [call for call in run.calls if call.outcome != "missed"]
        if not made or not run.applied:
            return self.not_applicable("no fault was applied to a call")
        limit = seconds(self.deadline)
        is_own = limit == deadline_of_calls(run)
        late = [call for call in made if _waited(call) > limit + (GRACE if is_own else _ROUNDING)]
        worst = max(made, key=_waited)
        if not late:
            return self.passed(f"the longest call took {describe(_waited(worst))}")
        missed = sum(1 for call in run.calls if call.outcome == "missed")
        behind = f", and their users missed {calls(missed)} meanwhile" if missed else ""
        by = ", the app's own deadline" if is_own else ""
        seen = f"{calls(len(late))} took longer than {describe(limit)}{by}{behind}"
        longest = f"call {worst.number} took {describe(_waited(worst))}"
        return self.failed(f"{seen}; {longest}: {_cause(run, worst)}", worst.began)


def _waited(call: Call) -> float:
    return call.ended - call.began


def _cause(run: Run, call: Call) -> str:
    """The wait that took most of a call, or the number of its requests if none took half of it."""
    requests = sorted(run.evidence.of(call), key=lambda exchange: exchange.at)
    if not requests:
        return "it sent no request"
    until = min(call.ended, requests[-1].until)
    waits = [
        *((_duration(sent, call), _of_request(sent, call)) for sent in requests),
        *((after.at - sent.until, _of_pause(sent, after.at)) for sent, after in pairwise(requests)),
        (call.ended - until, _of_pause(requests[-1], call.ended)),
    ]
    longest, cause = max(waits, key=lambda wait: wait[0])
    if longest >= _MAIN * _waited(call):
        return cause
    return f"{len(requests)} requests, one after the other" if len(requests) > 1 else cause


def _duration(exchange: Exchange, call: Call) -> float:
    return (call.ended if exchange.end == "open" else exchange.until) - exchange.at


def _of_request(exchange: Exchange, call: Call) -> str:
    duration = describe(_duration(exchange, call))
    if exchange.status == 0:
        return f"{exchange.provider} sent nothing for {duration}{_by_whose_deadline(exchange)}"
    if exchange.stream and exchange.status == 200:
        return f"a stream of {exchange.provider} went on for {duration}"
    return f"a reply of {exchange.provider} took {duration}"


def _by_whose_deadline(exchange: Exchange) -> str:
    """Which limit of the app ended a request that got no reply."""
    if exchange.end == "timeout":
        return ", the client's time-out"
    own = exchange.app_deadline
    by_app = own is not None and abs(exchange.until - own.ends) <= _ROUNDING
    return ", until the app's own deadline" if by_app else ""


def _of_pause(exchange: Exchange, until: float) -> str:
    pause = until - exchange.until
    wait = retry_after_of(exchange)
    if wait is not None and pause >= _TIMER_TOLERANCE * wait:
        hint = f"a retry-after of {describe(wait)} from {exchange.provider}"
        if wait and pause >= OVERLONG * wait:
            return f"it waited {describe(pause)}, {round(pause / wait)} times {hint}"
        return f"it waited for {hint}"
    return f"it waited {describe(pause)} without a request"
