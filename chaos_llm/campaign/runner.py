"""Play the cases of a campaign on an executor, and keep each row as it comes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from dataclasses import dataclass, field
from typing import Any

from chaos_llm.campaign.case import Case, Row
from chaos_llm.campaign.children import play_in_child
from chaos_llm.campaign.fingerprint import Fingerprint
from chaos_llm.campaign.schedule import Schedule
from chaos_llm.campaign.store import Store
from chaos_llm.campaign.worker import Task
from chaos_llm.errors import ChaosError
from chaos_llm.profiles.model import Profile
from chaos_llm.virtual_time import real_monotonic

_AHEAD = 2  # tasks submitted for each worker, so that none waits for the next
_ATTEMPTS = 2  # of a run whose worker is lost
_LOOK = 1.0  # real seconds between two looks at the budget

OnRow = Callable[[Row, int, int], None]  # a row, how many are done, how many there may be


@dataclass
class Runner:
    """Submits cases to `executor` and collects rows; `budget` is in real seconds."""

    app: str
    profiles: Mapping[str, Profile]
    options: Mapping[str, Any]
    expected: Fingerprint
    executor: Executor
    workers: int
    limit: float = 600.0
    budget: float | None = None
    on_row: OnRow = lambda _row, _done, _all: None
    _attempts: dict[Case, int] = field(default_factory=dict)

    def run(self, schedule: Schedule, store: Store) -> bool:
        """Play what is scheduled, and return whether all of it was; Ctrl-C ends it early."""
        began, cases = real_monotonic(), iter(schedule)
        flying: dict[Future[Row], Case] = {}
        try:
            while True:
                if self._has_time(began):
                    self._fill(flying, cases)
                if not flying:
                    return self._has_time(began)
                ended, _ = wait(flying, timeout=_LOOK, return_when=FIRST_COMPLETED)
                for future in ended:
                    self._take(future, flying, schedule, store)
        except BaseException:
            for future in flying:
                future.cancel()
            raise

    def _has_time(self, began: float) -> bool:
        return self.budget is None or real_monotonic() - began < self.budget

    def _fill(self, flying: dict[Future[Row], Case], cases: Iterator[Case]) -> None:
        while len(flying) < _AHEAD * self.workers:
            case = next(cases, None)
            if case is None:
                return
            self._submit(case, flying)

    def _submit(self, case: Case, flying: dict[Future[Row], Case]) -> None:
        self._attempts[case] = self._attempts.get(case, 0) + 1
        profile = self.profiles[case.profile]
        task = Task(self.app, case, profile, self.options, self.expected, self.limit)
        flying[self.executor.submit(play_in_child, task)] = case

    def _take(
        self,
        future: Future[Row],
        flying: dict[Future[Row], Case],
        schedule: Schedule,
        store: Store,
    ) -> None:
        case = flying.pop(future)
        try:
            row = future.result()
        except ChaosError:
            raise  # a worker that is set up differently: every other run would fail, too
        except Exception as error:  # each executor has its own error for a lost worker
            if self._attempts[case] < _ATTEMPTS:
                self._submit(case, flying)
                return
            text = f"{type(error).__name__}: {error}"[:500]
            row = Row(case.profile, case.seed, "lost", error=text)
        self._attempts.pop(case)
        store.add(row)
        schedule.add(row)
        done = len(store)
        self.on_row(row, done, done + len(flying) + schedule.left)
