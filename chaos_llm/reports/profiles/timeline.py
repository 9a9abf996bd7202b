"""The timeline of a profile as text: a row for each window and status page; times in UTC."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from chaos_llm.profiles.model import Flap, Profile, StatusPage, Window

_LEGEND = (
    "█ 75 % and over",
    "▓ 50 %",
    "▒ 25 %",
    "░ less",
    "╌ may have begun or ended",
    "┊ comes and goes",
    "· documented, not simulated",
    "i investigating",
    "d identified",
    "m monitoring",
    "r resolved",
    "p postmortem",
    "+ another post",
)

_MINUTE, _HOUR, _DAY = 60, 3600, 86400
STEPS = (
    *(count * _MINUTE for count in (1, 2, 5, 10, 15, 30)),
    *(count * _HOUR for count in (1, 2, 3, 6, 12)),
    *(count * _DAY for count in (1, 2, 7, 14, 28, 91)),
)
_TICK = 8  # columns between two labels of the axis, at least


def draw(profile: Profile, width: int) -> str:
    """The timeline as text of that many columns."""
    names = [window.name for window in profile.windows]
    names += [f"status page {page.provider}" for page in profile.status_pages.values()]
    label = min(width // 3, max(map(len, names), default=0))
    scale = TextScale(profile.ends, max(_TICK, width - label - 1))
    rows = [
        *axis(profile.starts, scale),
        *(_bar(window, scale) for window in profile.windows),
        *(_posts(page, scale) for page in profile.status_pages.values()),
    ]
    labels = ["", "", *(_shortened(name, label) for name in names)]
    lines = (f"{name:<{label}} {row}" for name, row in zip(labels, rows, strict=True))
    return "\n".join(line.rstrip() for line in lines)


def legend(width: int) -> str:
    """The meaning of the timeline's signs."""
    unbroken = "   ".join(sign.replace(" ", "\xa0") for sign in _LEGEND)
    return textwrap.fill(unbroken, width).replace("\xa0", " ")


@dataclass(frozen=True, slots=True)
class TextScale:
    """Seconds of a profile on columns of a terminal."""

    length: float
    columns: int

    def column(self, time: float) -> int:
        """The column of a time; times outside are drawn at the edge."""
        return min(self.columns - 1, max(0, int(time / self.length * self.columns)))

    def cell(self, column: int) -> tuple[float, float]:
        """The times in seconds of the profile at which a column begins and ends."""
        return (
            column * self.length / self.columns,
            (column + 1) * self.length / self.columns,
        )


def _shortened(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 1]}…"


def axis(starts: datetime, scale: TextScale) -> tuple[str, str]:
    """Labels at round times, and the ruler below them."""
    step = next((s for s in STEPS if s / scale.length * scale.columns >= _TICK), STEPS[-1])
    labels, ruler = [" "] * scale.columns, ["─"] * scale.columns
    for time in _ticks(starts, scale.length, step):
        column, when = scale.column(time), starts + timedelta(seconds=time)
        ruler[column] = "┬"
        at_midnight = not (when.hour or when.minute)
        text = f"{when:%d %b}" if at_midnight else f"{when:%H:%M}"
        if column + len(text) <= scale.columns:
            labels[column : column + len(text)] = text
    return "".join(labels), "".join(ruler)


def _ticks(starts: datetime, length: float, step: int) -> Iterable[float]:
    midnight = datetime(starts.year, starts.month, starts.day, tzinfo=UTC)
    time = -(starts - midnight).total_seconds() % step
    while time < length:
        yield time
        time += step


def _bar(window: Window, scale: TextScale) -> str:
    return "".join(_block(window, *scale.cell(column)) for column in range(scale.columns))


def _block(window: Window, begins: float, ends: float) -> str:
    if not _overlap(begins, ends, window.begins[0], window.ends[1]):
        return " "
    if not _overlap(begins, ends, window.begins[1], window.ends[0]):
        return "╌"
    if not window.simulated:
        return "·"
    if window.flap is not None:
        began = max(begins, window.begins[1]) - window.begins[1]
        ended = min(ends, window.ends[0]) - window.begins[1]
        if not _in_force(window.flap, began, ended):
            return " "
        if not _in_force(window.flap, began, ended, whole=True):
            return "┊"
    middle = (max(begins, window.begins[1]) + min(ends, window.ends[0])) / 2
    share = window.share.at(middle, pick=0.5)
    return next(
        block for least, block in zip((0.75, 0.5, 0.25, 0.0), "█▓▒░", strict=True) if share >= least
    )


def _in_force(flap: Flap, begins: float, ends: float, *, whole: bool = False) -> bool:
    """Whether a flapping window is down at some time, or all the time, between two."""
    period = flap.down + flap.up
    down_until = begins // period * period + flap.down
    if whole:
        return ends <= down_until
    return begins < down_until or ends > down_until + flap.up


def _overlap(begins: float, ends: float, first: float, last: float) -> bool:
    return begins < last and first < ends


def _posts(page: StatusPage, scale: TextScale) -> str:
    if not page.posts:
        return "(its posts were not found)" if page.unknown else "(no post all the time)"
    row = [" "] * scale.columns
    for post in page.posts:
        column = scale.column(post.at)
        if post.state or row[column] == " ":
            row[column] = post.state[:1] or "+"
    return "".join(row)
