"""The rows of the profile: a bar for each window, shaded by its share, and status pages."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from chaos_llm.reports.html import bars, wording
from chaos_llm.reports.html.element import Child, Html, el
from chaos_llm.reports.html.scale import PageScale
from chaos_llm.reports.records.profile import (
    PageRecord,
    PostRecord,
    ProfileRecord,
    WindowRecord,
)

_HIGH = 18.0
_SLICES = 24  # of a window whose share changes gradually
_CLOSED = ("", "resolved", "postmortem")


def window_rows(profile: ProfileRecord, scale: PageScale) -> Iterator[tuple[Child, Child]]:
    """The simulated windows within the run, with their labels."""
    for window in profile.windows:
        if window.simulated and window.begins < scale.ends and scale.begins < window.ends:
            about = f"{', '.join(window.on)} · {_share(window)}"
            label = [el("b", window.name), el("small", about)]
            yield label, _bar(profile, window, scale)


def _share(window: WindowRecord) -> str:
    """The share, or its range; the table of windows has all of its points."""
    shares = [share for _, share in window.shares]
    low, high = wording.percent(min(shares)), wording.percent(max(shares))
    return low if low == high else f"{low} to {high}"


def page_rows(profile: ProfileRecord, scale: PageScale) -> Iterator[tuple[Child, Child]]:
    """The posts of status pages within the run."""
    for page in profile.status_pages:
        posts = [post for post in page.posts if scale.begins <= post.at < scale.ends]
        if posts:
            label = [el("b", f"{page.provider} status page"), el("small", _first(profile, posts))]
            yield label, _page(profile, page, posts, scale)


def _first(profile: ProfileRecord, posts: list[PostRecord]) -> str:
    return f"first post at {wording.when(profile, posts[0].at, '%H:%M')}"


def _bar(profile: ProfileRecord, window: WindowRecord, scale: PageScale) -> Html:
    about = (
        f"{window.name}, {wording.when(profile, window.begins)} to "
        f"{wording.when(profile, window.ends)}: {window.share} of the requests; {window.faults}"
    )
    slices = [
        bars.rect(
            scale.at(begins),
            scale.at(ends),
            2,
            _HIGH - 4,
            class_="hit",
            style=f"fill-opacity:{0.12 + 0.88 * share:.2f}" if share else "fill-opacity:0",
        )
        for begins, ends, share in _slices(window)
        if ends > scale.begins and begins < scale.ends
    ]
    left, right = scale.at(window.begins), scale.at(window.ends)
    frame = bars.rect(left, right, 2, _HIGH - 4, el("title", about), class_="frame")
    return bars.plot(scale, _HIGH, slices, frame)


def _slices(window: WindowRecord) -> Iterator[tuple[float, float, float]]:
    """Parts of a window of nearly the same share."""
    for (begins, first), (ends, last) in pairwise(window.shares):
        count = _SLICES if first != last else 1
        step = (ends - begins) / count
        for index in range(count):
            share = first + (last - first) * (index + 0.5) / count
            yield begins + step * index, begins + step * (index + 1), share


def _page(
    profile: ProfileRecord, page: PageRecord, posts: list[PostRecord], scale: PageScale
) -> list[Child]:
    stretches = [
        bars.rect(scale.at(begins), scale.at(ends), 7, 4, class_="incident")
        for begins, ends in _open(page, scale)
    ]
    marks = [
        el(
            "span",
            post.state[:1] or "+",
            style=f"left:{scale.at(post.at)}%",
            title=f"{wording.when(profile, post.at, '%H:%M')} {post.state}: {post.says}",
            class_="post",
        )
        for post in posts
    ]
    return [bars.plot(scale, _HIGH, stretches), *marks]


def _open(page: PageRecord, scale: PageScale) -> Iterator[tuple[float, float]]:
    """When the page showed an open incident."""
    state, since = "", 0.0
    for post in page.posts:
        after = post.state or state
        if state in _CLOSED and after not in _CLOSED:
            since = post.at
        elif state not in _CLOSED and after in _CLOSED:
            yield since, post.at
        state = after
    if state not in _CLOSED:
        yield since, scale.ends
