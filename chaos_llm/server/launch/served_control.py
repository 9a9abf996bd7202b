"""The hand of a test on one provider of a server: a lever that is pulled on the server's loop."""

from __future__ import annotations

from collections.abc import Callable

from chaos_llm.decisions.provider_control import Answers, ProviderControl
from chaos_llm.faults.fault import Fault


class ServedControl:
    """Injects faults, heals, chooses answers; `pull` does something with the run's own lever."""

    def __init__(self, pull: Callable[[Callable[[ProviderControl], object]], None]) -> None:
        self._pull = pull
        self._pull(lambda control: control)  # an unknown name is told here

    def inject(self, *faults: Fault, times: int | None = None) -> ServedControl:
        """Have these faults strike each request from now on, or the next `times` requests."""
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
