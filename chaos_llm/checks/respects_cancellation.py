"""No request is begun after the app has given up, and the app gives up when it says so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from chaos_llm.analysis.call import Call
from chaos_llm.analysis.own_deadlines import left_behind, overruns
from chaos_llm.analysis.run import Run
from chaos_llm.checks._limits import calls, counted
from chaos_llm.checks.check import Check, Finding
from chaos_llm.durations import describe
from chaos_llm.journal.journal import Exchange
from chaos_llm.requests.app_deadlines import AppDeadline


@dataclass(frozen=True, repr=False)
class RespectsCancellation(Check):
    """No request is begun by cancelled work, or after the app's own deadline, which it keeps.

    The deadlines of `asyncio.timeout`, `asyncio.wait_for`, `anyio.fail_after`, `move_on_after` and
    trio's are seen, futures of thread pools that are cancelled while they run, and waits with a
    time-out (`future.result`, `Executor.map`, `wait` and `as_completed`). An app that swallows its
    cancellation (`except BaseException`, a bare `except`) and asks again works for nobody; so does
    a thread that retries behind a `wait_for`. A sync client in async code lets no deadline pass in
    time. An app that is still at work a second after its deadline fails. Not judged if requests are
    begun by work that the app has only stopped waiting for (`asyncio.wait`, `asyncio.shield`, a
    pool's thread), since it may want their answers later. Not applicable if no request was
    cancelled.
    """

    why: ClassVar[str] = (
        "a task that goes on after its cancellation keeps its user waiting past the deadline, pays "
        "for answers that nobody reads, and cannot be shut down"
    )

    def __call__(self, run: Run) -> Finding:
        late = [exchange for exchange in run.api if exchange.began_cancelled]
        if late:
            return self._begun_too_late(run, late)
        overrun = overruns(run)
        if overrun:
            worst, call = max(overrun, key=lambda each: each[0].overrun)
            where = f"call {call}" if call >= 0 else "a task in the background"
            seen = f"{where} went on for {describe(worst.overrun)} after the app's own deadline of"
            in_all = f" ({counted(len(overrun), 'deadline')} overrun)" if len(overrun) > 1 else ""
            return self.failed(f"{seen} {describe(worst.seconds)}{in_all}", worst.ends)
        if behind := left_behind(run):
            return self._left_behind(behind)
        left = [e for e in run.api if e.end == "abandoned" and not e.ok]
        if not left:
            return self.not_applicable("no request was cancelled")
        return self.passed(f"no request began after {counted(len(left), 'request')} had been left")

    def _left_behind(self, behind: list[tuple[Exchange, AppDeadline, Call]]) -> Finding:
        first, deadline, call = behind[0]
        return self.not_judged(
            f"{counted(len(behind), 'request')} of {calls(len({c.number for _, _, c in behind}))} "
            f"began after the app had waited for {describe(deadline.seconds)} and returned without "
            f"an answer, the first to {first.provider} {describe(first.at - call.began)} after "
            f"call {call.number} had begun; from outside it is not known whether anybody still "
            "wants these answers: if nobody does, cancel the work"
        )

    def _begun_too_late(self, run: Run, late: list[Exchange]) -> Finding:
        first = late[0]
        among = {exchange.call for exchange in late if exchange.call >= 0}
        where = f" in {calls(len(among))}" if among else " in the background"
        deadline = first.app_deadline
        after = "after the app had cancelled them"
        if deadline is not None and first.at >= deadline.ends:
            after = f"after the app's own deadline of {describe(deadline.seconds)}"
        seen = f"{counted(len(late), 'request')}{where} began {after}, the first to"
        if first.call < 0:
            return self.failed(f"{seen} {first.provider}", first.at)
        waited = describe(first.at - _began(run, first.call))
        place = f"{first.provider} in call {first.call}, {waited} after it began"
        return self.failed(f"{seen} {place}", first.at)


def _began(run: Run, number: int) -> float:
    return next((call.began for call in run.calls if call.number == number), run.begins)
