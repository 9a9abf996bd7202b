"""What is wrong with a profile's file although it can be read: rules that can never strike.

for problem in lint.problems(Path("outages/ours.toml")):
    print(problem)                   # outages/ours.toml:12: window 'w': share: it is 0 ...

What keeps a file from being read is a problem, too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

from chaos_llm import providers
from chaos_llm.errors import ChaosError, ProfileError
from chaos_llm.profiles import evidence_grades, reading, toml_document
from chaos_llm.profiles.model import SIMULATED_SURFACES, Profile, Target, Window
from chaos_llm.profiles.toml_document import TomlDocument

_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_GLOB = re.compile(r"[*?\[]")

Problem = tuple[tuple[str | int, ...], str]  # where, and what


def problems(path: Path) -> list[str]:
    """All that is wrong with a file, each with file and line, in the order of the file.

    What keeps it from being read hides the rest.
    """
    try:
        read = toml_document.read(path)
        profile = reading.profile(read)
    except ChaosError as error:
        return str(error).splitlines()
    found = (problem for rule in _RULES for problem in rule(profile, read))
    told = [(read.where(*place), read.error(place, says)) for place, says in found]
    return [str(error) for _, error in sorted(told, key=_line)]


def _line(told: tuple[str, ProfileError]) -> int:
    return int(told[0].rpartition(":")[2])


def _naming(profile: Profile, read: TomlDocument) -> Iterator[Problem]:
    if not _NAME.fullmatch(profile.name):
        expected = "small letters, digits and single hyphens"
        yield ("title",), f"the file is called {read.path.name!r}; expected {expected}"
    if not profile.tags:
        yield ("title",), "there are no tags, so `--tag` and `chaos(tags=...)` never find it"
    for tag in profile.tags:
        if profile.tags.count(tag) > 1:
            yield ("tags",), f"the tag {tag!r} is there twice"
            break


def _unused(profile: Profile, read: TomlDocument) -> Iterator[Problem]:
    used = {
        key
        for window in profile.windows
        for b in evidence_grades.facts(window).values()
        for key in b
    }
    used |= {page.evidence for page in profile.status_pages.values()}
    used |= {post.evidence for page in profile.status_pages.values() for post in page.posts}
    used |= {aside.evidence for aside in profile.events}
    used |= {edge.evidence for edge in profile.edges.values()}
    used |= {pace.evidence for pace in profile.baseline.values()}
    used |= {allowance.evidence for allowance in profile.quotas.values()}
    used |= {pace.evidence for each in profile.baseline.values() for _, pace in each.models}
    told = " ".join((profile.note, *(window.note for window in profile.windows)))
    for key in profile.sources:
        if key not in used and not re.search(rf"\b{re.escape(key)}\b", told):
            yield ("sources", key), "nothing rests on this source, and no note speaks of it"
    behind = {
        target.get("edge")
        for window in read.tables.get("window", [])
        for target in (*window.get("on", []), *window.get("except", []))
    }
    for name in profile.edges:
        if name not in behind:
            yield ("edge", name), "no window hits it; say `edge = ...` in a window's `on`"


def _sources(profile: Profile, _read: TomlDocument) -> Iterator[Problem]:
    for key, source in profile.sources.items():
        if not source.title and not source.address:
            yield ("sources", key), "it has neither a title nor an address, so nobody finds it"


def _windows(profile: Profile, _read: TomlDocument) -> Iterator[Problem]:
    if not profile.windows and not profile.baseline and not profile.quotas:
        yield ("title",), "nothing is in it: no window, no healthy pace, no quota"
    for number, window in enumerate(profile.windows):
        place = ("window", number)
        if not window.share.highest:
            yield (*place, "share"), "it is 0 all the time, so nothing is ever hit"
        if window.sticky_for is not None and window.sticky_by == "request":
            yield (
                (*place, "sticky_for"),
                "without `sticky_by` each request has a draw of its own anyway",
            )
        if window.flap and window.flap.down >= window.ends[1] - window.begins[0]:
            yield (*place, "flap"), "`down` is as long as the window, so it never comes back"
        for index, target in enumerate(window.on):
            says = _out_of_reach(target)
            if says:
                yield (*place, "on", index), says


def _shadowed(profile: Profile, _read: TomlDocument) -> Iterator[Problem]:
    for number, window in enumerate(profile.windows):
        for before in profile.windows[:number]:
            if window.simulated and _hides(before, window):
                says = f"{before.name!r} comes before it and ends every reply, so it never strikes"
                yield ("window", number), says
                break


def _hides(before: Window, window: Window) -> bool:
    """Whether a window that stands before another in the file leaves nothing of it to be seen."""
    always = min(share for _, share in before.share.points) >= 1 and not before.share.bound
    ends = all(weighted.fault.ends_reply for weighted in before.faults)
    narrowed = before.flap is not None or before.capacity is not None or before.except_
    return (
        always
        and ends
        and not narrowed
        and before.begins[1] <= window.begins[0]
        and before.ends[0] >= window.ends[1]
        and all(any(_holds(wide, target) for wide in before.on) for target in window.on)
    )


def _holds(wide: Target, target: Target) -> bool:
    """Whether all that is in one target is in the other."""
    narrow = ("model", "path", "region", "credential", "tier", "stream", "larger_than")
    return (
        wide.provider in (target.provider, "*")
        and wide.surface == target.surface
        and all(getattr(wide, f) in (None, "", getattr(target, f)) for f in narrow)
    )


def _out_of_reach(target: Target) -> str:
    """Why no request can ever be inside a target; empty where one can."""
    formats = [each for each in providers.known() if target.provider in (each.name, "*")]
    if target.surface not in SIMULATED_SURFACES:
        return ""
    if not any(each.surface == target.surface for each in formats):
        return f"no request is ever met there: {target.provider} has no surface {target.surface!r}"
    if target.path and not _GLOB.search(target.path):
        asked = ((each, method) for each in formats for method in ("POST", "GET"))
        if not any(each.claims(method, target.path) for each, method in asked):
            return f"no request is ever met there: {target.provider} has no path {target.path!r}"
    return ""


_RULES: tuple[Callable[[Profile, TomlDocument], Iterator[Problem]], ...] = (
    _naming,
    _unused,
    _sources,
    _windows,
    _shadowed,
)
