"""Functions that all benchmarks use: CPU time, measured in alternating pairs of runs."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable


def cpu(work: Callable[[], object]) -> float:
    """CPU seconds of one run; garbage of earlier runs is collected before it."""
    gc.collect()
    begins = time.process_time()
    work()
    return time.process_time() - begins


def paired(ours: Callable[[], object], anchor: Callable[[], object], rounds: int) -> str:
    """Run both in each round, in alternating order; the median of the ratios and their range."""
    ours(), anchor()  # imports and caches
    ratios, differences = [], []
    for turn in range(rounds):
        pair = {}
        for name in ("ours", "anchor") if turn % 2 else ("anchor", "ours"):
            pair[name] = cpu(ours if name == "ours" else anchor)
        ratios.append(pair["ours"] / pair["anchor"])
        differences.append(pair["ours"] - pair["anchor"])
    low, high = min(ratios), max(ratios)
    ratio = f"{statistics.median(ratios):.3f} [{low:.2f}-{high:.2f}]"
    return f"{ratio}, {statistics.median(differences) * 1e6:.0f} us more in total"


def over_floor(ours: Callable[[], object], floor: Callable[[], object], times: int) -> str:
    """CPU microseconds per call above the floor, and the ratio; medians of nine rounds."""
    ours(), floor()
    more, ratios = [], []
    for turn in range(9):
        pair = {}
        for name in ("ours", "floor") if turn % 2 else ("floor", "ours"):
            work = ours if name == "ours" else floor
            pair[name] = cpu(lambda work=work: [work() for _ in range(times)])
        more.append((pair["ours"] - pair["floor"]) / times * 1e6)
        ratios.append(pair["ours"] / pair["floor"])
    return (
        f"{statistics.median(more):6.1f} us above the floor, ratio {statistics.median(ratios):.3f}"
    )
