"""A campaign: an app against many profiles and seeds."""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from chaos_llm.campaign import executors
from chaos_llm.campaign.app_factory import maker_of
from chaos_llm.campaign.case import Case
from chaos_llm.campaign.children import play_in_child
from chaos_llm.campaign.fingerprint import fingerprint
from chaos_llm.campaign.runner import OnRow, Runner
from chaos_llm.campaign.schedule import Schedule
from chaos_llm.campaign.store import Store
from chaos_llm.campaign.table import Table, by_profile, table
from chaos_llm.campaign.worker import Task
from chaos_llm.errors import UnknownName, UsageError
from chaos_llm.profiles import catalogue, loading, packs, to_toml
from chaos_llm.profiles.model import Profile


@dataclass(frozen=True)
class Campaign:
    """What is to be played: every profile at every seed. Options are those of `replay`.

    `until` ends a profile's seeds once the interval of its bad runs is that narrow, `budget` and
    `limit` are in real seconds: of the whole campaign, and of one run.
    """

    app: str
    profiles: Mapping[str, Profile]
    seeds: int = 20
    first_seed: int = 0
    options: Mapping[str, Any] = field(default_factory=dict)
    until: float | None = None
    budget: float | None = None
    limit: float = 600.0

    def run(
        self,
        folder: Path,
        *,
        resume: bool = False,
        workers: int | None = None,
        dask: Any = None,
        on_row: OnRow = lambda _row, _done, _all: None,
    ) -> Table:
        """Play it, and return the table of what is known at the end.

        Raises UsageError for an app that cannot be called, and for a folder with another campaign.
        """
        maker_of(self.app)
        expected = fingerprint(self.app)
        with Store(folder) as store, self._executor(workers, dask) as (executor, width):
            store.begin(self.about(expected), resume=resume)
            schedule = Schedule(list(self.profiles), self._seeds, list(store), self.until)
            runner = Runner(
                self.app,
                self.profiles,
                self.options,
                expected,
                executor,
                width,
                self.limit,
                self.budget,
                on_row,
            )
            runner.run(schedule, store)
            return result(store)

    def write_pages(self, found: Table, folder: Path) -> None:
        """Play the worst run of each profile again, and write its page into `folder`."""
        folder.mkdir(parents=True, exist_ok=True)
        with self._executor(None, None) as (executor, _):
            tasks = [
                Task(self.app, row.case, self.profiles[row.profile], self.options, limit=self.limit)
                for summary in found.profiles
                for row in summary.worst[:1]
            ]
            pages = [replace(task, page=str(folder / page_name(task.case))) for task in tasks]
            list(executor.map(play_in_child, pages))

    def about(self, expected: Mapping[str, str]) -> dict[str, Any]:
        """What another campaign must share with this one to be the same."""
        return {
            "app": self.app,
            "profiles": {name: to_toml(profile) for name, profile in self.profiles.items()},
            "seeds": [self.first_seed, self.seeds],
            "options": dict(self.options),
            "until": self.until,
            "versions": dict(expected),
        }

    @property
    def _seeds(self) -> Sequence[int]:
        return range(self.first_seed, self.first_seed + self.seeds)

    @staticmethod
    def _executor(workers: int | None, dask: Any) -> AbstractContextManager[Any]:
        if dask is not None:
            return executors.dask(dask)
        return executors.local(workers or executors.cores())


def page_name(case: Case) -> str:
    """The file of a run's page."""
    return f"{case.profile}-{case.seed}.html"


def result(store: Store) -> Table:
    """The table of what a folder holds."""
    about = store.about
    return table(about.get("app", ""), list(store), about.get("until"))


def unfinished(store: Store) -> int:
    """How many runs a folder lacks, without those that --until saves."""
    about = store.about
    rows = {name: len(of) for name, of in by_profile(store)}
    return sum(about["seeds"][1] - rows.get(name, 0) for name in about["profiles"])


def chosen(patterns: Sequence[str], rootdir: str | Path | None = None) -> dict[str, Profile]:
    """The profiles that are selected by name, by a pattern ("anthropic-*") or by "tag:5xx".

    A pack, "year-2026", selects its profiles. Raises UnknownName for a name, pattern or tag that
    selects none.
    """
    known = catalogue.names(rootdir)
    names: dict[str, None] = {}
    for pattern in patterns:
        if pattern.startswith("tag:"):
            found = list(catalogue.with_tag(pattern.removeprefix("tag:"), rootdir))
        elif Path(pattern).suffix == ".toml":
            found = [pattern]
        elif catalogue.year_of_pack(pattern, rootdir) != (None, None):
            found = [each.name for each in packs.expanded(pattern, rootdir)]
        else:
            found = fnmatch.filter(known, pattern)
        if not found:
            raise UnknownName("profile", pattern, known, all_by=catalogue.ALL_BY)
        names.update(dict.fromkeys(found))
    if not names:
        raise UsageError("a campaign needs profiles: --profiles tag:5xx,anthropic-*")
    loaded = [loading.load(name, rootdir=rootdir) for name in names]
    return {profile.name: profile for profile in sorted(loaded, key=lambda each: each.name)}


def drawn(count: int, seed: int = 0) -> dict[str, Profile]:
    """So many outages drawn by the strategies of `property_testing`; the same for one seed."""
    from hypothesis import HealthCheck, Phase, given, settings  # noqa: PLC0415 - heavy
    from hypothesis import seed as seeded  # noqa: PLC0415 - heavy

    from chaos_llm.property_testing.strategies import outages  # noqa: PLC0415 - heavy

    found: list[Profile] = []

    @seeded(seed)
    @settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(outages())
    def collect(profile: Profile) -> None:
        found.append(profile)

    collect()
    return {
        name: replace(profile, name=name)
        for name, profile in ((f"drawn-{n:04}", each) for n, each in enumerate(found))
    }
