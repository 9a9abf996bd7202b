"""The hand of a test on one provider of a server: a lever that is pulled on the server's loop."""

from __future__ import annotations

from collections.abc import Callable
from typing import Never

from chaos_llm.decisions.provider_control import Answers, ProviderControl
from chaos_llm.durations import Duration
from chaos_llm.faults.fault import Fault


class ServedControl:
    """Injects faults, heals, chooses answers; `pull` does something with the run's own lever."""

    def __init__(self, pull: Callable[[Callable[[ProviderControl], object]], None]) -> None:
        self._pull = pull
        self._pull(lambda control: control)  # an unknown name is told here

    def inject(
        self,
        *faults: Fault,
        share: float = 1.0,
        for_: Duration | None = None,
        times: int | None = None,
        **unknown: Never,
    ) -> ServedControl:
        """Inject these faults into each request from now on, as `ProviderControl.inject` does."""
        self._pull(
            lambda control: control.inject(*faults, share=share, for_=for_, times=times, **unknown)
        )
        return self

    def heal(self) -> ServedControl:
        """End what hits this provider now."""
        self._pull(lambda control: control.heal())
        return self

    def answers(self, answers: Answers) -> ServedControl:
        """Have the provider say this, as `ProviderControl.answers` does."""
        self._pull(lambda control: control.answers(answers))
        return self
