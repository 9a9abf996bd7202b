"""Calls that several of the files have: found by the ids of replies, or by their times.

An id that two files have proves that it is one call. Times only suggest it: the calls of one file
then begin and end when one of the other does, far more often than beside each other by chance.
"""

from __future__ import annotations

import itertools
import math
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from chaos_llm.importing.call_series import Calls

_MOST_FILES = 30  # that are compared by time with each other, the largest ones
_MOST_SAMPLED = 4000  # calls of a file by which two files are compared
_MOST_CANDIDATES = 64
_LEAST = 6  # calls in the time that both files have
_MOST_SAID = 5  # pairs of files
_ID_SLACK = 0.25  # seconds by which two clocks differ; a second try begins after the first one
# Seconds by which the beginnings, and the durations, of one call differ in two files. Some have
# whole seconds, and a gateway adds its own time.
_TOLERANCES = ((0.05, 0.05), (0.25, 0.1), (1.0, 0.05), (1.0, 0.25))
# The least share of a file's calls that the other has, with durations and without any.
_SHARE, _SHARE_WITHOUT_DURATIONS = 0.6, 0.75
_SHIFTS = (-13, -11, -7, 7, 11, 13)  # in tolerances: what is alike there is so by chance
_ROLLS = (1, 2, 3)
_STANDARD_ERRORS = 5.0
_CROWDED = 2.0  # calls of the other file at the time of one, from where times alone say little


@dataclass(frozen=True)
class _Log:
    """The calls of a file in the order of time, as NumPy arrays; `row` numbers those of all."""

    file: int
    at: Any
    seconds: Any
    failed: Any
    provider: Any
    row: Any

    def chosen(self, which: Any) -> _Log:
        columns = (self.at, self.seconds, self.failed, self.provider, self.row)
        return _Log(self.file, *(column[which] for column in columns))


@dataclass(frozen=True)
class _Pairs:
    """The calls of the smaller log that the larger one has, too, by row."""

    smaller: _Log
    rows: Any
    rows_of_larger: Any


def judge(calls: Calls, *, once: bool) -> list[str]:
    """Leave out what is proved to be in several files, and say what seems to be.

    With `once` the latter is left out, too. The file that was named first keeps a call.
    """
    if len(calls.files) < 2 or not calls.series:
        return []
    columns = _columns(calls)
    dropped = _proved(columns)
    said = []
    if dropped.any():
        said.append(
            f"{int(dropped.sum()):,} calls are in several files, as the ids of their replies show; "
            "each is counted once, as the file named first has it."
        )
    suspected = []
    for first, second in itertools.combinations(_logs(columns, dropped), 2):
        kept = [log.chosen(~dropped[log.row]) for log in (first, second)] if once else None
        found = _same_calls(*(kept or (first, second)))
        if found is None:
            continue
        suspected.append(_said(calls, first, second, found, once=once))
        if once:
            later = found.rows if found.smaller.file == second.file else found.rows_of_larger
            dropped[later] = True
    said += suspected[:_MOST_SAID]
    if len(suspected) > _MOST_SAID:
        said.append(f"So it is with {len(suspected) - _MOST_SAID} more pairs of files.")
    if dropped.any():
        _keep(calls, np.logical_not(dropped))
    return said


def _said(calls: Calls, first: _Log, second: _Log, found: _Pairs, *, once: bool) -> str:
    name, other = _names(calls, first, second)
    fewer, more = (name, other) if found.smaller.file == first.file else (other, name)
    many = f"{len(found.rows):,} of {len(found.smaller.at):,}"
    what = f"{many} calls of {fewer} begin and end when one of {more} does"
    if once:
        return f"{what}: they are taken for the same, and counted once (--once)."
    return (
        f"WARNING: {name} and {other} seem to have the same calls, and each is counted twice: "
        f"{what}. Import one of the two, or give --once."
    )


def _names(calls: Calls, *logs: _Log) -> Sequence[str]:
    """The names of files; of those that have the same name the whole paths."""
    files = [calls.files[log.file] for log in logs]
    names = [Path(file).name for file in files]
    return names if len(set(names)) == len(names) else files


def _columns(calls: Calls) -> dict[str, Any]:
    """The columns of all series, one behind the other."""
    names = list(dict.fromkeys(key.provider for key in calls.series))
    joined: dict[str, Any] = {
        name: np.concatenate(
            [np.frombuffer(getattr(each, name), form) for each in calls.series.values()]
        )
        for name, form in (
            *(("at", "f8"), ("seconds", "f4"), ("kind", "u2")),
            *(("file", "u2"), ("reply", "i8")),
        )
    }
    joined["provider"] = np.repeat(
        [names.index(key.provider) for key in calls.series], list(map(len, calls.series.values()))
    )
    return joined


def _proved(columns: dict[str, Any]) -> Any:
    """Which calls have the id of one in a file before, and went on at the same time.

    An id that several calls of one file have is no reply's own: masked, or chosen by the client.
    """
    rows = np.flatnonzero(columns["reply"])
    rows = rows[np.lexsort((columns["file"][rows], columns["reply"][rows]))]
    file, reply = columns["file"][rows], columns["reply"][rows]
    again = (file[1:] == file[:-1]) & (reply[1:] == reply[:-1])
    own = np.isin(reply, reply[1:][again], invert=True)
    rows, reply = rows[own], reply[own]
    _, begins, number = np.unique(reply, return_index=True, return_inverse=True)
    first = rows[begins[number]]
    at, seconds = columns["at"], np.nan_to_num(columns["seconds"])
    apart = np.maximum(at[rows], at[first]) - np.minimum(
        at[rows] + seconds[rows], at[first] + seconds[first]
    )
    same = (columns["file"][rows] != columns["file"][first]) & (apart <= _ID_SLACK)
    dropped = np.zeros(len(at), dtype=bool)
    dropped[rows[same]] = True
    return dropped


def _logs(columns: dict[str, Any], dropped: Any) -> Sequence[_Log]:
    """The files that are compared, in the order in which they were named."""
    sizes = np.bincount(columns["file"][~dropped])
    largest = sorted(np.argsort(-sizes, kind="stable")[:_MOST_FILES].tolist())
    logs = []
    for file in largest:
        rows = np.flatnonzero((columns["file"] == file) & ~dropped)
        rows = rows[np.argsort(columns["at"][rows], kind="stable")]
        logs.append(
            _Log(
                file=file,
                at=columns["at"][rows],
                seconds=columns["seconds"][rows],
                failed=columns["kind"][rows] > 0,
                provider=columns["provider"][rows],
                row=rows,
            )
        )
    return [log for log in logs if len(log.at) >= _LEAST]


def _same_calls(first: _Log, second: _Log) -> _Pairs | None:
    """The calls that both logs seem to have; None if they are alike no more than by chance."""
    if min(len(first.at), len(second.at)) < _LEAST:
        return None
    begins, ends = max(first.at[0], second.at[0]) - 1, min(first.at[-1], second.at[-1]) + 1
    both = [log.chosen((log.at >= begins) & (log.at <= ends)) for log in (first, second)]
    smaller, larger = sorted(both, key=lambda log: len(log.at))
    if len(smaller.at) < _LEAST:
        return None
    timed = _timed(smaller) and _timed(larger)
    # What has no durations may have the times at which calls ended, as access logs do.
    views = [(smaller, larger)] + ([] if timed else [(_by_end(smaller), _by_end(larger))])
    passed = [
        (share, tolerance, view)
        for view in views
        for tolerance in _TOLERANCES
        if (share := _share(*view, tolerance, timed=timed))
    ]
    if not passed:
        return None
    _, tolerance, (smaller, larger) = max(passed, key=lambda each: each[0])
    found = _found(smaller, larger, tolerance)
    mine = found >= 0
    return _Pairs(smaller, smaller.row[mine], larger.row[found[mine]])


def _timed(log: _Log) -> bool:
    """Whether most calls have a duration."""
    return float(np.isfinite(log.seconds).mean()) > 0.5


def _by_end(log: _Log) -> _Log:
    """The log with the time at which each call ended in the place of that at which it began."""
    ended = replace(log, at=log.at + np.nan_to_num(log.seconds))
    return ended.chosen(np.argsort(ended.at, kind="stable"))


def _share(smaller: _Log, larger: _Log, tolerance: tuple[float, float], *, timed: bool) -> float:
    """The share of the smaller log's calls that the larger one has; 0 if chance may do that."""
    count = len(smaller.at)
    which = np.unique(np.linspace(0, count - 1, min(count, _MOST_SAMPLED)).astype(int))
    sampled = smaller.chosen(which)
    share = _share_found(sampled, larger, tolerance)
    crowded = _crowd(sampled, larger, tolerance[0]) > _CROWDED
    if share < (_SHARE if timed else _SHARE_WITHOUT_DURATIONS) or (crowded and not timed):
        return 0.0
    shifted = (replace(sampled, at=sampled.at + n * tolerance[0]) for n in _SHIFTS)
    by_chance = [_mean_share(shifted, larger, tolerance)]
    if crowded:
        rolled = (replace(sampled, seconds=np.roll(smaller.seconds, n)[which]) for n in _ROLLS)
        by_chance.append(_mean_share(rolled, larger, tolerance))
    if not timed:  # two that ask in step, as probes do
        gap = float(np.median(np.diff(larger.at)))
        by_chance.append(_mean_share([replace(sampled, at=sampled.at + gap)], larger, tolerance))
    calls = len(which)
    chance = (max(by_chance) * calls + 1) / (calls + 2)
    error = math.sqrt(chance * (1 - chance) / calls)
    return share if share - chance > _STANDARD_ERRORS * error else 0.0


def _mean_share(logs: Iterable[_Log], larger: _Log, tolerance: tuple[float, float]) -> float:
    shares = [_share_found(log, larger, tolerance) for log in logs]
    return sum(shares) / len(shares)


def _crowd(smaller: _Log, larger: _Log, slack: float) -> float:
    """How many calls of the larger log begin when one of the smaller does, as a mean of those."""
    begins = np.searchsorted(larger.at, smaller.at - slack)
    counts = np.searchsorted(larger.at, smaller.at + slack, "right") - begins
    return float(counts[counts > 0].mean()) if (counts > 0).any() else 0.0


def _share_found(smaller: _Log, larger: _Log, tolerance: tuple[float, float]) -> float:
    return float((_found(smaller, larger, tolerance) >= 0).mean())


def _found(smaller: _Log, larger: _Log, tolerance: tuple[float, float]) -> Any:
    """For each call of the smaller log the index of one in the larger that may be it, or -1."""
    begins = np.searchsorted(larger.at, smaller.at - tolerance[0])
    ends = np.searchsorted(larger.at, smaller.at + tolerance[0], "right")
    found = np.full(len(smaller.at), -1)
    most = int((ends - begins).max(initial=0))
    for number in range(min(most, _MOST_CANDIDATES)):
        candidate = np.minimum(begins + number, len(larger.at) - 1)
        apart = np.abs(larger.seconds[candidate] - smaller.seconds)
        same_provider = larger.provider[candidate] == smaller.provider
        fits = (found < 0) & (begins + number < ends)
        fits &= larger.failed[candidate] == smaller.failed
        # Behind a gateway a path may name another provider; durations tell more than its name.
        fits &= np.where(np.isnan(apart), same_provider, apart <= tolerance[1])
        found[fits] = candidate[fits]
    found[~_firsts(found)] = -1
    return found


def _firsts(found: Any) -> Any:
    """Which are the first with their value: a call is only one other."""
    first = np.zeros(len(found), dtype=bool)
    first[np.unique(found, return_index=True)[1]] = True
    return first


def _keep(calls: Calls, kept: Any) -> None:
    """Leave out all other calls, and series without any."""
    for key, begin, end in list(_places(calls)):
        here, series = kept[begin:end], calls.series[key]
        if not here.any():
            del calls.series[key]
        elif not here.all():
            for name in series.__slots__:
                column: array[Any] = getattr(series, name)
                setattr(series, name, _chosen(column, here))


def _places(calls: Calls) -> Iterator[tuple[Any, int, int]]:
    begin = 0
    for key, series in calls.series.items():
        yield key, begin, begin + len(series)
        begin += len(series)


def _chosen(column: array[Any], kept: Any) -> array[Any]:
    values = np.frombuffer(column, np.dtype(column.typecode))[kept]
    return array(column.typecode, values.tobytes())
