"""The section on the outage profile: its windows, status pages and sources."""

from __future__ import annotations

from collections.abc import Iterator

from chaos_llm.reports.html import wording
from chaos_llm.reports.html.element import Html, el, table
from chaos_llm.reports.html.sections import section
from chaos_llm.reports.records.profile import ProfileRecord, WindowRecord


def profile_section(
    profile: ProfileRecord,
    begins: float | None = None,
    ends: float | None = None,
    *,
    unfolded: bool = False,
) -> Html:
    """All facts of a profile; `begins` and `ends` are those of the run.

    The windows are folded up, or `unfolded` where the page is about nothing else.
    """
    parts = [*_about(profile), *_windows(profile, begins, ends, unfolded)]
    return section("The outage profile", *parts, *_pages(profile), *_sources(profile))


def _about(profile: ProfileRecord) -> Iterator[Html]:
    if profile.windows:
        assumed = wording.percent(profile.assumed)
        yield el("p", f"{profile.title}. {assumed} of the simulated facts are assumed.")
    if profile.note:
        yield el("p", profile.note, class_="muted")


def _windows(
    profile: ProfileRecord, begins: float | None, ends: float | None, unfolded: bool
) -> Iterator[Html]:
    if not profile.windows:
        yield el(
            "p", "Every provider was healthy, except for faults that the test itself injected."
        )
        return
    head = ["window", "from", "until", "hits", "share", "faults", "draws", "evidence"]
    rows = (
        [
            [window.name, _outside(window, begins, ends)],
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
    inner = table(head, rows, "Windows")
    yield el("details", el("summary", "Windows"), inner, open=unfolded)


def _outside(window: WindowRecord, begins: float | None, ends: float | None) -> Html | None:
    if not window.simulated:
        return el("small", " documented, not simulated")
    if (
        begins is not None
        and ends is not None
        and not (begins < window.ends and ends > window.begins)
    ):
        return el("small", " outside of the replay")
    return None


def _pages(profile: ProfileRecord) -> Iterator[Html]:
    for page in profile.status_pages:
        if page.posts:
            head = ["time", "state", "text", "evidence"]
            rows = (
                [wording.day_and_time(profile, p.at), p.state or "-", p.says or "-", p.evidence]
                for p in page.posts
            )
            title = f"Status page of {page.provider}"
            yield el("details", el("summary", title), table(head, rows, title))


def _sources(profile: ProfileRecord) -> Iterator[Html]:
    if profile.sources:
        head = ["source", "kind", "title", "address"]
        rows = ([s.key, f"{s.kind} ({s.grade})", s.title, s.address] for s in profile.sources)
        yield el("details", el("summary", "Sources"), table(head, rows, "Sources"))
