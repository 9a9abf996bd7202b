"""A profile beside the recording that it was made of, as text: the recorded share and the line."""

from __future__ import annotations

from collections.abc import Iterator

from chaos_llm.profiles import fit
from chaos_llm.profiles.model import Profile
from chaos_llm.profiles.observations import Observations, ObservedSeries
from chaos_llm.reports.profiles import timeline
from chaos_llm.reports.profiles.timeline import TextScale

_ROWS = 8  # of a drawing, for 0 to 100 %
_LABEL = 6  # columns before it
_DOT, _LINE, _BOTH = "•", "─", "●"


def render(profile: Profile, observations: Observations, width: int) -> str:
    """For each series a drawing of its shares; then how well each window fits."""
    blocks = [_series(profile, each, width) for each in observations.series if _failed(each)]
    fits = "\n".join(_fits(profile, observations))
    legend = f"{_DOT} recorded share of failures   {_LINE} profile   {_BOTH} both"
    return "\n\n".join(["Beside the recording", *blocks, legend, *([fits] if fits else [])]) + "\n"


def _failed(series: ObservedSeries) -> int:
    return sum(each.failed for each in series.bins)


def _series(profile: Profile, series: ObservedSeries, width: int) -> str:
    name = " ".join(filter(None, (series.provider, series.surface, series.model)))
    calls = sum(each.calls for each in series.bins)
    scale = TextScale(profile.ends, max(20, width - _LABEL - 1))
    columns = [_column(profile, series, scale, column) for column in range(scale.columns)]
    labels, ruler = timeline.axis(profile.starts, scale)
    lines = [f"{name}: {_failed(series)} of {calls} calls failed"]
    for row in range(_ROWS, -1, -1):
        label = f"{100 * row // _ROWS} %" if row % 2 == 0 else ""
        cells = "".join(_cell(row, *column) for column in columns)
        lines.append(f"{label:>{_LABEL}} {cells}".rstrip())
    lines += [f"{'':{_LABEL}} {ruler}", f"{'':{_LABEL}} {labels}".rstrip()]
    return "\n".join(lines)


def _column(
    profile: Profile, series: ObservedSeries, scale: TextScale, column: int
) -> tuple[int | None, int]:
    """The row of the recorded share (None without calls), and of the profile's."""
    begins, ends = scale.cell(column)
    here = [each for each in series.bins if begins <= (each.begins + each.ends) / 2 < ends]
    calls = sum(each.calls for each in here)
    share = fit.share_at(profile, series, (begins + ends) / 2)
    recorded = round(_ROWS * sum(each.failed for each in here) / calls) if calls else None
    return recorded, round(_ROWS * share)


def _cell(row: int, recorded: int | None, profile: int) -> str:
    if recorded == row:
        return _BOTH if profile == row else _DOT
    return _LINE if profile == row else " "


def _fits(profile: Profile, observations: Observations) -> Iterator[str]:
    for window in fit.of_windows(profile, observations):
        yield f"{'fits' if window.fits else 'DIFFERS'}: {window.window}: {window.text}"
