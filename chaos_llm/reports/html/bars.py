"""The SVG shapes of a row of the chart; a row is 100 units wide."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from chaos_llm.reports.html import wording
from chaos_llm.reports.html.element import Child, Html, el
from chaos_llm.reports.html.scale import PageScale
from chaos_llm.reports.records.models import RunRecord

Places = Sequence[tuple[float, float]]


def plot(scale: PageScale, height: float, *shapes: Child, behind: Child = None) -> Html:
    """An SVG that is stretched to the width of its row, with grid lines at round times."""
    lines = " ".join(f"M{scale.at(time)} 0V{height:g}" for time, _ in scale.ticks())
    grid = el("path", d=lines, class_="grid")
    cut = [rect(gap.left, gap.right, 0, height, class_="cut") for gap in scale.gaps]
    return el(
        "svg",
        behind,
        grid,
        cut,
        *shapes,
        viewBox=f"0 0 100 {height:g}",
        preserveAspectRatio="none",
        style=f"height:{height:g}px",
        aria_hidden="true",
        focusable="false",
    )


def rect(
    left: float, right: float, top: float, height: float, *inner: Child, **more: object
) -> Html:
    """One rectangle, at least as wide as can be seen."""
    place = {"x": f"{left:.3f}", "y": f"{top:g}", "height": f"{height:g}"}
    return el("rect", *inner, width=f"{max(0.12, right - left):.3f}", **place, **more)


def places(run: RunRecord, scale: PageScale) -> list[tuple[float, float]]:
    """The left and right edge of each column."""
    return [
        (scale.at(begins), scale.at(begins + run.step * 0.9999)) for begins in wording.columns(run)
    ]


def columns(where: Places, tops: Sequence[float], bottoms: Sequence[float]) -> str:
    """The SVG path of a bar for each column with a height, from its top to its bottom."""
    return "".join(
        f"M{left:.3f} {bottom:.2f}V{top:.2f}h{(right - left) * 0.9:.3f}V{bottom:.2f}z"
        for (left, right), top, bottom in zip(where, tops, bottoms, strict=True)
        if bottom > top
    )


def stacked(
    where: Places, height: float, most: int, layers: Iterable[tuple[str, list[int]]]
) -> list[Html]:
    """Layers of counts on top of each other, the first at the bottom; `most` fills the height."""
    shapes, ground = [], None
    for name, counts in layers:
        bottoms = ground or [height] * len(counts)
        tops = [b - c / most * height for b, c in zip(bottoms, counts, strict=True)]
        shapes.append(el("path", d=columns(where, tops, bottoms), class_=f"fill {name}"))
        ground = tops
    return shapes


def hover(where: Places, height: float, texts: Iterable[str]) -> list[Html]:
    """The tooltips of the columns."""
    return [
        rect(left, right, 0, height, el("title", text), class_="hover")
        for (left, right), text in zip(where, texts, strict=True)
        if text
    ]
