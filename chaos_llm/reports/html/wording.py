"""The words of pages: the verdict, grades, counts and times."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from chaos_llm.durations import describe
from chaos_llm.reports.grades import Grade
from chaos_llm.reports.profiles.wording import MEANINGS
from chaos_llm.reports.records.models import RunRecord
from chaos_llm.reports.records.profile import ProfileRecord

GRADES: dict[Grade, str] = {
    "fine": "answered, and nothing failed",
    "rescued": "a provider failed, but the user got an answer",
    "safe failure": "not answered, and the user could tell: an error, an apology, an old answer",
    "corruption shown": "shown a silently corrupted answer, which no app can detect",
    "unjudged": "no evidence of what the user got",
    "unsafe": "shown something wrong as if it were an answer",
}


def when(profile: ProfileRecord, time: float, form: str = "%H:%M:%S") -> str:
    """A time of the profile as a time of day."""
    return format(profile.starts + timedelta(seconds=time), form)


def day_and_time(profile: ProfileRecord, time: float) -> str:
    """A time of the profile as a date and a time of day."""
    return when(profile, time, "%d %b %Y %H:%M").lstrip("0")


def columns(run: RunRecord) -> list[float]:
    """The time at which each column begins."""
    return [s.begins + run.step * index for s in run.stretches for index in range(s.columns)]


def number(count: int) -> str:
    """A count with a comma after each three digits."""
    return f"{count:,}"


def of(count: int, noun: str) -> str:
    """A count of something: "one call", "12 calls"."""
    return f"one {noun}" if count == 1 else f"{number(count)} {noun}s"


def percent(part: float) -> str:
    """A share in per cent; only 0 is written as 0 %, and only 1 as 100 %."""
    if 0 < part < 0.001:
        return "< 0.1 %"
    if 0.999 < part < 1:
        return "> 99.9 %"
    return f"{part * 100:.1f} %".replace(".0 %", " %")


def verdict(run: RunRecord) -> list[str]:
    """Sentences on what users got, the worst first; the first one is the heading."""
    return [*_users(run), *_checks(run)]


def _users(run: RunRecord) -> Iterator[str]:
    grades = run.grades
    if not run.calls:
        yield "No call was made."
        return
    idle = "No fault was applied to any request, so nothing was tested."
    applied = run.effects.get("applied")
    if not applied and any(window.simulated for window in run.profile.windows):
        yield idle
    if unsafe := grades.get("unsafe", 0):
        yield f"{calls_were(unsafe)} shown something wrong as if it were an answer."
    if unanswered := run.calls - round(run.answered * run.calls):
        share = percent(unanswered / run.calls)
        yield f"{number(unanswered)} of {of(run.calls, 'call')} ({share}) went unanswered."
    elif grades.get("rescued"):
        yield f"Every user was answered: {calls_were(grades['rescued'])} rescued."
    else:
        yield f"Every user was answered, {of(run.calls, 'call')} in all."
    if run.longest_downtime and run.longest_downtime_at is not None:
        since = when(run.profile, run.longest_downtime_at, "%H:%M")
        yield f"The longest downtime was {describe(run.longest_downtime)}, from {since}."
    if not applied and not run.profile.windows:
        yield idle
    if run.corruption_shown.calls:
        shown = calls_were(run.corruption_shown.calls)
        yield f"{shown} shown a silently corrupted answer, which no app can detect."
    if run.inferred:
        yield f"{calls_were(run.inferred)} judged by their requests alone."


def calls_were(count: int) -> str:
    """The beginning of a sentence about some calls."""
    return "One call was" if count == 1 else f"{number(count)} calls were"


def _checks(run: RunRecord) -> Iterator[str]:
    made = [finding for finding in run.findings if finding.claimed]
    failed = [f.check.partition("(")[0] for f in made if f.verdict == "fail"]
    if failed:
        names = ", ".join(dict.fromkeys(failed))
        yield f"{of(len(failed), 'check').capitalize()} failed: {names}."
    elif made:
        passed = sum(finding.verdict == "pass" for finding in made)
        yield f"No check failed, {passed} passed."
    else:
        yield "No check was made."


def outcome_title(outcome: str) -> str:
    """An outcome's name with spaces."""
    return outcome.replace("_", " ")


def meaning(outcome: str) -> str:
    """The meaning of an outcome for the user."""
    return next(text for known, text in MEANINGS.items() if known == outcome)
