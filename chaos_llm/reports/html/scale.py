"""Times of a run on the width of a page, in per cent, so that a drawing fits every screen.

Long times in which no call was due are cut out: each is a narrow gap, whatever its length.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import NamedTuple

from chaos_llm.reports.html.element import Html, el
from chaos_llm.reports.profiles.timeline import STEPS
from chaos_llm.reports.records.models import RunRecord

_TICKS = 11  # at most
_GAP = 1.2  # per cent of the width
_APART, _APART_WITH_DAYS = 8.5, 12.0  # per cent between two labels, at least


class Piece(NamedTuple):
    """A piece of the drawing: from and until, as times and as places."""

    begins: float
    ends: float
    left: float
    right: float


@dataclass(frozen=True)
class PageScale:
    """The pieces of the drawing, with the gaps between them; times in seconds of the profile."""

    starts: datetime
    pieces: tuple[Piece, ...]
    gaps: tuple[Piece, ...] = ()

    @property
    def begins(self) -> float:
        return self.pieces[0].begins

    @property
    def ends(self) -> float:
        return self.pieces[-1].ends

    def at(self, time: float) -> float:
        """Where a time is, from 0 to 100; times outside are drawn at the edge."""
        index = bisect_right(self.pieces, time, key=lambda piece: piece.begins) - 1
        if index < 0:
            return 0.0
        piece = self.pieces[index]
        if time > piece.ends and index < len(self.gaps):
            piece = self.gaps[index]
        part = (time - piece.begins) / (piece.ends - piece.begins)
        return round(min(100.0, piece.left + (piece.right - piece.left) * min(1.0, part)), 3)

    def ticks(self) -> Iterator[tuple[float, str]]:
        """Round times of the day, and how they are written; after a gap its end, with its day."""
        apart = _APART_WITH_DAYS if self.gaps else _APART
        last = -apart
        for time, text in self._candidates():
            place = self.at(time)
            if place - last >= apart:
                yield time, text
                last = place

    def _candidates(self) -> Iterator[tuple[float, str]]:
        step = self._step()
        for piece in self.pieces:
            if self.gaps:
                when = self.starts + timedelta(seconds=piece.begins)
                yield piece.begins, f"{when.day} {when:%b %H:%M}"
            for time in _round_times(self.starts, piece, step):
                yield time, _written(self.starts + timedelta(seconds=time), step)

    def _step(self) -> float:
        length = sum(piece.ends - piece.begins for piece in self.pieces)
        fine = (1.0, 2.0, 5.0, 10.0, 15.0, 30.0)
        return next((s for s in (*fine, *STEPS) if length / s <= _TICKS), STEPS[-1])


def scale_of(run: RunRecord) -> PageScale:
    """The scale on which all of a run is drawn: whole columns."""
    spans = [(s.begins, s.begins + max(s.columns, 1) * run.step) for s in run.stretches]
    length = sum(ends - begins for begins, ends in spans)
    wide = (100 - _GAP * (len(spans) - 1)) / length
    pieces: list[Piece] = []
    for begins, ends in spans:
        left = pieces[-1].right + _GAP if pieces else 0.0
        pieces.append(Piece(begins, ends, left, left + (ends - begins) * wide))
    gaps = [
        Piece(before.ends, max(after.begins, before.ends + 0.001), before.right, after.left)
        for before, after in pairwise(pieces)
    ]
    return PageScale(run.profile.starts, tuple(pieces), tuple(gaps))


def axis(scale: PageScale) -> Html:
    """The labels of the time axis."""
    return el(
        "div",
        [
            el("span", text, style=f"left:{scale.at(time)}%", class_=_edge(scale.at(time)))
            for time, text in scale.ticks()
        ],
        class_="axis",
        aria_hidden="true",
    )


def _edge(at: float) -> str | None:
    return "first" if at < 4 else "last" if at > 96 else None


def _round_times(starts: datetime, piece: Piece, step: float) -> Iterator[float]:
    first = starts + timedelta(seconds=piece.begins)
    midnight = datetime(first.year, first.month, first.day, tzinfo=UTC)
    time = piece.begins + -(first - midnight).total_seconds() % step
    while time < piece.ends:
        yield time
        time += step


def _written(when: datetime, step: float) -> str:
    if not (when.hour or when.minute or when.second):
        return f"{when.day} {when:%b}"
    return f"{when:%H:%M:%S}" if step < 60 else f"{when:%H:%M}"
