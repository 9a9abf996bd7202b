"""No request is begun after the app has given up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from chaos_llm.analysis.run import Run
from chaos_llm.checks._limits import calls, counted
from chaos_llm.checks.check import Check, Finding
from chaos_llm.durations import describe


@dataclass(frozen=True, repr=False)
class RespectsCancellation(Check):
    """No request is begun by a task that is being cancelled, or after the app's own deadline.

    The deadlines of `asyncio.timeout`, `asyncio.wait_for`, `anyio.fail_after`, `move_on_after` and
    trio's are seen, because they cancel the task. An app that swallows that (`except
    BaseException`, a bare `except`) and asks again works for nobody. Not applicable if no task that
    had sent a request was cancelled.
    """

    why: ClassVar[str] = (
        "a task that goes on after its cancellation keeps its user waiting past the deadline, pays "
        "for answers that nobody reads, and cannot be shut down"
    )

    def __call__(self, run: Run) -> Finding:
        late = [exchange for exchange in run.api if exchange.began_cancelled]
        if late:
            first = late[0]
            among = {exchange.call for exchange in late if exchange.call >= 0}
            where = f" in {calls(len(among))}" if among else " in the background"
            seen = f"{counted(len(late), 'request')}{where} began after the app had cancelled them"
            first_call = f", first in call {first.call}" if first.call >= 0 else ""
            waited = describe(first.at - _began(run, first.call))
            seen += f"{first_call} to {first.provider}, {waited} after it began" if among else ""
            return self.failed(seen, first.at)
        left = [e for e in run.api if e.end == "abandoned" and not e.ok]
        if not left:
            return self.not_applicable("no request was cancelled")
        return self.passed(f"no request began after {counted(len(left), 'request')} was cancelled")


def _began(run: Run, number: int) -> float:
    return next((call.began for call in run.calls if call.number == number), run.begins)
