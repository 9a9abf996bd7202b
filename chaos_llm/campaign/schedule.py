"""Which run comes next."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from chaos_llm.campaign.case import Case, Row
from chaos_llm.campaign.table import FEWEST, is_enough


class Schedule:
    """The cases that are still to be played, the most informative first.

    Each profile is seen once before any is seen twice, so a campaign that is cut short has looked
    at all. Then the profile whose interval is widest comes next. With `until`, the seeds of a
    profile end once its interval of bad runs is that narrow.
    """

    def __init__(
        self,
        profiles: Sequence[str],
        seeds: Sequence[int],
        known: Sequence[Row] = (),
        until: float | None = None,
    ) -> None:
        self._seeds, self._until = seeds, until
        self._rows: dict[str, dict[int, Row]] = {name: {} for name in profiles}
        self._bad = dict.fromkeys(profiles, 0)  # of those rows
        self._next = dict.fromkeys(profiles, 0)
        self._narrow: set[str] = set()  # profiles whose interval is narrow enough
        for row in known:
            if row.profile in self._rows:
                self.add(row)

    def __iter__(self) -> Iterator[Case]:
        """Cases without a row; rows that come in meanwhile are taken into account."""
        while (profile := self._most_informative()) is not None:
            seed = self._seeds[self._next[profile]]
            self._next[profile] += 1
            if seed not in self._rows[profile]:
                yield Case(profile, seed)

    def add(self, row: Row) -> None:
        """Learn what a run showed."""
        rows = self._rows[row.profile]
        self._bad[row.profile] += row.is_bad and row.seed not in rows
        rows[row.seed] = row
        if self._until is not None and len(rows) % FEWEST == 0:
            in_order = [each for _, each in sorted(rows.items())]
            if is_enough(in_order, self._until):
                self._narrow.add(row.profile)

    @property
    def left(self) -> int:
        """How many cases may still come, at most."""
        return sum(len(self._seeds) - begun for begun in self._next.values())

    def _most_informative(self) -> str | None:
        open_ = [name for name in self._rows if self._is_open(name)]
        return min(open_, key=lambda name: (self._round(name), -self._width(name)), default=None)

    def _is_open(self, profile: str) -> bool:
        return profile not in self._narrow and self._next[profile] < len(self._seeds)

    def _round(self, profile: str) -> int:
        """Seeds come in steps, so that profiles do not take turns run by run for ever."""
        begun = self._next[profile]
        return begun if begun < 2 else begun // FEWEST + 2

    def _width(self, profile: str) -> float:
        """How little is known: the spread of what its runs showed so far."""
        runs, bad = len(self._rows[profile]), self._bad[profile]
        return min(bad, runs - bad) / max(1, runs)
