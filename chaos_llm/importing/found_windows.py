"""Windows of failures in the calls of one group: found, merged where alike, split where not."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from chaos_llm.importing import change_points, stickiness
from chaos_llm.importing.call_series import Group
from chaos_llm.importing.intervals import Z997, chi_square, exceeds, wilson
from chaos_llm.importing.stickiness import Stickiness

# A share whose interval reaches down to this is no outage; a smaller one is, if many calls say so.
_HEALTHY, _SURELY_HEALTHY, _MANY_FAILURES = 0.02, 0.005, 20
_LEAST_FAILURES = 3  # of a window
# Standard errors up to which two shares are alike (99.95 %, one-sided): the edge between them was
# chosen because they differ there.
_ALIKE = 3.3
_MODELS_DIFFER = 3.7  # the same for models: their windows differ (99.99 %)
_LEAST_CALLS = 12  # of a model that is compared with the others


@dataclass(frozen=True)
class FoundWindow:
    """A window in which calls failed; times are seconds since 1970, (earliest, latest).

    `counts` has the calls by number of their kind of failure, 0 for healthy ones. Empty `models`
    stand for all models of the group. `widest` is how many calls are between the earliest beginning
    and the latest end.
    """

    provider: str
    surface: str
    models: tuple[str, ...]
    begins: tuple[float, float]
    ends: tuple[float, float]
    counts: tuple[tuple[int, int], ...]
    sticky: Stickiness | None = None
    sticky_by: str = ""
    widest: int = 0

    @property
    def calls(self) -> int:
        return sum(count for _, count in self.counts)

    @property
    def failures(self) -> int:
        return sum(count for kind, count in self.counts if kind)

    @property
    def share(self) -> float:
        """The share of failures between the middles of uncertain edges.

        Between the most likely edges it would be too high: a window begins and ends with failures.
        """
        return self.failures / max(self.calls, (self.calls + self.widest) / 2)

    @property
    def interval(self) -> tuple[float, float]:
        """The 99.7 % interval of the share; calls of one client do not count as independent."""
        spread = self.sticky.spread if self.sticky else 1.0
        failures, widest = self.failures / spread, max(self.calls, self.widest) / spread
        return wilson(failures, widest, Z997)[0], wilson(failures, self.calls / spread, Z997)[1]


@dataclass(frozen=True)
class _Segment:
    """A part of the group's calls, from the index `begin` to `end`."""

    begin: int
    end: int
    counts: tuple[tuple[int, int], ...]
    borrows: bool = False  # its failures may be its worse neighbour's, at an uncertain edge

    @property
    def calls(self) -> int:
        return self.end - self.begin

    @property
    def failures(self) -> int:
        return sum(count for kind, count in self.counts if kind)

    @property
    def fails(self) -> bool:
        ceiling = _SURELY_HEALTHY if self.failures >= _MANY_FAILURES else _HEALTHY
        if self.borrows or self.failures < _LEAST_FAILURES:
            return False
        return wilson(self.failures, self.calls)[0] > ceiling


def in_group(group: Group, strictness: float = 1.0) -> list[FoundWindow]:
    """The windows of one provider and surface, in the order of their beginnings."""
    if not group.kind.any():
        return []
    segments, changes = _segments(group, strictness)
    if len(group.models) == 1 or not _models_differ(group, segments):
        return [replace(w, models=()) for w in _windows(group, segments, changes)]
    found: list[FoundWindow] = []
    for index in range(len(group.models)):
        alone = group.of_model(index)
        if alone.kind.any():
            found += _windows(alone, *_segments(alone, strictness))
    return _joined(found, group)


def _segments(group: Group, strictness: float) -> tuple[list[_Segment], list[change_points.Change]]:
    """The segments between changes; adjacent ones that are alike are one."""
    changes = change_points.of_kinds(group.kind, strictness)
    while True:
        edges = [0, *(change.index for change in changes), len(group.kind)]
        segments = [_segment(group, a, b) for a, b in itertools.pairwise(edges)]
        segments = _without_borrowers(group, segments, changes)
        merged = next(
            (
                number
                for number, (a, b) in enumerate(itertools.pairwise(segments))
                if (a.fails == b.fails and not a.fails)
                or (a.fails and b.fails and _alike(group, a, b))
            ),
            None,
        )
        if merged is None:
            return segments, changes
        del changes[merged]


def _segment(group: Group, begin: int, end: int) -> _Segment:
    import numpy as np  # noqa: PLC0415 - comes with an extra

    kinds, counts = np.unique(group.kind[begin:end], return_counts=True)
    pairs = zip(kinds.tolist(), counts.tolist(), strict=True)
    return _Segment(begin, end, tuple(pairs))


def _without_borrowers(
    group: Group, segments: Sequence[_Segment], changes: Sequence[change_points.Change]
) -> list[_Segment]:
    """The segments; one that fails only with calls that may be its worse neighbour's is marked."""
    judged = list(segments)
    for number, change in enumerate(changes):
        before, after = segments[number], segments[number + 1]
        if not (before.fails and after.fails):
            continue
        if before.failures * after.calls >= after.failures * before.calls:
            weaker, begin, end = number + 1, min(change.last, after.end), after.end
        else:
            weaker, begin, end = number, before.begin, max(change.first, before.begin)
        if not _segment(group, begin, end).fails:
            judged[weaker] = replace(segments[weaker], borrows=True)
    return judged


def _alike(group: Group, a: _Segment, b: _Segment) -> bool:
    """Whether two adjacent segments have the same shares, given how sticky clients are."""
    sticky, _ = _sticky(group, a.begin, b.end)
    spread = sticky.spread if sticky else 1.0
    kinds = sorted({kind for kind, _ in (*a.counts, *b.counts)})
    table = [[dict(each.counts).get(kind, 0) / spread for kind in kinds] for each in (a, b)]
    if sticky:  # kinds are drawn for each call, shares for each client
        table = [[row[0] if not kinds[0] else 0.0, sum(row[not kinds[0] :])] for row in table]
    return not exceeds(*chi_square(table), _ALIKE)


def _sticky(group: Group, begin: int, end: int) -> tuple[Stickiness | None, str]:
    """The stickiness of a stretch of calls, and by what: sessions before credentials."""
    failed = group.kind[begin:end] > 0
    for by, column in (("session", group.client), ("credential", group.credential)):
        found = stickiness.of(group.at[begin:end], failed, column[begin:end])
        if found is not None:
            return found, by
    return None, ""


def _windows(
    group: Group, segments: Sequence[_Segment], changes: Sequence[change_points.Change]
) -> Iterator[FoundWindow]:
    for number, segment in enumerate(segments):
        if segment.fails:
            before, after = number > 0, number + 1 < len(segments)
            begins = _edge(group, changes[number - 1] if before else None, segment.begin)
            ends = _edge(group, changes[number] if after else None, segment.end)
            if before and segments[number - 1].fails:
                begins = _middle(begins)
            if after and segments[number + 1].fails:
                ends = _middle(ends)
            sticky, by = _sticky(group, segment.begin, segment.end)
            yield FoundWindow(
                provider=group.provider,
                surface=group.surface,
                models=group.models,
                begins=begins,
                ends=ends,
                counts=segment.counts,
                sticky=sticky,
                sticky_by=by,
                widest=_widest(segments, changes, number),
            )


def _widest(
    segments: Sequence[_Segment], changes: Sequence[change_points.Change], number: int
) -> int:
    """The calls of a segment, with those before and after it that may belong to it."""
    begin, end = segments[number].begin, segments[number].end
    if number and not segments[number - 1].fails:
        begin = min(begin, changes[number - 1].first)
    if number + 1 < len(segments) and not segments[number + 1].fails:
        end = max(end, changes[number].last)
    return end - begin


def _middle(edge: tuple[float, float]) -> tuple[float, float]:
    """One time for both windows that share an edge."""
    middle = sum(edge) / 2
    return middle, middle


def _edge(group: Group, change: change_points.Change | None, index: int) -> tuple[float, float]:
    """The earliest and latest time of a change; an edge of the recording is known exactly."""
    at = group.at
    if change is None:
        time = float(at[0]) if index == 0 else float(at[-1]) + group.interval
        return time, time
    middle = float(at[index - 1] + at[index]) / 2
    if change.sure:
        return middle, middle
    return float(at[change.first - 1]), float(at[min(change.last, len(at) - 1)])


def _models_differ(group: Group, segments: Sequence[_Segment]) -> bool:
    """Whether models have different shares in any segment."""
    import numpy as np  # noqa: PLC0415 - comes with an extra

    for segment in segments:
        model = group.model[segment.begin : segment.end]
        failed = group.kind[segment.begin : segment.end] > 0
        calls = np.bincount(model, minlength=len(group.models))
        failures = np.bincount(model[failed], minlength=len(group.models))
        table = [
            [float(f), float(c - f)]
            for f, c in zip(failures, calls, strict=True)
            if c >= _LEAST_CALLS
        ]
        if len(table) > 1 and exceeds(*chi_square(table), _MODELS_DIFFER):
            return True
    return False


def _joined(found: list[FoundWindow], group: Group) -> list[FoundWindow]:
    """Windows of several models that have the same edges and shares, as one."""
    joined: list[FoundWindow] = []
    for window in sorted(found, key=lambda each: each.begins):
        number = next((n for n, other in enumerate(joined) if _same(other, window, group)), None)
        if number is None:
            joined.append(window)
        else:
            joined[number] = _both(joined[number], window)
    everything = set(group.models)
    return [replace(w, models=()) if set(w.models) == everything else w for w in joined]


def _same(a: FoundWindow, b: FoundWindow, group: Group) -> bool:
    slack = 3 * max(group.interval * len(group.models), 1e-9)
    near = all(
        x[0] - slack <= y[1] and y[0] - slack <= x[1]
        for x, y in ((a.begins, b.begins), (a.ends, b.ends))
    )
    counts = [[float(w.failures), float(w.calls - w.failures)] for w in (a, b)]
    return near and not exceeds(*chi_square(counts), _ALIKE)


def _both(a: FoundWindow, b: FoundWindow) -> FoundWindow:
    counts: dict[int, int] = dict(a.counts)
    for kind, count in b.counts:
        counts[kind] = counts.get(kind, 0) + count
    larger = a if a.calls >= b.calls else b
    return replace(
        larger,
        models=(*a.models, *(m for m in b.models if m not in a.models)),
        begins=_narrower(a.begins, b.begins),
        ends=_narrower(a.ends, b.ends),
        counts=tuple(sorted(counts.items())),
        widest=a.widest + b.widest,
    )


def _narrower(a: tuple[float, float], b: tuple[float, float]) -> tuple[float, float]:
    low, high = max(a[0], b[0]), min(a[1], b[1])
    return (low, high) if low <= high else min((a, b), key=lambda each: each[1] - each[0])


def failing(group: Group, windows: Sequence[FoundWindow]) -> Any:
    """Which calls of a group are in a window, as booleans."""
    import numpy as np  # noqa: PLC0415 - comes with an extra

    inside = np.zeros(len(group.at), dtype=bool)
    for window in windows:
        if (window.provider, window.surface) != (group.provider, group.surface):
            continue
        here = (group.at >= window.begins[0]) & (group.at < window.ends[1])
        if window.models:
            numbers = [group.models.index(m) for m in window.models if m in group.models]
            here &= np.isin(group.model, numbers)
        inside |= here
    return inside
