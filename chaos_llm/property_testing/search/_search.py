"""Draw outages until one breaks the app, then shrink it as long as it still does."""

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
from chaos_llm.property_testing.search._claim import Claim
from chaos_llm.protocol.keyed_random import stream
from chaos_llm.replay.named_app import App
from chaos_llm.reports.report import Report
from chaos_llm.virtual_time import real_monotonic

_EXAMPLES_PER_ROUND = 100  # each round is a new Hypothesis search with another seed


@dataclass
class Search:
    """One search. `budget` is in real seconds; when it runs out, shrinking stops as well."""

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
        """The shortest outage found that breaks a claim; None if the budget ends without one."""
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
        raise AssertionError  # count() never ends, which mypy does not know

    def require_health(self, providers: Sequence[str]) -> None:
        """Raise UsageError if a search makes no sense.

        That is so if a claim fails although all providers are healthy, or if the app sends no
        request to any of `providers`, the ones that may fail.
        """
        report = self.replay(None)[1]
        broken = self.broken(report)
        if broken:
            errors = [] if report is None else [call.error for call in report.run.calls]
            error_text = next((f" ({error.name}: {error})" for error in errors if error), "")
            claims = "; ".join(claim.code for claim in broken)
            raise UsageError(
                f"{self.app.written} breaks without an outage; "
                f"with healthy providers this does not hold: {claims}{error_text}"
            )
        called = () if report is None else report.run.providers
        if not set(called) & set(providers):
            raise UsageError(
                f"{self.app.written} calls {' and '.join(called) or 'no provider'}: an outage of "
                f"{' and '.join(providers)} does not affect it; give another --provider"
            )

    def replay(self, profile: Profile | None) -> tuple[Outage, Report | None]:
        """Replay the app in one outage; there is no report if the app never returns."""
        outage = Outage(profile)
        try:
            with outage as chaos:
                return outage, chaos.replay(self.app.fresh(), calls=self.calls)
        except (HorizonReached, Deadlock):
            return outage, None

    def broken(self, report: Report | None) -> list[Claim]:
        """The claims that did not hold; all of them if the app never returned."""
        return [claim for claim in self.claims if report is None or not claim.holds(report)]

    @property
    def _is_over(self) -> bool:
        return real_monotonic() - self._began >= self.budget

    def _breaks(self, profile: Profile) -> bool:
        """Whether an outage breaks a claim; each outage is tried once and its result kept.

        Hypothesis reports an error where an example fails once and passes later. An app that
        keeps state from one outage to the next would cause that.
        """
        key = repr(profile)
        if key not in self._known:
            if self._is_over:
                return False
            self.progress("searching", min(1.0, (real_monotonic() - self._began) / self.budget))
            self.tried += 1
            self._known[key] = bool(self.broken(self.replay(profile)[1]))
        return self._known[key]


def _settings() -> settings:
    return settings(
        max_examples=_EXAMPLES_PER_ROUND,
        database=None,
        deadline=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
