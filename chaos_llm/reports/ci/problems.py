"""The problems of a session for CI: what failed, where in the code, and in which tests."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import PurePath

from chaos_llm.reports.records.models import TestRecord

BAD = ("failed", "error")


@dataclass(frozen=True)
class Problem:
    """A failed check at one line, or a failed test without one; `line` 0: the file as a whole."""

    rule: str
    seen: str
    why: str
    file: str
    line: int
    tests: tuple[str, ...]

    @property
    def message(self) -> str:
        """What was seen, why it matters, and in which tests."""
        more = f" and {len(self.tests) - 1} more" if len(self.tests) > 1 else ""
        why = f"\nWhy it matters: {self.why}." if self.why else ""
        return f"{self.seen}{why}\nSeen in {self.tests[0]}{more}."

    @property
    def fingerprint(self) -> str:
        """The same for the same check and observation in a file, whatever line it has moved to."""
        text = "\0".join((self.rule, self.file, re.sub(r"\d+", "", self.seen)))
        return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def problems(tests: Iterable[TestRecord]) -> list[Problem]:
    """Each failed check once for each line of the app, in the order of the tests."""
    found: dict[tuple[str, str, int], list[Problem]] = {}
    for test in tests:
        if test.verdict in BAD:
            for problem in _of(test):
                key = (problem.rule, problem.file, problem.line)
                found.setdefault(key, []).append(problem)
    return [_merged(alike) for alike in found.values()]


def _of(test: TestRecord) -> Iterator[Problem]:
    """The failed checks of a test; the test itself where it failed otherwise."""
    own_file = test.test.partition("::")[0]
    for each in test.problems:
        rule = each.check.partition("(")[0]
        file, line = (each.file, each.line) if _is_inside(each.file) else (own_file, 0)
        yield Problem(rule, f"{each.check}: {each.seen}", each.why, file, line, (test.test,))
    if not test.problems:
        seen = test.says or f"the test {test.verdict}"
        yield Problem("test_failed", seen, "", own_file, 0, (test.test,))


def _is_inside(file: str) -> bool:
    """Whether a file is in the folder in which pytest ran: CI shows no other."""
    return bool(file) and not PurePath(file).is_absolute()


def _merged(alike: Sequence[Problem]) -> Problem:
    first = alike[0]
    tests = tuple(dict.fromkeys(name for each in alike for name in each.tests))
    return Problem(first.rule, first.seen, first.why, first.file, first.line, tests)
