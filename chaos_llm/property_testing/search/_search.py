"""Draw outages until one breaks the app, then make it shorter as long as it still does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import count

from hypothesis import HealthCheck, Phase, find, settings
from hypothesis.errors import NoSuchExample
from hypothesis.strategies import SearchStrategy

from chaos_llm.errors import Deadlock, HorizonReached, UsageError
from chaos_llm.outage_context import Outage
from chaos_llm.profiles.model import Profile
from chaos_llm.property_testing.search._app import App
from chaos_llm.property_testing.search._claim import Claim
from chaos_llm.protocol.keyed_random import stream
from chaos_llm.reports.report import Report
from chaos_llm.virtual_time import real_monotonic

_A_ROUND = 100  # examples; Hypothesis begins anew in each, with another seed


@dataclass
class Search:
    """One search; `budget` is in real seconds, and shrinking is cut short where it runs out."""

    app: App
    claims: Sequence[Claim]
    outages: SearchStrategy[Profile]
    budget: float
    seed: int = 0
    calls: int = 40
    progress: Callable[[str, float], None] = lambda _name, _share: None
    tried: int = 0
    _began: float = 0.0
    _known: dict[str, bool] = field(default_factory=dict)

    def shortest(self) -> Profile | None:
        """The shortest outage that was found to break a claim; None where all of them held."""
        self._began = real_monotonic()
        for round_ in count():
            if self._is_over:
                return None
            try:
                found = find(
                    self.outages,
                    self._breaks,
                    settings=_settings(),
                    random=stream(self.seed + round_),
                )
            except NoSuchExample:
                continue
            return replace(found, name=f"breaks-{self.app.word.replace('_', '-')}")
        raise AssertionError  # for mypy: counting never ends

    def require_health(self, providers: Sequence[str]) -> None:
        """Raise UsageError where there is no need of an outage, or no use in one.

        That is where a claim does not hold on a healthy day, and where none of these providers,
        which are those that may fail, is asked anything.
        """
        report = self.play(None)[1]
        broken = self.broken(report)
        if broken:
            errors = [] if report is None else [call.error for call in report.run.calls]
            said = next((f" ({error.name}: {error})" for error in errors if error), "")
            claims = "; ".join(claim.code for claim in broken)
            raise UsageError(
                f"{self.app.written} needs no outage to break; "
                f"on a healthy day this does not hold: {claims}{said}"
            )
        asked = () if report is None else report.run.providers
        if not set(asked) & set(providers):
            raise UsageError(
                f"on a healthy day {self.app.written} asks {' and '.join(asked) or 'no provider'}: "
                f"an outage of {' and '.join(providers)} is nothing to it; --provider names another"
            )

    def play(self, profile: Profile | None) -> tuple[Outage, Report | None]:
        """Play one outage; there is no report where the app never came to an end."""
        outage = Outage(profile)
        try:
            with outage as chaos:
                return outage, chaos.replay(self.app.fresh(), calls=self.calls)
        except (HorizonReached, Deadlock):
            return outage, None

    def broken(self, report: Report | None) -> list[Claim]:
        """The claims that did not hold; all of them where the app never came to an end."""
        return [claim for claim in self.claims if report is None or not claim.holds(report)]

    @property
    def _is_over(self) -> bool:
        return real_monotonic() - self._began >= self.budget

    def _breaks(self, profile: Profile) -> bool:
        """Whether an outage breaks a claim; what was tried once is known for good.

        So an app that keeps something from one outage to the next cannot contradict itself.
        """
        key = repr(profile)
        if key not in self._known:
            if self._is_over:
                return False
            self.progress("searching", min(1.0, (real_monotonic() - self._began) / self.budget))
            self.tried += 1
            self._known[key] = bool(self.broken(self.play(profile)[1]))
        return self._known[key]


def _settings() -> settings:
    return settings(
        max_examples=_A_ROUND,
        database=None,
        deadline=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
