"""The facts of a profile in words: times, shares, targets, faults and evidence."""

from __future__ import annotations

import textwrap
from dataclasses import fields

from chaos_llm.analysis.call import Outcome
from chaos_llm.durations import describe
from chaos_llm.faults.fault import Fault
from chaos_llm.network import Toxic
from chaos_llm.profiles import evidence_grades
from chaos_llm.profiles.capacity import Capacity
from chaos_llm.profiles.model import Flap, Profile, Share, Target, Window

MEANINGS: dict[Outcome, str] = {
    "primary": "answered by the primary provider",
    "fallback": "answered by another provider",
    "cached": "answered from a fresh cache",
    "stale": "an old answer from a cache",
    "degraded": "an apology, or a notice",
    "truncated": "the beginning of an answer",
    "corrupted": "the answer to another question",
    "error_text": "an error, shown as an answer",
    "failed": "an exception, or nothing",
    "late": "an answer that came too late",
    "missed": "no call, the user was still waiting",
    "unjudged": "something that cannot be judged",
}


def clock(profile: Profile, earliest: float, latest: float | None = None) -> str:
    """A time in UTC, with its date if the profile spans several; or a range of times."""
    last = max(profile.ends, earliest, latest or 0.0)
    first_day = profile.starts.date()
    one_day = first_day == profile.when(earliest).date() == profile.when(last).date()
    form = "%H:%M" if one_day else "%d %b %H:%M"
    first = f"{profile.when(earliest):{form}}"
    if latest is None or latest == earliest:
        return first
    return f"between {first} and {profile.when(latest):{form}}"


def share(profile: Profile, share: Share) -> str:
    """A share of the requests, as a number, a range, a bound or the points of its line."""
    first = percent(share.points[0][1])
    if share.bound:
        return f"below {first}"
    if share.until is not None:
        return f"{first} to {percent(share.until)}, the seed picks"
    if len(share.points) == 1:
        return first
    points = (f"{percent(part)} at {clock(profile, time)}" for time, part in share.points)
    return "a line through " + ", ".join(points)


def assumed(profile: Profile) -> str:
    """The share of the simulated facts that no source reported."""
    return percent(round(evidence_grades.assumed_share(profile), 2))


def percent(part: float) -> str:
    """A share in per cent."""
    return f"{round(part * 100, 2):g} %"


def target(target: Target) -> str:
    """The target of a window: provider, surface, and restrictions."""
    apart = ("provider", "surface")
    plain = Target(target.provider)
    rest = (
        f"{field.name} {getattr(target, field.name)}"
        for field in fields(target)
        if field.name not in apart and getattr(target, field.name) != getattr(plain, field.name)
    )
    return " ".join([target.provider, target.surface, *rest])


def stickiness(window: Window) -> str:
    """Which requests share one random draw, and for how long."""
    sticky_for = f", drawn again every {describe(window.sticky_for)}" if window.sticky_for else ""
    return f"one per {window.sticky_by}{sticky_for}"


def flap(flap: Flap) -> str:
    """How a window flaps."""
    return f"on for {describe(flap.down)}, off for {describe(flap.up)}, and again"


def capacity(capacity: Capacity) -> str:
    """The load that a provider can serve, and what happens to more."""
    unit = f"requests in {describe(capacity.per)}"
    if capacity.times is not None:
        unit = f"times the healthy load, by the last {describe(capacity.per)}"
    over = "requests above that fail"
    if capacity.collapses_at is not None:
        over = f"above that more fail, up to the whole share at {capacity.collapses_at:g}"
    return f"serves {capacity.limit:g} {unit}; {over}"


def faults(window: Window) -> str:
    """The faults as Python expressions, each with its share."""
    if window.network:
        return "network: " + ", ".join(map(_toxic, window.network))
    total = sum(weighted.weight for weighted in window.faults)
    if len(window.faults) == 1:
        return _as_python(window.faults[0].fault)
    return ", ".join(
        f"{percent(round(w.weight / total, 2))} {_as_python(w.fault)}" for w in window.faults
    )


def _toxic(toxic: Toxic) -> str:
    settings = {field.name: getattr(toxic, field.name) for field in fields(toxic)}
    arguments = (f"{key}={value!r}" for key, value in settings.items() if value != "downstream")
    return f"{toxic.kind}({', '.join(arguments)})"


def _as_python(fault: Fault) -> str:
    # Readers look for the HTTP status, so it is written even if it is the default.
    text, status = repr(fault), getattr(fault, "status", None)
    if status is None or "status=" in text:
        return text
    return text.replace("(", f"(status={status}" + (", " if not text.endswith("()") else ""), 1)


def marks(profile: Profile, bases: dict[str, tuple[str, ...]]) -> str:
    """One mark for all facts if they have the same evidence, else one for each."""
    if len(set(bases.values())) <= 1:
        return mark(profile, next(iter(bases.values()), ()))
    return " ".join(mark(profile, evidence, fact) for fact, evidence in bases.items())


def mark(profile: Profile, evidence: tuple[str, ...], fact: str = "") -> str:
    """The evidence of a fact, by grade: "[reported: page x 2] [assumed]"."""
    if not evidence:
        return ""
    by_grade: dict[str, dict[str, int]] = {}
    for key in evidence:
        counts = by_grade.setdefault(evidence_grades.grade(profile.sources, key), {})
        counts[key] = counts.get(key, 0) + 1
    return " ".join(
        f"[{fact + ' ' if fact else ''}{_graded(grade, counts)}]"
        for grade, counts in by_grade.items()
    )


def _graded(grade: str, counts: dict[str, int]) -> str:
    keys = [f"{key} x {count}" if count > 1 else key for key, count in counts.items()]
    if grade == evidence_grades.ASSUMED:
        return keys[0]
    return f"{grade}: {', '.join(keys)}"


def fact(label: str, text: str, width: int) -> str:
    """A label and its text, wrapped and indented if it is long."""
    indent = "  " + " " * max(6, len(label) + 1)
    first = f"  {label:<{len(indent) - 2}}"
    return textwrap.fill(
        text, width, initial_indent=first, subsequent_indent=indent, break_long_words=False
    )
