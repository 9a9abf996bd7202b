"""The timeline of all dated profiles, with filters; raw HTML inside Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from html import escape

from chaos_llm import profiles
from chaos_llm.profiles import evidence_grades
from chaos_llm.profiles.model import SIMULATED_SURFACES, Profile

_DATED = re.compile(r"-\d{4}-\d{2}(-|$)|-\d{4}-")
_FIRST = datetime(2022, 7, 1, tzinfo=UTC)
_LAST = datetime(2026, 12, 1, tzinfo=UTC)
_FILTERS = ("provider", "surface", "kind", "grade")


def render() -> str:
    """The filters, and a row of marks for each provider; each mark is a link to its page."""
    dated = [profile for profile in map(profiles.load, profiles.names()) if is_dated(profile)]
    rows = {name: [p for p in dated if _main(p) == name] for name in sorted(set(map(_main, dated)))}
    lines = [_select(name, dated) for name in _FILTERS]
    body = "".join(_row(name, each) for name, each in rows.items())
    years = "".join(
        f'<span style="left:{_place(datetime(year, 1, 1, tzinfo=UTC)):.2f}%">{year}</span>'
        for year in range(2023, 2027)
    )
    return (
        f'<div class="timeline" data-filters="{" ".join(_FILTERS)}">\n'
        f'<p class="filters">{"".join(lines)}</p>\n'
        f'<div class="row axis"><b></b><div class="line">{years}</div></div>\n{body}</div>\n'
    )


def is_dated(profile: Profile) -> bool:
    """Whether a profile is about incidents on days that are known."""
    return bool(_DATED.search(profile.name)) and "healthy" not in profile.tags


def facts(profile: Profile) -> dict[str, list[str]]:
    """What a profile can be filtered by: all values of each filter."""
    targets = [target for window in profile.windows for target in window.on]
    grades = evidence_grades.counted(profile)
    return {
        "provider": sorted({target.provider for target in targets if target.provider != "*"}),
        "surface": sorted({target.surface for target in targets}),
        "kind": list(profile.tags),
        "grade": [grade for grade in evidence_grades.EVIDENCE_GRADES if grades[grade]],
    }


def _main(profile: Profile) -> str:
    """The provider in whose row a profile stands: that of its first simulated window."""
    windows = [window for window in profile.windows if window.simulated] or profile.windows
    return next(
        (t.provider for w in windows for t in w.on if t.surface in SIMULATED_SURFACES), "web"
    )


def _row(name: str, members: Iterable[Profile]) -> str:
    marks = "".join(_mark(profile) for profile in members)
    return f'<div class="row"><b>{escape(name)}</b><div class="line">{marks}</div></div>\n'


def _mark(profile: Profile) -> str:
    data = " ".join(
        f'data-{name}="{escape(" ".join(values))}"' for name, values in facts(profile).items()
    )
    about = escape(f"{profile.starts:%Y-%m-%d}: {profile.title}")
    return (
        f'<a href="profiles/{profile.name}.html" style="left:{_place(profile.starts):.2f}%" '
        f'title="{about}" {data}>{escape(profile.name)}</a>'
    )


def _place(moment: datetime) -> float:
    """Where a moment lies, in percent of the line."""
    return max(0.0, min(100.0, 100 * ((moment - _FIRST) / (_LAST - _FIRST))))


def _select(name: str, dated: Iterable[Profile]) -> str:
    values = sorted({value for profile in dated for value in facts(profile)[name]})
    options = "".join(f"<option>{escape(value)}</option>" for value in values)
    select = f'<select name="{name}"><option value="">all</option>{options}</select>'
    return f"<label>{name} {select}</label> "
