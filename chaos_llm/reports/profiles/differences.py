"""The differences between two outage profiles, in words."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping

from chaos_llm.durations import describe
from chaos_llm.profiles.model import Post, Profile, StatusPage, Window
from chaos_llm.reports.profiles import wording

Differences = dict[str, list[str]]  # by heading


def render(one: Profile, other: Profile, *, width: int) -> str:
    """The text of `chaos-llm diff ONE OTHER`."""
    blocks = [f"one:   {one.name}\nother: {other.name}"]
    for heading, lines in differences(one, other).items():
        blocks.append("\n".join([heading, *(_filled(line, width) for line in lines)]))
    if len(blocks) == 1:
        blocks.append("no difference")
    return "\n\n".join(blocks) + "\n"


def differences(one: Profile, other: Profile) -> Differences:
    """The differences by heading; empty if there are none.

    Times are compared as times since the start of each profile.
    """
    found: Differences = {
        "The profile": list(_profile(one, other)),
        **_windows(one, other),
        **_pages(one, other),
        "Sources": list(_keys({**one.sources}, {**other.sources}, "source")),
    }
    return {heading: lines for heading, lines in found.items() if lines}


def _profile(one: Profile, other: Profile) -> Iterator[str]:
    left, right = _facts_of_profile(one), _facts_of_profile(other)
    for label in (*left, *(key for key in right if key not in left)):
        yield from _change(label, left.get(label, "none"), right.get(label, "none"))


def _facts_of_profile(profile: Profile) -> dict[str, str]:
    facts = {
        "title": profile.title,
        "starts": f"{profile.starts:%d %b %Y %H:%M}",
        "length": describe(profile.ends),
        "tags": ", ".join(profile.tags) or "none",
        "evidence": profile.confidence or "not given",
        "assumed": wording.assumed(profile),
    }
    for name, latency in profile.baseline.items():
        first, token = describe(latency.first_token), describe(latency.token)
        facts[f"healthy {name}"] = f"first token after {first}, then {token} a token"
        for model, its in latency.models:
            first, token = describe(its.first_token), describe(its.token)
            facts[f"healthy {name} {model}"] = f"first token after {first}, then {token} a token"
    for name, allowance in profile.quotas.items():
        facts[f"quota of {name}"] = repr(allowance.quota)
    for name, edge in profile.edges.items():
        facts[f"behind {name}"] = ", ".join(edge.providers)
    return facts


def _windows(one: Profile, other: Profile) -> Differences:
    left, right = ({w.name: w for w in profile.windows} for profile in (one, other))
    found: Differences = {
        "Windows that only one has": [
            f"{name}: {_summary(window)}" for name, window in left.items() if name not in right
        ],
        "Windows that only other has": [
            f"{name}: {_summary(window)}" for name, window in right.items() if name not in left
        ],
    }
    for name in left.keys() & right.keys():
        facts, other_facts = _facts(left[name]), _facts(right[name])
        found[f"Window {name!r}"] = [
            line for label in facts for line in _change(label, facts[label], other_facts[label])
        ]
    in_order = (*list(found)[:2], *(f"Window {w.name!r}" for w in one.windows))
    return {heading: found[heading] for heading in in_order if heading in found}


def _summary(window: Window) -> str:
    facts = _facts(window)
    times = f"{facts['from']} to {facts['until']}"
    return f"{times}, {facts['share']} of {facts['hits']}: {facts['faults']}"


def _facts(window: Window) -> dict[str, str]:
    return {
        "from": _span(window.begins),
        "until": _span(window.ends),
        "hits": "; ".join(map(wording.target, window.on)),
        "except": "; ".join(map(wording.target, window.except_)) or "nothing",
        "share": _share(window),
        "load": wording.capacity(window.capacity) if window.capacity else "any",
        "flaps": wording.flap(window.flap) if window.flap else "no",
        "stickiness": wording.stickiness(window),
        "faults": wording.faults(window),
    }


def _share(window: Window) -> str:
    share = window.share
    if len(share.points) == 1:
        until = f" to {wording.percent(share.until)}" if share.until is not None else ""
        return ("below " if share.bound else "") + wording.percent(share.points[0][1]) + until
    points = (f"{wording.percent(part)} at {_after(at)}" for at, part in share.points)
    return "a line through " + ", ".join(points)


def _pages(one: Profile, other: Profile) -> Differences:
    found: Differences = {}
    for name in dict.fromkeys((*one.status_pages, *other.status_pages)):
        left, right = one.status_pages.get(name), other.status_pages.get(name)
        found[f"Status page of {name}"] = list(_page(left, right))
    return found


def _page(left: StatusPage | None, right: StatusPage | None) -> Iterator[str]:
    yield from _change("it", _known(left), _known(right))
    posts, others = (
        {_bare(post): _post(post) for post in page.posts} if page else {} for page in (left, right)
    )
    yield from (f"only one: {text}" for key, text in posts.items() if key not in others)
    yield from (f"only other: {text}" for key, text in others.items() if key not in posts)


def _known(page: StatusPage | None) -> str:
    if page is None:
        return "is not part of the profile"
    if page.unknown:
        return "is not known"
    return "is known" if page.posts else "shows no incident"


def _bare(post: Post) -> tuple[object, ...]:
    return post.at, post.state, post.says, post.incident, post.impact, post.components


def _post(post: Post) -> str:
    quoted = f' "{post.says}"' if post.says else ""
    return f"{_after(post.at)}: {post.state or 'an update'}{quoted}"


def _keys(left: Mapping[str, object], right: Mapping[str, object], noun: str) -> Iterator[str]:
    yield from (f"only one: {noun} {key}" for key in left if key not in right)
    yield from (f"only other: {noun} {key}" for key in right if key not in left)


def _filled(line: str, width: int) -> str:
    return textwrap.fill(
        line,
        width,
        initial_indent="  ",
        subsequent_indent="      ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def _change(label: str, left: str, right: str) -> Iterator[str]:
    if left != right:
        yield f"{label}: {left} -> {right}"


def _span(limits: tuple[float, float]) -> str:
    first, last = limits
    return _after(first) if first == last else f"between {_after(first)} and {_after(last)}"


def _after(seconds: float) -> str:
    return f"-{describe(-seconds)}" if seconds < 0 else f"+{describe(seconds)}"
