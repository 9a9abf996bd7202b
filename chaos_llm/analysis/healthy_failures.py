"""Calls that failed although every provider that they asked was healthy."""

from __future__ import annotations

from dataclasses import dataclass

from chaos_llm.analysis.call import Call
from chaos_llm.analysis.run import Run


@dataclass(frozen=True)
class HealthyFailures:
    """The calls of a run that raised although no fault was applied to any of their requests.

    `of` is how many calls met no fault at all, before the first fault of the run.
    """

    calls: tuple[Call, ...]
    of: int

    @property
    def sentence(self) -> str:
        """What failed, in words; with the class and the message of the first exception."""
        first = self.calls[0]
        count = len(self.calls)
        many = f"all {count} calls" if count == self.of > 1 else f"{count} of {self.of} calls"
        message = f": {first.error.text}" if first.error is not None and first.error.text else ""
        name = first.error.name if first.error is not None else "no exception"
        return f"{many} failed on a healthy provider, the first with {name}{message}"


def healthy_failures(run: Run) -> HealthyFailures | None:
    """The calls that raised before the first fault was applied; None if there are none.

    Such a failure is the app's own: a mistake of its code, an endpoint that is not simulated, or a
    request that the real API would refuse. Failures in the outage may follow from it.
    """
    first = min((e.at for e in run.exchanges if e.applied), default=float("inf"))
    made = (call for call in run.calls if call.outcome != "missed" and call.ended <= first)
    before = [call for call in made if not any(e.applied for e in run.evidence.of(call))]
    failed = tuple(call for call in before if call.error is not None)
    return HealthyFailures(failed, len(before)) if failed else None
