"""Mistakes in a profile that can be read, such as windows that can never hit a request.

for problem in lint.problems(Path("outages/ours.toml")):
    print(problem)                   # outages/ours.toml:12: window 'w': share: it is always 0 ...

If the file cannot be read, the errors of reading it are the problems.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from chaos_llm import providers
from chaos_llm.errors import ChaosError, ProfileError, UsageError, shown
from chaos_llm.profiles import evidence_grades, fit, observations, reading, toml_document
from chaos_llm.profiles.model import SIMULATED_SURFACES, Profile, Target, Window
from chaos_llm.profiles.toml_document import TomlDocument
from chaos_llm.profiles.uncited_numbers import uncited_numbers

_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_GLOB = re.compile(r"[*?\[]")

_MOST_MASKING = 100  # windows that may mask others; each is compared with all after it

Problem = tuple[tuple[str | int, ...], str]  # the path of the key, and the message


def problems(path: Path, *, strict: bool = False) -> list[str]:
    """All problems of a file, each with file and line, in the order of the file.

    With `strict` also the numbers for which no evidence is named. If the file cannot be read, only
    the errors of reading it.
    """
    try:
        read = toml_document.read(path)
        profile = reading.profile(read)
    except ChaosError as error:
        return str(error).split("\n")
    rules = (*_RULES, uncited_numbers) if strict else _RULES
    found = (problem for rule in rules for problem in rule(profile, read))
    located = [(read.where(*path), read.error(path, message)) for path, message in found]
    return [str(error) for _, error in sorted(located, key=_line)]


def _line(located: tuple[str, ProfileError]) -> int:
    return int(located[0].rpartition(":")[2])


def _naming(profile: Profile, read: TomlDocument) -> Iterator[Problem]:
    if not _NAME.fullmatch(profile.name):
        expected = "lower-case letters, digits and single hyphens"
        yield ("title",), f"the file is named {read.path.name!r}; expected {expected}"
    if not profile.tags:
        yield ("title",), "it has no tags, so `--tag` and `chaos(tags=...)` never select it"
    for tag, count in Counter(profile.tags).items():
        if count > 1:
            yield ("tags",), f"the tag {shown(tag)} is listed twice"
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
    used |= {event.evidence for event in profile.events}
    used |= {edge.evidence for edge in profile.edges.values()}
    used |= {latency.evidence for latency in profile.baseline.values()}
    used |= {allowance.evidence for allowance in profile.quotas.values()}
    used |= {model.evidence for each in profile.baseline.values() for _, model in each.models}
    notes = " ".join((profile.note, *(window.note for window in profile.windows)))
    for key in profile.sources:
        may_be_noted = key in notes  # cheaper than the search below, and seldom true
        if key not in used and not (may_be_noted and re.search(rf"\b{re.escape(key)}\b", notes)):
            yield ("sources", key), "no fact names this source as evidence, and no note mentions it"
    behind = {
        target.get("edge")
        for window in read.tables.get("window", [])
        for target in (*window.get("on", []), *window.get("except", []))
    }
    for name in profile.edges:
        if name not in behind:
            yield ("edge", name), "no window hits it; write `edge = ...` in a window's `on`"


def _sources(profile: Profile, _read: TomlDocument) -> Iterator[Problem]:
    for key, source in profile.sources.items():
        if not source.title and not source.address:
            yield (
                ("sources", key),
                "it has neither a title nor an address, so readers cannot find it",
            )


def _windows(profile: Profile, _read: TomlDocument) -> Iterator[Problem]:
    if not profile.windows and not profile.baseline and not profile.quotas:
        yield ("title",), "the profile is empty: it has no window, no baseline and no quota"
    for number, window in enumerate(profile.windows):
        path = ("window", number)
        if not window.share.highest:
            yield (*path, "share"), "it is always 0, so no request is ever hit"
        if window.sticky_for is not None and window.sticky_by == "request":
            yield (
                (*path, "sticky_for"),
                "without `sticky_by` it has no effect: each request has its own draw",
            )
        if window.flap and window.flap.down >= window.ends[1] - window.begins[0]:
            yield (*path, "flap"), "`down` is as long as the window, so the provider never recovers"
        for index, target in enumerate(window.on):
            message = _out_of_reach(target)
            if message:
                yield (*path, "on", index), message


def _masked(profile: Profile, _read: TomlDocument) -> Iterator[Problem]:
    masking = [number for number, window in enumerate(profile.windows) if _can_mask(window)]
    for number, window in enumerate(profile.windows):
        earlier = (profile.windows[other] for other in masking[:_MOST_MASKING] if other < number)
        for before in earlier:
            if window.simulated and _masks(before, window):
                covers = f"{before.name!r} comes before it and ends every reply"
                yield ("window", number), f"{covers}, so this is always masked"
                break


def _can_mask(before: Window) -> bool:
    """Whether a window ends the reply to every request in its targets, as long as it is open."""
    always = min(share for _, share in before.share.points) >= 1 and not before.share.bound
    ends = all(weighted.fault.ends_reply for weighted in before.faults)
    narrowed = before.flap is not None or before.capacity is not None or before.except_
    return always and ends and not narrowed


def _masks(before: Window, window: Window) -> bool:
    """Whether such a window, earlier in the file, covers all requests of another window."""
    return (
        before.begins[1] <= window.begins[0]
        and before.ends[0] >= window.ends[1]
        and all(any(_holds(wide, target) for wide in before.on) for target in window.on)
    )


def _holds(wide: Target, target: Target) -> bool:
    """Whether the first target covers all requests of the second."""
    narrow = ("model", "path", "region", "credential", "tier", "stream", "larger_than")
    return (
        wide.provider in (target.provider, "*")
        and wide.surface == target.surface
        and all(getattr(wide, f) in (None, "", getattr(target, f)) for f in narrow)
    )


def _out_of_reach(target: Target) -> str:
    """The reason why no request can ever match a target; empty if one can."""
    formats = [each for each in providers.known() if target.provider in (each.name, "*")]
    if target.surface not in SIMULATED_SURFACES:
        return ""
    if not any(each.surface == target.surface for each in formats):
        return f"no request can match: {target.provider} has no surface {target.surface!r}"
    if target.path and not _GLOB.search(target.path):
        served = ((each, method) for each in formats for method in ("POST", "GET"))
        if not any(each.claims(method, target.path) for each, method in served):
            return f"no request can match: {target.provider} has no path {target.path!r}"
    return ""


def _fit(profile: Profile, read: TomlDocument) -> Iterator[Problem]:
    """Windows that differ from the recording beside the file, and failures that none explains."""
    try:
        recorded = observations.read(profile, read.path)
    except UsageError as error:
        yield ("title",), str(error)
        return
    if recorded is None:
        return
    numbers = {window.name: number for number, window in enumerate(profile.windows)}
    for window in fit.of_windows(profile, recorded):
        if not window.fits:
            yield ("window", numbers[window.window], "share"), window.text
    missing = fit.unexplained(profile, recorded)
    if missing:
        when = profile.when(missing[0].begins)
        failed = sum(each.failed for each in missing)
        message = f"{failed} recorded failures from {when:%H:%M:%S} on are in no window"
        yield ("title",), message


_RULES: tuple[Callable[[Profile, TomlDocument], Iterator[Problem]], ...] = (
    _naming,
    _unused,
    _sources,
    _windows,
    _masked,
    _fit,
)
