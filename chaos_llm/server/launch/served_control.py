"""Control of one provider of a server by a test: each call runs on the server's loop."""

from __future__ import annotations

from collections.abc import Callable

from chaos_llm.decisions.provider_control import Answers, ProviderControl
from chaos_llm.faults.fault import Fault


class ServedControl:
    """Injects faults, heals, chooses answers; `pull` calls a method of the run's own control."""

    def __init__(self, pull: Callable[[Callable[[ProviderControl], object]], None]) -> None:
        self._pull = pull
        self._pull(lambda control: control)  # an unknown name is an error here

    def inject(self, *faults: Fault, times: int | None = None) -> ServedControl:
        """Apply these faults to each request from now on, or to the next `times` requests."""
        self._pull(lambda control: control.inject(*faults, times=times))
        return self

    def heal(self) -> ServedControl:
        """End what hits this provider now."""
        self._pull(lambda control: control.heal())
        return self

    def answers(self, answers: Answers) -> ServedControl:
        """Have the provider say this: a text, a Completion, a list of them, a file, a function."""
        self._pull(lambda control: control.answers(answers))
        return self
