"""How well a profile's windows fit the recording that they were made of."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from chaos_llm.profiles.model import Profile, Window
from chaos_llm.profiles.observations import Observations, ObservedBin, ObservedSeries

_LEAST_CALLS = 20  # in a window, for a judgement
_APART = 3.0  # standard errors between the recorded and the profile's share
_MATTERS = 0.05  # and at least this difference of shares
_INTERVALS = 60  # in which failures outside of all windows are counted
_UNEXPLAINED = 10  # of them
_UNEXPLAINED_SHARE = 0.2  # in one interval


@dataclass(frozen=True, slots=True)
class WindowFit:
    """One window: the recorded share, the profile's, and how many standard errors are between.

    `spread` is by how much shares of single intervals vary more than chance; 1 is chance alone.
    """

    window: str
    calls: int
    recorded: float
    expected: float
    errors: float
    spread: float

    @property
    def fits(self) -> bool:
        return self.errors <= _APART or abs(self.recorded - self.expected) <= _MATTERS

    @property
    def text(self) -> str:
        """The judgement as a sentence."""
        shares = (
            f"{self.recorded:.0%} of {self.calls} recorded calls failed, "
            f"the profile says {self.expected:.0%}"
        ).replace("%", " %")
        return shares if self.fits else f"{shares}: {self.errors:.0f} standard errors apart"


def of_windows(profile: Profile, observations: Observations) -> Iterator[WindowFit]:
    """The fit of each window that ends replies and that enough calls were recorded in."""
    for window in profile.windows:
        if not _ends_replies(window):
            continue
        bins = [each for _, each in observations.within(window)]
        if sum(each.calls for each in bins) >= _LEAST_CALLS:
            yield _fit(window, bins)


def _fit(window: Window, bins: Sequence[ObservedBin]) -> WindowFit:
    calls = sum(each.calls for each in bins)
    failed = sum(each.failed for each in bins)
    shares = [window.share.at((each.begins + each.ends) / 2, 0.5) for each in bins]
    expected = sum(each.calls * share for each, share in zip(bins, shares, strict=True))
    variances = [
        each.calls * max(share * (1 - share), 0.5 / calls)
        for each, share in zip(bins, shares, strict=True)
    ]
    level = failed / calls
    own = max(level * (1 - level), 0.5 / calls)
    spread = max(
        1.0, sum((b.failed - b.calls * level) ** 2 / (b.calls * own) for b in bins) / len(bins)
    )
    errors = abs(failed - expected) / math.sqrt(sum(variances) * spread)
    return WindowFit(window.name, calls, level, expected / calls, errors, spread)


def share_at(profile: Profile, series: ObservedSeries, time: float) -> float:
    """The share of a series' calls that the profile's windows fail at a time."""
    healthy = 1.0
    for window in profile.windows:
        is_open = sum(window.begins) / 2 <= time < sum(window.ends) / 2
        if is_open and _ends_replies(window) and any(series.is_of(target) for target in window.on):
            healthy *= 1 - window.share.at(time, 0.5)
    return 1 - healthy


def _ends_replies(window: Window) -> bool:
    return window.simulated and all(each.fault.ends_reply for each in window.faults)


def unexplained(profile: Profile, observations: Observations) -> list[ObservedBin]:
    """The intervals with many failures in which no window is open; empty for a few of them."""
    found = []
    for series in observations.series:
        windows = [w for w in profile.windows if any(series.is_of(target) for target in w.on)]
        for each in series.merged(max(profile.ends, 1.0), _INTERVALS).bins:
            is_bad = each.failed >= _UNEXPLAINED_SHARE * each.calls and each.failed > 1
            is_open = any(w.begins[0] < each.ends and each.begins < w.ends[1] for w in windows)
            if is_bad and not is_open:
                found.append(each)
    return found if sum(each.failed for each in found) >= _UNEXPLAINED else []
