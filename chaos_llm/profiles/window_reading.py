"""Read Windows from the [[window]] tables of a file: ranges, shares, faults and `extends`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Literal

from chaos_llm import durations
from chaos_llm.errors import ProfileError, UnknownName, UsageError
from chaos_llm.profiles import fault_mixes, targets, time_values, window_evidence
from chaos_llm.profiles.capacity import Capacity
from chaos_llm.profiles.evidence_grades import ASSUMED, FACTS
from chaos_llm.profiles.model import Flap, Share, Source, Target, WeightedFault, Window
from chaos_llm.profiles.profile_tables import ProfileTable
from chaos_llm.profiles.toml_document import TomlDocument
from chaos_llm.profiles.window_evidence import FactEvidence, OwnEvidence
from chaos_llm.profiles.window_tables import BoundTable, RangeTable, WindowTable, field_of

Path = tuple[str | int, ...]

_OPTIONAL = ("sticky_by", "sticky_for", "except", "capacity")
_INHERITED = ("on", "share", *_OPTIONAL)
_MOST_BURSTS = 1000  # of a window that flaps
_LONGEST_CHAIN = 50  # windows, each extending the next


@dataclass(frozen=True)
class WindowReading:
    """Makes the windows of one file."""

    document: TomlDocument
    table: ProfileTable
    sources: Mapping[str, Source]
    starts: datetime
    ends: float

    def windows(self) -> tuple[Window, ...]:
        """All windows in file order; raises ProfileError or UnknownName with file and line."""
        return tuple(self._window(number) for number in self._index.values())

    @cached_property
    def _index(self) -> Mapping[str, int]:
        index: dict[str, int] = {}
        for number, table in enumerate(self.table.window):
            if table.name in index:
                raise self._error(
                    (number, "name"), "two windows have this name; each needs its own"
                )
            index[table.name] = number
        return index

    def _window(self, number: int) -> Window:
        table = self.table.window[number]
        begins, ends = self._times(number, table)
        origin = {fact: self._origin(number, fact) for fact in _INHERITED}
        return Window(
            name=table.name,
            begins=begins,
            ends=ends,
            on=self._targets(origin["on"], "on"),
            share=self._share(origin["share"], number, begins[0], ends[1]),
            faults=self._faults(number),
            sticky_by=self.table.window[origin["sticky_by"]].sticky_by or "request",
            sticky_for=self._sticky_for(origin["sticky_for"]),
            evidence={} if table.evidence == ASSUMED else self._evidence(self._chain(number)),
            note=table.note,
            except_=self._targets(origin["except"], "except"),
            flap=self._flap(number, ends[1] - begins[0]),
            capacity=self._capacity(origin["capacity"]),
        )

    def _chain(self, number: int) -> list[int]:
        """The window, the window that it extends, and so on."""
        chain = [number]
        while (extended := self.table.window[chain[-1]].extends) is not None:
            if extended not in self._index:
                path = ("window", chain[-1], "extends")
                where = f"{self.document.where(*path)}: {self.document.label(path)}"
                raise UnknownName("window", extended, self._index, where=where)
            if len(chain) >= _LONGEST_CHAIN:
                problem = f"expected at most {_LONGEST_CHAIN} windows that extend each other"
                raise self._error((chain[-1], "extends"), problem)
            if self._index[extended] in chain:
                raise self._error(
                    (chain[-1], "extends"), "the windows extend each other in a cycle"
                )
            chain.append(self._index[extended])
        return chain

    def _origin(self, number: int, fact: str) -> int:
        """The window that has a fact: this one, or the nearest of those that it extends."""
        for each in self._chain(number):
            if getattr(self.table.window[each], field_of(fact)) is not None:
                return each
        if fact in _OPTIONAL:
            return number
        raise self._missing(number, fact)

    def _faults(self, number: int) -> tuple[WeightedFault, ...]:
        """The faults of this window, or of the nearest of those that it extends."""
        for each in self._chain(number):
            table = self.table.window[each]
            if table.faults is not None and table.network is not None:
                raise self._error((each, "network"), "a window has faults or a network, not both")
            if table.network is not None:
                return (
                    WeightedFault(1.0, fault_mixes.network(self.document, each, table.network)),
                )
            if table.faults is not None:
                return fault_mixes.weighted_faults(self.document, each, table.faults)
        raise self._missing(number, "faults")

    def _evidence(self, chain: list[int]) -> dict[str, FactEvidence]:
        number, *others = chain
        own = OwnEvidence(self.document, self.sources, self.table.window[number], number)
        found = own.checked()
        if others:
            found |= window_evidence.inherited(own, found, self._evidence(others))
        in_order = (*FACTS, *sorted(found.keys() - {*FACTS, "extends"}))
        return {fact: found[fact] for fact in in_order if fact in found}

    def _times(
        self, number: int, table: WindowTable
    ) -> tuple[tuple[float, float], tuple[float, float]]:
        begins = time_values.span(table.begins, self.starts)
        ends = time_values.span(table.until, self.starts)
        for key, (earliest, latest) in (("from", begins), ("until", ends)):
            if earliest > latest:
                raise self._error((number, key), "expected [earliest, latest], in this order")
        if begins[0] < 0:
            raise self._error(
                (number, "from"), "expected a time at or after the profile's `starts`"
            )
        if begins[1] > ends[0] or begins[0] >= ends[1]:
            raise self._error((number, "until"), "expected a time after `from`, at its latest")
        if ends[1] > self.ends:
            raise self._error(
                (number, "until"), "expected a time at or before the profile's `ends`"
            )
        return begins, ends

    def _targets(self, number: int, fact: Literal["on", "except"]) -> tuple[Target, ...]:
        tables = getattr(self.table.window[number], field_of(fact))
        return targets.targets(self.document, ("window", number, fact), tables, self.table.edge)

    def _sticky_for(self, number: int) -> float | None:
        sticky_for = self.table.window[number].sticky_for
        return None if sticky_for is None else self._over_zero((number, "sticky_for"), sticky_for)

    def _flap(self, number: int, length: float) -> Flap | None:
        table = self.table.window[number].flap
        if table is None:
            return None
        flap = Flap(
            self._over_zero((number, "flap", "down"), table.down),
            self._over_zero((number, "flap", "up"), table.up),
        )
        if length > _MOST_BURSTS * (flap.down + flap.up):
            raise self._error((number, "flap"), f"expected at most {_MOST_BURSTS} bursts")
        return flap

    def _capacity(self, number: int) -> Capacity | None:
        table = self.table.window[number].capacity
        if table is None:
            return None
        per = self._over_zero((number, "capacity", "per"), table.per)
        try:
            return Capacity(table.requests, table.times, per, table.collapses_at)
        except UsageError as mistake:
            raise self._error((number, "capacity"), str(mistake)) from None

    def _over_zero(self, path: Path, duration: durations.Duration) -> float:
        if not durations.seconds(duration):
            raise self._error(path, "expected a duration over 0")
        return durations.seconds(duration)

    def _share(self, origin: int, number: int, begins: float, ends: float) -> Share:
        match self.table.window[origin].share:
            case BoundTable(below=below):
                return Share(((0.0, below),), bound=True)
            case RangeTable(low=low, high=high):
                return self._range(origin, low, high)
            case [float() as low, float() as high]:
                return self._range(origin, low, high)
            case list() as line:
                points = tuple((time_values.point(at, self.starts), part) for at, part in line)
                return self._line(points, origin, number, begins, ends)
            case value:
                return Share.constant(float(value or 0))

    def _range(self, number: int, low: float, high: float) -> Share:
        if low > high:
            raise self._error(
                (number, "share"), f"expected [low, high], in this order; got {low}, {high}"
            )
        return Share(((0.0, low),), until=high)

    def _line(
        self,
        points: tuple[tuple[float, float], ...],
        origin: int,
        number: int,
        begins: float,
        ends: float,
    ) -> Share:
        times = [time for time, _ in points]
        if times != sorted(times):
            raise self._error(
                (origin, "share"), "expected a line's points in the order of their times"
            )
        # The points have times of the profile, so an inherited line may lie outside this window.
        if len(times) > 1 and (times[-1] <= begins or times[0] >= ends):
            raise self._error(
                (number,), "its share's line lies outside the window; give it its own share"
            )
        return Share(points)

    def _missing(self, number: int, fact: str) -> ProfileError:
        return self._error(
            (number,), f"{fact} is missing; give it here, or `extends` a window that has it"
        )

    def _error(self, path: Path, problem: str) -> ProfileError:
        return self.document.error(("window", *path), problem)
