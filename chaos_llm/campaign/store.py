"""The results of a campaign in an SQLite file, written as they come."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Self

from chaos_llm.campaign.case import Case, Row
from chaos_llm.campaign.worker import Task
from chaos_llm.errors import UnknownName, UsageError
from chaos_llm.profiles import loads

FILE = "campaign.sqlite"
_SCHEMA = """
CREATE TABLE IF NOT EXISTS about (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS runs (
    profile TEXT NOT NULL, seed INTEGER NOT NULL, row TEXT NOT NULL, PRIMARY KEY (profile, seed)
);
"""


class Store:
    """One campaign's folder. Only the process that began the campaign writes to it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._database = sqlite3.connect(folder / FILE)
        self._database.executescript("PRAGMA journal_mode = WAL;" + _SCHEMA)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._database.close()

    @classmethod
    def existing(cls, folder: Path) -> Store:
        """The store of a campaign that was begun; raises UsageError if there is none."""
        if not (folder / FILE).is_file():
            raise UsageError(
                f"there is no campaign in {folder}; `chaos-llm campaign --out` makes one"
            )
        return cls(folder)

    @property
    def about(self) -> dict[str, Any]:
        """What identifies the campaign; empty for a new one."""
        rows = self._database.execute("SELECT name, value FROM about")
        return {name: json.loads(value) for name, value in rows}

    def begin(self, about: Mapping[str, Any], *, resume: bool) -> None:
        """Claim the folder for a campaign, or go on with the same one.

        Raises UsageError where the folder holds runs and `resume` is not given, or where they are
        of another campaign.
        """
        found = self.about
        if found and not resume and len(self):
            raise UsageError(
                f"{self.folder} holds a campaign; go on with it by --resume, or give another --out"
            )
        wanted = json.loads(json.dumps(about))
        different = [name for name in wanted if found and found.get(name) != wanted[name]]
        if different and len(self):
            raise UsageError(
                f"{self.folder} holds a campaign that differs in {' and '.join(different)}; "
                "give another --out"
            )
        values = [(name, json.dumps(value)) for name, value in wanted.items()]
        with self._database:
            self._database.executemany("INSERT OR REPLACE INTO about VALUES (?, ?)", values)

    def refuse_other_conditions(self, other: Store) -> None:
        """Raise UsageError where two campaigns differ in more than the app and its versions."""
        mine, theirs = self.about, other.about
        options, others = mine.get("options", {}), theirs.get("options", {})
        different = sorted(n for n in options | others if options.get(n) != others.get(n))
        if different:
            raise UsageError(
                f"{self.folder} and {other.folder} differ in {', '.join(different)}: campaigns "
                "are compared that were played with the same options"
            )
        profiles, others = mine.get("profiles", {}), theirs.get("profiles", {})
        changed = sorted(n for n in profiles.keys() & others.keys() if profiles[n] != others[n])
        if changed:
            raise UsageError(
                f"{self.folder} and {other.folder} have other profiles of the name "
                f"{', '.join(changed)}: play both with the same"
            )

    def task(self, case: Case) -> Task:
        """The task of one run; raises UnknownName for a profile that the campaign has not."""
        about = self.about
        profiles = about["profiles"]
        if case.profile not in profiles:
            raise UnknownName("profile", case.profile, profiles)
        profile = loads(profiles[case.profile], name=case.profile)
        return Task(about["app"], case, profile, about["options"])

    def add(self, row: Row) -> None:
        """Keep a run's result; it is on the disk when this returns."""
        record = json.dumps(row.to_record())
        with self._database:
            self._database.execute(
                "INSERT OR REPLACE INTO runs VALUES (?, ?, ?)", (row.profile, row.seed, record)
            )

    def done(self) -> set[Case]:
        """The runs that need not be played again."""
        return {Case(*pair) for pair in self._database.execute("SELECT profile, seed FROM runs")}

    def __len__(self) -> int:
        return int(self._database.execute("SELECT count(*) FROM runs").fetchone()[0])

    def __iter__(self) -> Iterator[Row]:
        """All rows by profile and seed, whatever the order in which they came."""
        for (text,) in self._database.execute("SELECT row FROM runs ORDER BY profile, seed"):
            yield Row.from_record(json.loads(text))
