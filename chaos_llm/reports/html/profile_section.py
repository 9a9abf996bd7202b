"""The bad day itself: its windows, status pages and sources."""

from __future__ import annotations

from collections.abc import Iterator

from chaos_llm.reports.html import wording
from chaos_llm.reports.html.element import Html, el, table
from chaos_llm.reports.html.sections import section
from chaos_llm.reports.records.profile_models import ProfileRecord, WindowRecord


def the_day(profile: ProfileRecord, begins: float | None = None, ends: float | None = None) -> Html:
    """Everything that is known about the day; `begins` and `ends` are those of the run."""
    parts = [*_about(profile), *_windows(profile, begins, ends)]
    return section("The bad day", *parts, *_pages(profile), *_sources(profile))


def _about(profile: ProfileRecord) -> Iterator[Html]:
    if profile.windows:
        assumed = wording.percent(profile.assumed)
        yield el("p", f"{profile.title}. {assumed} of the facts that a replay plays are assumed.")
    if profile.note:
        yield el("p", profile.note, class_="muted")


def _windows(profile: ProfileRecord, begins: float | None, ends: float | None) -> Iterator[Html]:
    if not profile.windows:
        yield el("p", "Every provider was healthy, but for what the test itself put on.")
        return
    head = ["window", "from", "until", "hits", "share", "faults", "dice", "evidence"]
    rows = (
        [
            [window.name, _apart(window, begins, ends)],
            wording.day_and_time(profile, window.begins),
            wording.day_and_time(profile, window.ends),
            ", ".join(window.on),
            window.share,
            el("code", window.faults),
            window.stickiness,
            window.evidence,
        ]
        for window in profile.windows
    )
    yield el("details", el("summary", "Windows"), table(head, rows, "Windows"))


def _apart(window: WindowRecord, begins: float | None, ends: float | None) -> Html | None:
    if not window.simulated:
        return el("small", " told, not played")
    if (
        begins is not None
        and ends is not None
        and not (begins < window.ends and ends > window.begins)
    ):
        return el("small", " the replay did not come to it")
    return None


def _pages(profile: ProfileRecord) -> Iterator[Html]:
    for page in profile.status_pages:
        if page.posts:
            head = ["time", "state", "what it said", "evidence"]
            rows = (
                [wording.day_and_time(profile, p.at), p.state or "-", p.says or "-", p.evidence]
                for p in page.posts
            )
            title = f"Status page of {page.provider}"
            yield el("details", el("summary", title), table(head, rows, title))


def _sources(profile: ProfileRecord) -> Iterator[Html]:
    if profile.sources:
        head = ["source", "kind", "what", "where"]
        rows = ([s.key, f"{s.kind} ({s.grade})", s.title, s.address] for s in profile.sources)
        yield el("details", el("summary", "Sources"), table(head, rows, "Sources"))
