"""The summary of a session in Markdown, as GitHub and GitLab show it below a job."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from chaos_llm.durations import describe
from chaos_llm.reports.ci.problems import BAD, Problem, problems
from chaos_llm.reports.html import wording
from chaos_llm.reports.html.session import headline, in_order
from chaos_llm.reports.html.test_matrix import Entry

_MOST = 50  # rows of a table; GitHub refuses summaries beyond 1 MiB
_ESCAPED = re.compile(r"([\\`*_{}\[\]<>|~#])")


def markdown(entries: Sequence[Entry]) -> str:
    """The verdict, a table of tests and profiles, and what failed where."""
    entries = sorted(entries, key=in_order)
    blocks = [
        f"## chaos_llm: {headline(entries)}",
        *_tests(entries),
        *_problems(problems(entry.test for entry in entries)),
    ]
    return "\n\n".join(blocks) + "\n"


def _tests(entries: Sequence[Entry]) -> Iterator[str]:
    if not entries:
        return
    head = ("", "test", "profile", "answered", "longest downtime", "faults applied")
    worst = sorted(entries, key=lambda entry: entry.test.verdict not in BAD)
    rows = [_row(entry) for entry in worst[:_MOST]]
    yield _table(head, rows)
    if len(worst) > _MOST:
        yield f"… and {len(worst) - _MOST} more tests."


def _row(entry: Entry) -> tuple[str, ...]:
    test = entry.test
    sign = "❌" if test.verdict in BAD else "⏭️" if test.verdict == "skipped" else "✅"
    return (
        f"{sign} {test.verdict}",
        _escaped(entry.row),
        _escaped(test.profile.name) if test.profile.windows else "healthy",
        wording.percent(entry.answered) if entry.answered is not None else "no replay",
        describe(entry.longest_downtime) if entry.longest_downtime else "none",
        str(test.applied),
    )


def _problems(found: Sequence[Problem]) -> Iterator[str]:
    if not found:
        return
    yield "### What failed"
    rows = [
        (
            f"`{problem.rule}`",
            _escaped(f"{problem.file}:{problem.line}" if problem.line else problem.file),
            _escaped(_without_check(problem)),
            str(len(problem.tests)),
        )
        for problem in found[:_MOST]
    ]
    yield _table(("check", "where", "seen", "tests"), rows)


def _without_check(problem: Problem) -> str:
    """What was seen, without the check's name and arguments, which have a column of their own."""
    _, arguments, seen = problem.seen.partition("): ")
    return seen if arguments and problem.seen.startswith(f"{problem.rule}(") else problem.seen


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _escaped(text: str) -> str:
    """A text of a test, which must not become markup or break its row."""
    return _ESCAPED.sub(r"\\\1", " ".join(text.split()))
