"""The page of one profile: its windows and sources, and the recording that it was made of."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from chaos_llm.decisions.plan import Plan
from chaos_llm.profiles import fit
from chaos_llm.profiles.model import Profile
from chaos_llm.profiles.observations import Observations, ObservedSeries
from chaos_llm.reports.html.element import Html, el, table
from chaos_llm.reports.html.profile_section import profile_section
from chaos_llm.reports.html.scale import PageScale, Piece, axis
from chaos_llm.reports.html.sections import section
from chaos_llm.reports.html.shell import page
from chaos_llm.reports.records.profile import profile_record

_WIDE, _HIGH = 1000.0, 160.0  # units of a drawing, which is stretched to the page's width
_LEAST, _MOST = 3.0, 9.0  # pixels of a dot: the more calls, the larger
_MOST_DOTS = 72
_STEPS = 600  # of the profile's line


def page_of(profile: Profile, observations: Observations | None) -> str:
    """The page; without observations, of the profile alone."""
    top = el(
        "header",
        el("p", profile.name, class_="name"),
        el("h1", profile.title),
        el("p", profile.confidence, class_="muted") if profile.confidence else None,
    )
    parts = list(_beside(profile, observations)) if observations else []
    about = profile_section(profile_record(Plan(profile, seed=0)), unfolded=not parts)
    return page(profile.name, top, *parts, about)


def _beside(profile: Profile, observations: Observations) -> Iterator[Html]:
    drawings = [_series(profile, each) for each in observations.series if _failed(each)]
    legend = "Dots: recorded share of failures in an interval. Line: what the profile plays."
    yield section("Beside the recording", el("p", legend, class_="muted"), *drawings)
    rows = [
        [each.window, "fits" if each.fits else "differs", each.text]
        for each in fit.of_windows(profile, observations)
    ]
    if rows:
        yield table(["window", "fit", "recorded and played"], rows, "Fit of the windows")


def _failed(series: ObservedSeries) -> int:
    return sum(each.failed for each in series.bins)


def _series(profile: Profile, series: ObservedSeries) -> Html:
    name = " ".join(filter(None, (series.provider, series.surface, series.model)))
    calls = sum(each.calls for each in series.bins)
    text = f"{name}: {_failed(series)} of {calls} calls failed"
    length = max(profile.ends, 1.0)
    scale = PageScale(profile.starts, (Piece(0.0, length, 0.0, 100.0),))
    drawing = el(
        "svg",
        _grid(),
        *_dots(series.merged(length, _MOST_DOTS), length),
        el("polyline", points=_line(profile, series, length), class_="played"),
        viewBox=f"0 -4 {_WIDE:g} {_HIGH + 8:g}",
        preserveAspectRatio="none",
        role="img",
        aria_label=text,
        class_="fit",
    )
    return el("figure", el("figcaption", text), drawing, axis(scale))


def _grid() -> list[Html]:
    heights = [_HIGH * part / 4 for part in range(5)]
    return [el("line", x1=0, x2=_WIDE, y1=y, y2=y, class_="grid") for y in heights]


def _dots(series: ObservedSeries, length: float) -> Iterator[Html]:
    most = max(each.calls for each in series.bins)
    for each in series.bins:
        radius = _LEAST + (_MOST - _LEAST) * (each.calls / most) ** 0.5
        x = _WIDE * (each.begins + each.ends) / 2 / length
        y = _HIGH * (1 - each.failed / each.calls)
        # A line without length and with round ends stays round where the drawing is stretched.
        yield el("path", d=f"M{x:.1f} {y:.1f}h0", stroke_width=f"{radius:.1f}", class_="recorded")


def _line(profile: Profile, series: ObservedSeries, length: float) -> str:
    """The profile's share as the points of a line; only where it changes."""
    times = [length * step / _STEPS for step in range(_STEPS + 1)]
    shares = [fit.share_at(profile, series, time) for time in times]
    points = [(times[0], shares[0])]
    for (_, before), (time, share) in pairwise(zip(times, shares, strict=True)):
        if share != before:
            points += [(time, before), (time, share)]
    points.append((times[-1], shares[-1]))
    return " ".join(f"{_WIDE * t / length:.1f},{_HIGH * (1 - s):.1f}" for t, s in points)
