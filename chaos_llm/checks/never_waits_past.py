"""No user waits longer than a deadline."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

from chaos_llm.analysis.call import Call
from chaos_llm.analysis.run import Run
from chaos_llm.checks._attempts import retry_after_of
from chaos_llm.checks.check import Check, Finding
from chaos_llm.durations import Duration, describe, seconds
from chaos_llm.journal.journal import Exchange

_ROUNDING = 1e-6
_MAIN = 0.5  # share of a wait that is its cause
_MINUTE = 60.0


@dataclass(frozen=True, repr=False)
class NeverWaitsPast(Check):
    """No call keeps its user waiting longer than `deadline`, whatever comes of it.

    The finding names the cause where one takes up half of the wait: a retry-after that was obeyed,
    a stream or a request that hung, a pause of the app's own, or tries that add up. What takes that
    long on a healthy day has to be allowed for in the deadline.
    """

    why: ClassVar[str] = (
        "a user who waits for so long is gone, and so is whoever is next in the queue: "
        "an error in time is better than an answer too late"
    )
    deadline: Duration = "1m"

    def __post_init__(self) -> None:
        seconds(self.deadline)

    @classmethod
    def with_learned_deadline(cls, run: Run) -> NeverWaitsPast:
        """The claim without configuration: a minute, or twice the longest healthy call."""
        longest = max(map(_waited, run.evidence.healthy), default=0.0)
        return cls("1m" if longest * 2 <= _MINUTE else longest * 2)

    def __call__(self, run: Run) -> Finding:
        made = [call for call in run.calls if call.outcome != "missed"]
        if not made or not run.applied:
            return self.not_applicable("no fault struck a call")
        late = [call for call in made if _waited(call) > seconds(self.deadline) + _ROUNDING]
        worst = max(made, key=_waited)
        if not late:
            return self.passed(f"the longest call took {describe(_waited(worst))}")
        calls = "one call" if len(late) == 1 else f"{len(late)} calls"
        missed = sum(1 for call in run.calls if call.outcome == "missed")
        behind = f", and {missed} more were missed meanwhile" if missed else ""
        seen = f"{calls} took longer{behind}; call {worst.number} {describe(_waited(worst))}"
        return self.failed(f"{seen}: {_cause(run, worst)}", worst.began)


def _waited(call: Call) -> float:
    return call.ended - call.began


def _cause(run: Run, call: Call) -> str:
    """What took up most of a call; several tries where nothing alone did."""
    asked = sorted(run.evidence.of(call), key=lambda exchange: exchange.at)
    if not asked:
        return "it asked nobody"
    until = min(call.ended, asked[-1].until)
    waits = [
        *((_lasted(made, call), _of_request(made, call)) for made in asked),
        *((after.at - made.until, _of_pause(made, after.at)) for made, after in pairwise(asked)),
        (call.ended - until, _of_pause(asked[-1], call.ended)),
    ]
    longest, cause = max(waits, key=lambda wait: wait[0])
    if longest >= _MAIN * _waited(call):
        return cause
    return f"{len(asked)} requests, one after the other" if len(asked) > 1 else cause


def _lasted(made: Exchange, call: Call) -> float:
    return (call.ended if made.end == "open" else made.until) - made.at


def _of_request(made: Exchange, call: Call) -> str:
    lasted = describe(_lasted(made, call))
    if made.status == 0:
        return f"{made.provider} sent nothing for {lasted}"
    if made.stream and made.status == 200:
        return f"a stream of {made.provider} went on for {lasted}"
    return f"a reply of {made.provider} took {lasted}"


def _of_pause(made: Exchange, until: float) -> str:
    pause = until - made.until
    told = retry_after_of(made)
    if told is not None and pause >= 0.99 * told:
        return f"it obeyed a retry-after of {describe(told)} from {made.provider}"
    return f"it waited {describe(pause)} without asking anybody"
