"""A healthy fallback accepts the requests that it is sent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from chaos_llm.analysis.failovers import Failovers
from chaos_llm.analysis.refused_requests import refused_requests
from chaos_llm.analysis.run import Run
from chaos_llm.checks._limits import calls, counted
from chaos_llm.checks.check import Check, Finding, known_provider


@dataclass(frozen=True, repr=False)
class FallbackIsAccepted(Check):
    """No healthy fallback refuses a request because its real API does not accept that form.

    A request in the first vendor's form (roles, tools, fields, limits) that is sent to another one
    is refused in that vendor's words. `to` restricts the check to one provider. Not applicable if
    no fallback request was sent, not judged if none of them reached a healthy provider.
    """

    why: ClassVar[str] = (
        "a fallback that refuses every request is found out on the day of the outage, when it is "
        "needed"
    )
    to: str = ""

    def __post_init__(self) -> None:
        if self.to:
            known_provider(self.to)

    def __call__(self, run: Run) -> Finding:
        failovers = Failovers(run)
        fallbacks = [each.fallback for each in failovers.failures if each.fallback is not None]
        sent = [fallback for fallback in fallbacks if self.to in ("", fallback.provider)]
        for refused in refused_requests(run, failovers):
            if refused.is_fallback and self.to in ("", refused.provider):
                first, number = refused.exchanges[0], len({e.call for e in refused.exchanges})
                seen = f"{refused.sentence} ({first.error_message!r}), in {calls(number)}"
                return self.failed(seen, first.at)
        if not sent:
            return self.not_applicable("no fallback request was sent")
        accepted = [exchange for exchange in sent if exchange.ok]
        if not accepted:
            seen = f"{counted(len(sent), 'fallback request')} met a provider that failed, too"
            return self.not_judged(seen)
        names = ", ".join(sorted({exchange.provider for exchange in accepted}))
        return self.passed(f"{names} accepted {counted(len(accepted), 'fallback request')}")
