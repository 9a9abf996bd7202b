"""The page of a session: its tests by outage profile, with verdicts and grades."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime

from chaos_llm.durations import describe
from chaos_llm.reports.grades import Grade
from chaos_llm.reports.history import Session, session_of
from chaos_llm.reports.html import wording
from chaos_llm.reports.html.element import Html, el, table
from chaos_llm.reports.html.last_run import last_run
from chaos_llm.reports.html.sections import section
from chaos_llm.reports.html.shell import page
from chaos_llm.reports.html.test_matrix import Entry, matrix
from chaos_llm.reports.records.models import FindingRecord

_SHOWN = 10  # rows of the short lists
_BAD = ("failed", "error")


def session_page(entries: Sequence[Entry], made: datetime, before: Sequence[Session] = ()) -> str:
    """The matrix of tests and profiles, what changed since the runs `before`, the worst tests."""
    entries = sorted(entries, key=in_order)
    head = headline(entries)
    failed = any(entry.test.verdict in _BAD for entry in entries)
    top = el(
        "header",
        el("p", "chaos_llm, all tests of a session", class_="name"),
        el("h1", head, class_="t-text-failed" if failed else "g-text-fine"),
        el("p", " ".join(_more(entries)), class_="lead"),
        el("p", f"Made on {made.day} {made:%b %Y %H:%M} UTC.", class_="muted"),
    )
    links = {entry.test.test: f"{entry.stem}.html" for entry in entries if entry.stem}
    changed = last_run(session_of(entries, made), before, links)
    parts = [matrix(entries), changed, _broken(entries), _worst(entries), _slowest(entries)]
    return page(f"chaos_llm: {head}", top, *(part for part in parts if part))


def in_order(entry: Entry) -> list[tuple[bool, int, str]]:
    """By name, with the numbers in it as numbers."""
    parts = re.split(r"(\d+)", entry.test.test)
    return [(part.isdigit(), int(part) if part.isdigit() else 0, part) for part in parts]


def headline(entries: Sequence[Entry]) -> str:
    """How many tests failed, and on how many profiles, in a sentence."""
    profiles = len({e.test.profile.name for e in entries if e.test.profile.windows})
    bad = sum(entry.test.verdict in _BAD for entry in entries)
    on = wording.of(len(entries), "test") + f" on {wording.of(profiles, 'outage profile')}" * bool(
        profiles
    )
    if not entries:
        return "No test used an outage profile."
    return f"{bad} of {on} failed." if bad else f"{on[:1].upper()}{on[1:]}, and none failed."


def _more(entries: Sequence[Entry]) -> Iterator[str]:
    runs = [run for entry in entries for run in entry.test.runs]
    calls = sum(run.calls for run in runs)
    if calls:
        answered = sum(run.answered * run.calls for run in runs) / calls
        yield f"{wording.percent(answered)} of {wording.of(calls, 'call')} were answered."
    graded: Counter[Grade] = Counter()
    for run in runs:
        graded.update(run.grades)
    if rescued := graded["rescued"]:
        yield f"{wording.calls_were(rescued)} rescued when a provider failed."
    if unsafe := graded["unsafe"]:
        yield f"{wording.calls_were(unsafe)} shown something wrong as if it were an answer."
    idle = sum(not entry.test.applied for entry in entries)
    if idle:
        yield f"No fault was applied in {wording.of(idle, 'test')}: nothing was tested there."


def _broken(entries: Sequence[Entry]) -> Html | None:
    """The checks that failed, with the tests in which they did."""
    failed: dict[str, list[tuple[Entry, FindingRecord]]] = {}
    for entry in entries:
        for run in entry.test.runs:
            for finding in run.findings:
                if finding.verdict == "fail" and finding.claimed:
                    failed.setdefault(finding.check, []).append((entry, finding))
    if not failed:
        return None
    rows = (
        [el("code", check), str(len(where)), [_link(e, f.seen) for e, f in where[:_SHOWN]]]
        for check, where in sorted(failed.items(), key=lambda item: -len(item[1]))
    )
    return section("Checks that failed", table(["check", "tests", "seen"], rows, "Failed checks"))


def _worst(entries: Sequence[Entry]) -> Html | None:
    hurt = [e for e in entries if (e.answered is not None and e.answered < 1) or e.test.says]
    if not hurt:
        return None
    hurt.sort(
        key=lambda e: (e.test.verdict not in _BAD, e.answered if e.answered is not None else 1)
    )
    head = ["test", "profile", "answered", "longest downtime", "grade", "pytest says"]
    rows = (
        [
            _link(e),
            e.test.profile.name,
            wording.percent(e.answered) if e.answered is not None else "no replay",
            describe(e.longest_downtime) if e.longest_downtime else "none",
            e.grade or "-",
            el("code", e.test.says) if e.test.says else "-",
        ]
        for e in hurt[:_SHOWN]
    )
    return section("Worst for users", table(head, rows, "Worst for users"))


def _slowest(entries: Sequence[Entry]) -> Html | None:
    if not entries:
        return None
    slow = sorted(entries, key=lambda entry: -entry.test.seconds)[:_SHOWN]
    rows = (
        [_link(e), e.test.profile.name, describe(e.test.seconds),
         wording.number(sum(e.test.requests.values()))]
        for e in slow
    )  # fmt: skip
    head = ["test", "profile", "real time", "requests"]
    return section("Slowest", table(head, rows, "Slowest tests"))


def _link(entry: Entry, text: str = "") -> Html:
    shown = text or entry.row.rpartition("::")[2]
    if not entry.stem:
        return el("span", shown, class_="entry")
    return el("a", shown, href=f"{entry.stem}.html", class_="entry")
