"""Profiles as text: the list of them, and one in full with what each of its facts rests on."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator

from chaos_llm import profiles
from chaos_llm.durations import describe
from chaos_llm.profiles import evidence
from chaos_llm.reports import timeline_text, wording
from chaos_llm.timeline import Profile, Window

WIDTH = 96

_COLOURS = {"reported": "32", "claimed": "33", "assumed": "31"}


def catalogue(tag: str | None = None, *, width: int = WIDTH, colour: bool = False) -> str:
    """What `chaos-llm profiles [--tag T]` prints; raises UnknownName for an unknown tag."""
    names = profiles.with_tag(tag) if tag else profiles.names()
    return render_catalogue(map(profiles.load, names), width=width, colour=colour)


def show(name: str, *, width: int = WIDTH, colour: bool = False) -> str:
    """What `chaos-llm show NAME` prints; a path to a .toml file is a name too."""
    return render_profile(profiles.load(name), width=width, colour=colour)


def render_catalogue(listed: Iterable[Profile], *, width: int = WIDTH, colour: bool = False) -> str:
    """One paragraph a profile: name, day, length, tags, and how much of it is assumed."""
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
        timeline_text.draw(profile, width),
        timeline_text.legend(width),
        _first_sights(profile, width),
        *(_window(profile, window, width) for window in profile.windows),
        *(_page(profile, provider, width) for provider in profile.pages),
        _told(profile, width),
        _sources(profile, width),
    ]
    return _painted("\n\n".join(block for block in blocks if block) + "\n", colour=colour)


def _head(profile: Profile, width: int) -> str:
    until = profile.when(profile.ends)
    lines = [
        profile.name,
        *textwrap.wrap(profile.title, width),
        f"{profile.starts:%d %b %Y %H:%M} to {until:%d %b %H:%M} UTC ({describe(profile.ends)})",
        f"tags: {', '.join(profile.tags)}" if profile.tags else "",
        *textwrap.wrap(f"evidence: {profile.grade}" if profile.grade else "", width),
        f"{wording.assumed(profile)} of the facts that a replay plays are assumed",
        *(line for text in profile.note.splitlines() for line in textwrap.wrap(text, width)),
    ]
    return "\n".join(filter(None, lines))


def _first_sights(profile: Profile, width: int) -> str:
    first: dict[tuple[str, str], Window] = {}
    for window in sorted(profile.windows, key=lambda window: window.begins):
        for target in window.on if window.played else ():
            first.setdefault((target.provider, target.surface), window)
    rows = (
        wording.fact(
            wording.clock(profile, *window.begins),
            f"{provider} {surface}, {wording.percent(window.share.points[0][1])}: "
            f"{wording.mix(window)}",
            width,
        )
        for (provider, surface), window in first.items()
    )
    return "\n".join(["What a client sees first", *rows]) if first else ""


def _window(profile: Profile, window: Window, width: int) -> str:
    rest = dict(evidence.facts(window))
    rows = (
        ("from", ("from",), wording.clock(profile, *window.begins)),
        ("until", ("until",), wording.clock(profile, *window.ends)),
        ("hits", ("on",), "; ".join(map(wording.target, window.on))),
        ("share", ("share",), wording.share(profile, window.share)),
        ("die", ("per", "redraw"), wording.die(window)),
        (
            "mix",
            tuple(rest.keys() - {"from", "until", "on", "share", "per", "redraw"}),
            wording.mix(window),
        ),
    )
    lines = [window.name if window.played else f"{window.name} (told, not played)"]
    for label, keys, text in rows:
        marks = wording.marks(profile, {key: rest[key] for key in sorted(keys) if key in rest})
        if label == "die" and not marks:
            continue  # a die for each request, and nobody said otherwise
        lines.append(wording.fact(label, f"{text}  {marks}".rstrip(), width))
    if window.note:
        lines.append(wording.fact("note", window.note, width))
    return "\n".join(lines)


def _page(profile: Profile, provider: str, width: int) -> str:
    page = profile.pages[provider]
    lines = [f"Status page of {provider}"]
    if page.unknown:
        return "\n".join([*lines, "  its posts were not found: it is not played"])
    if not page.posts:
        return "\n".join(
            [*lines, f"  no post all the while  {wording.mark(profile, (page.basis,))}"]
        )
    lines[0] += f": first post {describe(page.posts[0].at)} after the start"
    for post in page.posts:
        says = " ".join(filter(None, (post.state, f'"{post.says}"' if post.says else "")))
        text = f"{says or 'an update'}  {wording.mark(profile, (post.basis,))}"
        lines.append(wording.fact(wording.clock(profile, post.at), text, width))
    return "\n".join(lines)


def _told(profile: Profile, width: int) -> str:
    lines = [
        wording.fact(
            wording.clock(profile, aside.at),
            f"{aside.says}  {wording.mark(profile, (aside.basis,))}",
            width,
        )
        for aside in profile.asides
    ]
    for provider, pace in profile.healthy.items():
        token = f", then {describe(pace.token)} a token" if pace.token else ""
        text = f"{provider}, healthy: first token after {describe(pace.first_token)}{token}"
        lines.append(wording.fact("pace", f"{text}  {wording.mark(profile, (pace.basis,))}", width))
    for provider, allowance in profile.quotas.items():
        quota, limits = allowance.quota, []
        if quota.requests_per_minute:
            limits.append(f"{quota.requests_per_minute:g} requests")
        if quota.tokens_per_minute:
            limits.append(f"{quota.tokens_per_minute:g} tokens")
        text = f"{provider}: {' and '.join(limits)} a minute for each credential"
        mark = wording.mark(profile, (allowance.basis,))
        lines.append(wording.fact("quota", f"{text}  {mark}", width))
    return "\n".join(["Beside the timeline", *lines]) if lines else ""


def _sources(profile: Profile, width: int) -> str:
    lines = ["Sources"]
    for key, source in profile.sources.items():
        lines.append(wording.fact(key, f"{source.title}  [{source.grade}: {source.kind}]", width))
        lines.append(f"        {source.address or 'no address is known'}")
    return "\n".join(lines) if profile.sources else "Sources: none; all is assumed"


def _wrapped(text: str, width: int) -> Iterator[str]:
    yield from textwrap.wrap(text, width, initial_indent="    ", subsequent_indent="    ")


def _painted(text: str, *, colour: bool) -> str:
    if not colour:
        return text

    def paint(found: re.Match[str]) -> str:
        return f"\x1b[{_COLOURS[found[2]]}m{found[0]}\x1b[0m"

    return re.sub(r"\[([\w ]*?)\b(reported|claimed|assumed)\b[^\]]*\]", paint, text)
