"""Where a sequence of calls changes: ruptures' PELT with the likelihood of counts as its cost.

The best place for a change is between two calls of different kinds, so only those are candidates.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from chaos_llm.errors import UsageError
from chaos_llm.importing.bursts import burst
from chaos_llm.importing.recorded_file import NEEDS_EXTRA

MOST_BLOCKS = 500  # candidates of the first search; its time grows with their square
# Two calls beyond a sure edge would have to be one in 1000, as healthy calls are at 97 %.
_SURE = 7.0
# Half of the 99.7 % quantile of chi-square with one degree of freedom. A profile has several
# edges, and all of them should be in their ranges.
_LIKELY = 4.5
# What a change must gain in log likelihood, beside half of the logarithm of the number of calls:
# the largest gain of chance alone is less in more than 98 of 100 sequences without any change.
_CHANGE, _CHANGE_OF_MIX = 5.0, 7.0
_LEAST_FAILURES = 12  # in which a change of their mix is looked for


@dataclass(frozen=True)
class Change:
    """A change before the call number `index`; with 99.7 % confidence it is in first..last.

    It is `sure` if two calls farther is most unlikely; it is then written as one time.
    """

    index: int
    first: int
    last: int
    sure: bool = False


def of_kinds(kinds: Any, strictness: float = 1.0) -> list[Change]:
    """The changes of a sequence of whole numbers: calls by kind of failure, in order of time.

    First those of the share of failures (kinds over 0), then those of the mix of kinds between
    them. A higher `strictness` finds fewer.
    """
    np = _numpy()
    failed = (kinds > 0).astype("u2")
    changes = _of_categories(failed, strictness * _CHANGE)
    changes = sorted([*changes, *_of_bursts(failed, changes, strictness)], key=_index)
    edges = [0, *(change.index for change in changes), len(kinds)]
    for begin, end in itertools.pairwise(edges):
        failures = begin + np.flatnonzero(kinds[begin:end])
        if len(failures) >= _LEAST_FAILURES:
            for found in _of_categories(kinds[failures], strictness * _CHANGE_OF_MIX):
                index, first, last = map(int, failures[[found.index, found.first, found.last]])
                changes.append(Change(index, first, last, found.sure))
    return sorted(changes, key=_index)


def _index(change: Change) -> int:
    return change.index


def _of_bursts(failed: Any, changes: Sequence[Change], strictness: float) -> Iterator[Change]:
    """The beginnings and the ends of bursts between the changes of the share of failures."""
    np = _numpy()
    edges = [0, *(change.index for change in changes), len(failed)]
    for begin, end in itertools.pairwise(edges):
        found = burst(np.flatnonzero(failed[begin:end]).tolist(), end - begin, strictness)
        if found is not None:
            first, last = found
            places = [place for place in (first, last + 1) if 0 < place < end - begin]
            sums = _cumulated(failed[begin:end])
            for change in (_with_range(number, places, sums) for number in range(len(places))):
                yield Change(
                    begin + change.index, begin + change.first, begin + change.last, change.sure
                )


def _of_categories(kinds: Any, price: float) -> list[Change]:
    np = _numpy()
    total = len(kinds)
    borders = np.flatnonzero(np.diff(kinds)) + 1
    if not len(borders):
        return []
    sums = _cumulated(kinds)
    starts = np.concatenate(([0], borders))
    if len(starts) > MOST_BLOCKS:
        starts = starts[_candidates(kinds[starts], np.diff(starts, append=total))]
    edges = np.concatenate((starts, [total]))
    penalty = price + 0.5 * math.log(total) + (sums.shape[1] - 2)
    found = _search(_costs().CountsCost(sums[edges]), len(edges) - 1, penalty)
    coarse = [int(edges[each]) for each in found]
    return _refined(coarse, borders, sums)


def _candidates(kinds: Any, lengths: Any) -> Any:
    """Which runs of calls of one kind are blocks of their own in the first search.

    Half of them are those that chance alone makes least, so that no edge of a long one is lost, and
    half are spread evenly.
    """
    np = _numpy()
    _, numbers = np.unique(kinds, return_inverse=True)
    calls = np.bincount(numbers, weights=lengths)
    surprise = lengths * -np.log(calls / calls.sum())[numbers]
    rare = np.argsort(surprise, kind="stable")[-MOST_BLOCKS // 4 :]
    even = np.linspace(0, len(kinds) - 1, MOST_BLOCKS // 2).round().astype(int)
    chosen = np.unique(np.concatenate((rare, rare + 1, even)))
    return chosen[chosen < len(kinds)]


def of_values(values: Any, strictness: float = 1.0) -> list[int]:
    """The indices at which the level of noisy values changes; a million values take a second."""
    np = _numpy()
    total = len(values)
    if total < 8:
        return []
    blocks = min(total, MOST_BLOCKS)
    edges = np.linspace(0, total, blocks + 1).round().astype(int)
    noise = np.median(np.abs(np.diff(values))) / 0.954  # the median of |x - y| for normal x, y
    sums = np.stack([np.concatenate(([0.0], np.cumsum(p))) for p in (values, values**2)], axis=1)
    cost = _costs().LevelsCost(sums[edges], edges, max(float(noise), 0.01))
    found = _search(cost, blocks, strictness * 4.0 * math.log(total + 1))
    return [int(edges[each]) for each in found]


def _cumulated(kinds: Any) -> Any:
    """For each kind that occurs a column with the number of such calls before each index."""
    np = _numpy()
    columns = [np.concatenate(([0], np.cumsum(kinds == kind))) for kind in np.unique(kinds)]
    return np.stack(columns, axis=1).astype("f8")


def _search(cost: Any, blocks: int, penalty: float) -> list[int]:
    from ruptures import Pelt  # noqa: PLC0415 - an extra

    found = Pelt(custom_cost=cost, min_size=1, jump=1).fit(cost.signal).predict(pen=penalty)
    return [each for each in found if each < blocks]


def _refined(coarse: list[int], borders: Any, sums: Any) -> list[Change]:
    """Each change at its most likely place, with the places that are nearly as likely."""
    np = _numpy()
    total = len(sums) - 1
    reach = 4 * max(1, math.ceil(len(borders) / MOST_BLOCKS))
    places = list(coarse)
    for number, place in enumerate(places):
        low = places[number - 1] if number else 0
        high = places[number + 1] if number + 1 < len(places) else total
        at = int(np.searchsorted(borders, place))
        near = borders[max(0, at - reach) : at + reach + 1]
        near = near[(near > low) & (near < high)]
        if len(near):
            gains = _likelihood(sums, low, near) + _likelihood(sums, near, high)
            places[number] = int(near[int(np.argmax(gains))])
    return [_with_range(number, places, sums) for number in range(len(places))]


def _with_range(number: int, places: list[int], sums: Any) -> Change:
    np = _numpy()
    place = places[number]
    low = places[number - 1] if number else 0
    high = places[number + 1] if number + 1 < len(places) else len(sums) - 1
    all_of_it = np.arange(max(low + 1, place - 2000), min(high, place + 2000))
    gains = _likelihood(sums, low, all_of_it) + _likelihood(sums, all_of_it, high)
    best = int(np.argmax(gains))
    likely = np.flatnonzero(gains >= gains[best] - _LIKELY)
    first, last = int(likely[0]), int(likely[-1])
    beside = [gains[each] for each in (best - 2, best + 2) if 0 <= each < len(gains)]
    sure = last - first <= 2 and all(gain < gains[best] - _SURE for gain in beside)
    index, first, last = (int(all_of_it[each]) for each in (best, first, last))
    return Change(index, first, last, sure)


def _likelihood(sums: Any, begin: Any, end: Any) -> Any:
    """The log likelihood of the calls from `begin` to `end`, at their own shares."""
    np = _numpy()
    counts = sums[end] - sums[begin]
    totals = counts.sum(axis=-1, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = np.where(counts > 0, counts * np.log(counts / totals), 0.0)
    return terms.sum(axis=-1)


def _numpy() -> Any:
    try:
        import numpy as np  # noqa: PLC0415 - comes with an extra
    except ModuleNotFoundError:
        raise UsageError(NEEDS_EXTRA) from None
    return np


def _costs() -> ModuleType:
    try:
        from chaos_llm.importing import likelihoods  # noqa: PLC0415 - imports an extra
    except ModuleNotFoundError:
        raise UsageError(NEEDS_EXTRA) from None
    return likelihoods


def require() -> None:
    """Raise UsageError if the extra `import` is not installed."""
    _costs()
