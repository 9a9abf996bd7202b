"""Profiles as text: the list of all, and one in full with the evidence of each fact."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator

from chaos_llm import profiles
from chaos_llm.durations import describe
from chaos_llm.profiles import evidence_grades
from chaos_llm.profiles.evidence_grades import EvidenceGrade
from chaos_llm.profiles.model import HealthyLatency, Post, Profile
from chaos_llm.reports.profiles import timeline, window_text, wording

WIDTH = 96

_GRADES: dict[EvidenceGrade, str] = {
    "reported": "by the provider or a monitor",
    "claimed": "by the press or by users",
    "assumed": "by no source: chosen, so that it can be simulated",
}
_COLOURS = {"reported": "32", "claimed": "33", "assumed": "31"}


def catalogue(tag: str | None = None, *, width: int = WIDTH, colour: bool = False) -> str:
    """The text of `chaos-llm profiles [--tag T]`; raises UnknownName for an unknown tag."""
    names = profiles.with_tag(tag) if tag else profiles.names()
    return render_catalogue(map(profiles.load, names), width=width, colour=colour)


def show(name: str, *, width: int = WIDTH, colour: bool = False) -> str:
    """The text of `chaos-llm show NAME`; a path to a .toml file is a name, too."""
    return render_profile(profiles.load(name), width=width, colour=colour)


def render_catalogue(listed: Iterable[Profile], *, width: int = WIDTH, colour: bool = False) -> str:
    """A paragraph for each profile: name, date, length, tags, and the share of assumed facts."""
    blocks = []
    for profile in listed:
        about = (
            f"{profile.starts:%d %b %Y}, {describe(profile.ends)}, "
            f"{wording.assumed(profile)} assumed; {', '.join(profile.tags)}"
        )
        lines = [profile.name, *_wrapped(profile.title, width), *_wrapped(about, width)]
        blocks.append("\n".join(lines))
    return _painted("\n\n".join(blocks) + "\n", colour=colour)


def render_profile(profile: Profile, *, width: int = WIDTH, colour: bool = False) -> str:
    """The timeline to scale, then every window, the status pages and the sources."""
    blocks = [
        _head(profile, width),
        timeline.draw(profile, width),
        timeline.legend(width),
        _grades(profile, width),
        window_text.first_sights(profile, width),
        *(window_text.window(profile, window, width) for window in profile.windows),
        *(_page(profile, provider, width) for provider in profile.status_pages),
        _events(profile, width),
        _sources(profile, width),
    ]
    return _painted("\n\n".join(block for block in blocks if block) + "\n", colour=colour)


def _head(profile: Profile, width: int) -> str:
    until = profile.when(profile.ends)
    lines = [
        profile.name,
        *textwrap.wrap(profile.title, width),
        f"{profile.starts:%d %b %Y %H:%M} to {until:%d %b %H:%M} UTC ({describe(profile.ends)})",
        *textwrap.wrap(
            f"tags: {', '.join(profile.tags)}" if profile.tags else "",
            width,
            break_on_hyphens=False,
        ),
        *textwrap.wrap(f"evidence: {profile.confidence}" if profile.confidence else "", width),
        f"{wording.assumed(profile)} of the simulated facts are assumed",
        *(line for text in profile.note.splitlines() for line in textwrap.wrap(text, width)),
    ]
    return "\n".join(filter(None, lines))


def _grades(profile: Profile, width: int) -> str:
    counts = evidence_grades.counted(profile)
    lines = (
        wording.fact(f"{f'[{grade}]':<10}", f"{counts.get(grade, 0):>3}  {meaning}", width)
        for grade, meaning in _GRADES.items()
    )
    return "\n".join(["Evidence of its facts", *lines])


def _page(profile: Profile, provider: str, width: int) -> str:
    page = profile.status_pages[provider]
    lines = [f"Status page of {provider}"]
    if page.unknown:
        return "\n".join([*lines, "  its posts were not found: it is not simulated"])
    if not page.posts:
        return "\n".join(
            [*lines, f"  no post all the time  {wording.mark(profile, (page.evidence,))}"]
        )
    lines[0] += f": first post {describe(page.posts[0].at)} after the start"
    for post in page.posts:
        text = f"{_post(post)}  {wording.mark(profile, (post.evidence,))}"
        lines.append(wording.fact(wording.clock(profile, post.at), text, width))
    return "\n".join(lines)


def _post(post: Post) -> str:
    words = (
        post.state,
        f'"{post.says}"' if post.says else "",
        f"impact {post.impact}" if post.impact else "",
        f"on {', '.join(post.components)}" if post.components else "",
    )
    return " ".join(filter(None, words)) or "an update"


def _events(profile: Profile, width: int) -> str:
    lines = [
        wording.fact(
            wording.clock(profile, event.at),
            f"{event.says}  {wording.mark(profile, (event.evidence,))}",
            width,
        )
        for event in profile.events
    ]
    for name, edge in profile.edges.items():
        text = f"{name} serves {', '.join(edge.providers)}"
        lines.append(
            wording.fact("edge", f"{text}  {wording.mark(profile, (edge.evidence,))}", width)
        )
    for provider, latency in profile.baseline.items():
        lines.append(wording.fact("latency", _latency(profile, provider, latency), width))
        for model, its_own in latency.models:
            lines.append(wording.fact("latency", _latency(profile, model, its_own), width))
    for provider, allowance in profile.quotas.items():
        quota, limits = allowance.quota, []
        if quota.requests_per_minute:
            limits.append(f"{quota.requests_per_minute:g} requests")
        if quota.tokens_per_minute:
            limits.append(f"{quota.tokens_per_minute:g} tokens")
        text = f"{provider}: {' and '.join(limits)} a minute for each credential"
        mark = wording.mark(profile, (allowance.evidence,))
        lines.append(wording.fact("quota", f"{text}  {mark}", width))
    return "\n".join(["Beside the timeline", *lines]) if lines else ""


def _latency(profile: Profile, name: str, latency: HealthyLatency) -> str:
    token = f", then {describe(latency.token)} a token" if latency.token else ""
    text = f"{name}, healthy: first token after {describe(latency.first_token)}{token}"
    return f"{text}  {wording.mark(profile, (latency.evidence,))}"


def _sources(profile: Profile, width: int) -> str:
    lines = ["Sources"]
    for key, source in profile.sources.items():
        lines.append(wording.fact(key, f"{source.title}  [{source.grade}: {source.kind}]", width))
        lines.append(f"        {source.address or 'no address is known'}")
    return "\n".join(lines) if profile.sources else "Sources: none; all facts are assumed"


def _wrapped(text: str, width: int) -> Iterator[str]:
    indent = "    "
    yield from textwrap.wrap(
        text, width, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False
    )


def _painted(text: str, *, colour: bool) -> str:
    if not colour:
        return text

    def paint(found: re.Match[str]) -> str:
        return f"\x1b[{_COLOURS[found[2]]}m{found[0]}\x1b[0m"

    return re.sub(r"\[([\w ]*?)\b(reported|claimed|assumed)\b[^\]]*\]", paint, text)
