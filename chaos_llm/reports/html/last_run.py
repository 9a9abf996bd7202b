"""The section of a session's page that compares it with the runs before."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from chaos_llm.durations import describe
from chaos_llm.reports.history import Result, Session
from chaos_llm.reports.html import wording
from chaos_llm.reports.html.element import Child, Html, el, table
from chaos_llm.reports.html.sections import section

_SHOWN = 20  # tests that changed
_BAD = ("failed", "error")
_NOTABLE = 0.005  # of the calls: what both percentages would show
_HEAD = ("test", "what changed", "pytest", "answered", "longest downtime")


class _Change(NamedTuple):
    test: str
    what: str
    before: Result
    now: Result


def last_run(now: Session, before: Sequence[Session], links: Mapping[str, str]) -> Html | None:
    """What changed since the last run, and how the runs before went; None for a first run.

    `links` names the page of each test that has one.
    """
    if not before:
        return None
    last = before[-1]
    changes = sorted(_changes(now, last), key=lambda each: _ORDER.index(each.what))
    about = f"The last run was made on {last.made.day} {last.made:%b %Y %H:%M} UTC. "
    return section(
        "Compared with the last run",
        el("p", about + _in_words(now, last, changes), class_="muted"),
        table(_HEAD, _rows(changes[:_SHOWN], links), "Tests that changed") if changes else None,
        _hidden(len(changes) - _SHOWN),
        _runs([*before, now]),
    )


_ORDER = ("fails now", "passes again", "answers less", "answers more")


def _changes(now: Session, last: Session) -> Iterator[_Change]:
    for test, result in now.tests.items():
        if (old := last.tests.get(test)) and (what := _what(old, result)):
            yield _Change(test, what, old, result)


def _what(old: Result, now: Result) -> str:
    was_bad, is_bad = old.verdict in _BAD, now.verdict in _BAD
    if was_bad != is_bad:
        return "fails now" if is_bad else "passes again"
    if old.answered is None or now.answered is None:
        return ""
    more = now.answered - old.answered
    if abs(more) < _NOTABLE:
        return ""
    return "answers more" if more > 0 else "answers less"


def _in_words(now: Session, last: Session, changes: Sequence[_Change]) -> str:
    """How many tests changed, and in what; how many cannot be compared."""
    both = now.tests.keys() & last.tests.keys()
    counted = Counter(each.what for each in changes)
    parts = [_counted(what, counted[what]) for what in _ORDER if counted[what]]
    if same := len(both) - len(changes):
        parts.append(_counted("is as it was", same))
    if new := len(now.tests.keys() - both):
        parts.append(f"{wording.of(new, 'test')} did not run then")
    if gone := len(last.tests.keys() - both):
        parts.append(f"{wording.of(gone, 'test')} of that run did not run now")
    return "; ".join(parts) + "."


def _counted(what: str, count: int) -> str:
    return f"{wording.of(count, 'test')} {what if count == 1 else _PLURAL[what]}"


_PLURAL = {
    "fails now": "fail now",
    "passes again": "pass again",
    "answers less": "answer less",
    "answers more": "answer more",
    "is as it was": "are as they were",
}


def _rows(changes: Sequence[_Change], links: Mapping[str, str]) -> Iterator[list[Child]]:
    for test, what, before, now in changes:
        name = test.rpartition("::")[2]
        page = links.get(test)
        yield [
            el("a", name, href=page, class_="entry") if page else el("span", name, class_="entry"),
            what,
            _pair(before.verdict, now.verdict),
            _pair(_share(before), _share(now)),
            _pair(_downtime(before), _downtime(now)),
        ]


def _pair(before: str, now: str) -> str:
    return now if before == now else f"{before} → {now}"


def _share(result: Result) -> str:
    return "-" if result.answered is None else wording.percent(result.answered)


def _downtime(result: Result) -> str:
    return describe(result.longest_downtime) if result.longest_downtime else "none"


def _hidden(count: int) -> Html | None:
    return el("p", f"And {wording.of(count, 'test')} more.", class_="muted") if count > 0 else None


def _runs(sessions: Sequence[Session]) -> Html:
    """All runs that are remembered, the newest first."""
    rows = (
        [
            f"{each.made:%Y-%m-%d %H:%M}",
            wording.number(len(each.tests)),
            wording.number(sum(result.verdict in _BAD for result in each.tests.values())),
            _answered(each),
        ]
        for each in reversed(sessions)
    )
    head = ("run", "tests", "failed", "calls answered")
    return el("details", el("summary", "Runs before"), table(head, rows, "Runs before"))


def _answered(session: Session) -> str:
    judged = [each for each in session.tests.values() if each.answered is not None]
    calls = sum(each.calls for each in judged)
    if not calls:
        return "-"
    return wording.percent(sum((each.answered or 0.0) * each.calls for each in judged) / calls)
