"""The facts of a profile in words: times, shares, targets, mixes, and what each rests on."""

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
    "primary": "answered by the usual provider",
    "fallback": "answered by another provider",
    "cached": "answered from a fresh cache",
    "stale": "an old answer from a cache",
    "degraded": "an apology, or a notice",
    "truncated": "half an answer",
    "corrupted": "the answer to another question",
    "error_text": "an error, shown as an answer",
    "failed": "an exception, or nothing",
    "late": "an answer that came too late",
    "missed": "nothing, they were still waiting",
    "unjudged": "something that cannot be judged",
}


def clock(profile: Profile, earliest: float, latest: float | None = None) -> str:
    """A time in UTC, with its day where that is in doubt; or the two times it lies between."""
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
    """How much of what a replay plays nobody reported."""
    return percent(round(evidence_grades.assumed_share(profile), 2))


def percent(part: float) -> str:
    """A part of one as people say it."""
    return f"{round(part * 100, 2):g} %"


def target(target: Target) -> str:
    """What a window hits: provider and surface, and what narrows them."""
    apart = ("provider", "surface")
    plain = Target(target.provider)
    rest = (
        f"{field.name} {getattr(target, field.name)}"
        for field in fields(target)
        if field.name not in apart and getattr(target, field.name) != getattr(plain, field.name)
    )
    return " ".join([target.provider, target.surface, *rest])


def stickiness(window: Window) -> str:
    """Who shares one throw, and for how long."""
    sticky_for = f", thrown again every {describe(window.sticky_for)}" if window.sticky_for else ""
    return f"one per {window.sticky_by}{sticky_for}"


def flap(flap: Flap) -> str:
    """How a window comes and goes."""
    return f"on for {describe(flap.down)}, off for {describe(flap.up)}, and again"


def capacity(capacity: Capacity) -> str:
    """What load the provider stands, and what becomes of more."""
    unit = f"requests in {describe(capacity.per)}"
    if capacity.times is not None:
        unit = f"times the healthy load, by the last {describe(capacity.per)}"
    over = "what is over it fails"
    if capacity.collapses_at is not None:
        over = f"from there on more fails, up to the whole share at {capacity.collapses_at:g}"
    return f"stands {capacity.limit:g} {unit}; {over}"


def faults(window: Window) -> str:
    """The faults as they are written in Python, each with its part of the mix."""
    if window.network:
        return "the wire: " + ", ".join(map(_toxic, window.network))
    total = sum(weighted.weight for weighted in window.faults)
    if len(window.faults) == 1:
        return _spelled(window.faults[0].fault)
    return ", ".join(
        f"{percent(round(w.weight / total, 2))} {_spelled(w.fault)}" for w in window.faults
    )


def _toxic(toxic: Toxic) -> str:
    given = {field.name: getattr(toxic, field.name) for field in fields(toxic)}
    told = (f"{key}={value!r}" for key, value in given.items() if value != "downstream")
    return f"{toxic.kind}({', '.join(told)})"


def _spelled(fault: Fault) -> str:
    # The HTTP status is what everybody asks for, so it is said even where it is the default.
    text, status = repr(fault), getattr(fault, "status", None)
    if status is None or "status=" in text:
        return text
    return text.replace("(", f"(status={status}" + (", " if not text.endswith("()") else ""), 1)


def marks(profile: Profile, bases: dict[str, tuple[str, ...]]) -> str:
    """One mark for all of them where they agree, else one each."""
    if len(set(bases.values())) <= 1:
        return mark(profile, next(iter(bases.values()), ()))
    return " ".join(mark(profile, evidence, fact) for fact, evidence in bases.items())


def mark(profile: Profile, evidence: tuple[str, ...], fact: str = "") -> str:
    """What a fact rests on, by grade: "[reported: page x 2] [assumed]"."""
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
    """A label and its text, which goes on below itself where it is long."""
    indent = "  " + " " * max(6, len(label) + 1)
    first = f"  {label:<{len(indent) - 2}}"
    return textwrap.fill(
        text, width, initial_indent=first, subsequent_indent=indent, break_long_words=False
    )
