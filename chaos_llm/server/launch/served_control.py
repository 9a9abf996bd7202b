"""The hand of a test on one provider of a server: a lever that is pulled on the server's loop."""

from __future__ import annotations

from collections.abc import Callable

from chaos_llm.decisions.provider_control import Answers, Lever
from chaos_llm.faults.fault import Fault


class ServedLever:
    """Injects faults, heals, chooses answers; `pull` does something with the run's own lever."""

    def __init__(self, pull: Callable[[Callable[[Lever], object]], None]) -> None:
        self._pull = pull
        self._pull(lambda lever: lever)  # an unknown name is told here

    def inject(self, *faults: Fault, times: int | None = None) -> ServedLever:
        """Have these faults strike each request from now on, or the next `times` requests."""
        self._pull(lambda lever: lever.inject(*faults, times=times))
        return self

    def heal(self) -> ServedLever:
        """End what hits this provider now."""
        self._pull(lambda lever: lever.heal())
        return self

    def answers(self, answers: Answers) -> ServedLever:
        """Have the provider say this: a text, a Completion, a list of them, a file, a function."""
        self._pull(lambda lever: lever.answers(answers))
        return self
