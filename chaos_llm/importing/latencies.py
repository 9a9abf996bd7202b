"""How fast healthy calls were, and windows in which they were slow."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from chaos_llm.importing import change_points
from chaos_llm.importing.call_series import Group
from chaos_llm.importing.found_windows import FoundWindow, failing
from chaos_llm.profiles.model import HealthyLatency

_LEAST_CALLS = 20
_SLOW = 1.5  # times the usual latency, from which on a window is written
_USUAL_SHARE = 0.4  # of all calls
_LEAST_SECONDS = 0.25  # more than usual; less does not matter to a client


@dataclass(frozen=True)
class SlowWindow:
    """A window of slow answers: times since 1970, and how many seconds were added (quartiles)."""

    provider: str
    surface: str
    begins: float
    ends: float
    added: tuple[float, float]
    calls: int
    usual: float


def baseline(
    groups: Sequence[Group],
    windows: Sequence[FoundWindow],
    slow: Sequence[SlowWindow],
    evidence: str,
) -> tuple[dict[str, HealthyLatency], list[str]]:
    """The healthy latency of each provider, as medians; a model with its own where it differs.

    Calls in windows of failures and of slow answers do not count. Also returns the providers
    without recorded first tokens: their `first_token` is the time of a whole reply.
    """
    found: dict[str, HealthyLatency] = {}
    whole: list[str] = []
    for group in groups:
        if group.surface == "api" and group.provider not in found:
            healthy = (group.kind == 0) & ~failing(group, windows) & ~_slow(group, slow)
            latency = _median_of(group, healthy, evidence)
            if latency is not None:
                models = _by_model(group, healthy, latency, evidence)
                found[group.provider] = HealthyLatency(
                    latency.first_token, latency.token, evidence, models
                )
                if len(_known(group.first[healthy])) < _LEAST_CALLS:
                    whole.append(group.provider)
    return found, whole


def _slow(group: Group, windows: Sequence[SlowWindow]) -> Any:
    """Which calls of a group are in a window of slow answers, as booleans."""
    import numpy as np  # noqa: PLC0415 - comes with an extra

    inside = np.zeros(len(group.at), dtype=bool)
    for window in windows:
        if (window.provider, window.surface) == (group.provider, group.surface):
            inside |= (group.at >= window.begins) & (group.at < window.ends)
    return inside


def _by_model(
    group: Group, healthy: Any, latency: HealthyLatency, evidence: str
) -> tuple[tuple[str, HealthyLatency], ...]:
    models = []
    for number, model in enumerate(group.models):
        own = _median_of(group, healthy & (group.model == number), evidence)
        if own is None or not model or len(group.models) == 1:
            continue
        faster, slower = sorted((own.first_token, latency.first_token))
        if slower > 1.25 * max(faster, 0.001):
            models.append((model, own))
    return tuple(models)


def _median_of(group: Group, chosen: Any, evidence: str) -> HealthyLatency | None:
    import numpy as np  # noqa: PLC0415 - comes with an extra

    firsts = _known(group.first[chosen])
    if len(firsts) < _LEAST_CALLS:
        firsts = _known(group.seconds[chosen])
    if len(firsts) < _LEAST_CALLS:
        return None
    tokens = _known(group.token[chosen])
    per_token = float(np.median(tokens)) if len(tokens) >= _LEAST_CALLS else 0.0
    return HealthyLatency(round(float(np.median(firsts)), 3), round(per_token, 5), evidence)


def _known(values: Any) -> Any:
    import numpy as np  # noqa: PLC0415 - comes with an extra

    return values[~np.isnan(values)]


def slow_windows(group: Group) -> list[SlowWindow]:
    """The windows in which healthy answers were slower than usual."""
    import numpy as np  # noqa: PLC0415 - comes with an extra

    answered = (group.kind == 0) & ~np.isnan(group.seconds) & (group.seconds > 0)
    at, seconds = group.at[answered], group.seconds[answered].astype("f8")
    if len(at) < 2 * _LEAST_CALLS:
        return []
    changes = change_points.of_values(np.log(seconds), strictness=2.0)
    edges = [0, *changes, len(at)]
    parts = [(a, b) for a, b in itertools.pairwise(edges) if b - a >= 3]
    usual = _usual(seconds, parts)
    found = []
    for a, b in parts:
        part = seconds[a:b]
        level = float(np.median(part))
        if level > _SLOW * usual and level - usual > _LEAST_SECONDS:
            low, high = (max(0.0, float(q) - usual) for q in np.quantile(part, (0.25, 0.75)))
            ends = float(at[b]) if b < len(at) else float(at[-1]) + group.interval
            found.append(
                SlowWindow(
                    *(group.provider, group.surface, float(at[a]), ends),
                    *((round(low, 2), round(high, 2)), b - a, usual),
                )
            )
    return _merged(found, grain=2 * len(at) // change_points.MOST_BLOCKS)


def _usual(seconds: Any, parts: Sequence[tuple[int, int]]) -> float:
    """The latency that is usual: the lowest at which, or below, enough of the calls are."""
    import numpy as np  # noqa: PLC0415 - comes with an extra

    levels = sorted((float(np.median(seconds[a:b])), b - a) for a, b in parts)
    enough, calls = _USUAL_SHARE * sum(count for _, count in levels), 0
    for level, count in levels:
        calls += count
        if calls >= enough:
            return level
    return levels[-1][0]


def _merged(found: list[SlowWindow], grain: int) -> list[SlowWindow]:
    """Adjacent slow windows as one, unless one is twice as slow as the other.

    Up to `grain` calls beside a longer window are no window, but the blur of its edge.
    """
    merged: list[SlowWindow] = []
    for window in found:
        last = merged[-1] if merged else None
        if last and last.ends == window.begins:
            blurred = min(last.calls, window.calls) <= grain
            if blurred or _similar(last.added, window.added):
                merged[-1] = _joined(last, window, blurred=blurred)
                continue
        merged.append(window)
    return merged


def _joined(a: SlowWindow, b: SlowWindow, *, blurred: bool) -> SlowWindow:
    calls = a.calls + b.calls
    low, high = (
        round((x * a.calls + y * b.calls) / calls, 2) for x, y in zip(a.added, b.added, strict=True)
    )
    added = max((a, b), key=lambda each: each.calls).added if blurred else (low, high)
    return SlowWindow(a.provider, a.surface, a.begins, b.ends, added, calls, a.usual)


def _similar(a: tuple[float, float], b: tuple[float, float]) -> bool:
    low, high = sorted((sum(a), sum(b)))
    return high <= 2 * max(low, 0.1)
