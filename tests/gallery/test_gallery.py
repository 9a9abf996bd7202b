"""Real bugs of real libraries: the check that is for them finds them, and lets their fix pass.

Each library has a lane with an environment of its own: `nox -s gallery`.
"""

from __future__ import annotations

import importlib
import os
from collections import defaultdict
from importlib import metadata
from pathlib import Path

import pytest
from gallery.bugs import APPS, BUGS, UNSEEN, Bug, Unseen
from support.libraries import library

from chaos_llm import checks
from chaos_llm.reports.report import CheckFailed

pytestmark = pytest.mark.filterwarnings("ignore")  # libraries deprecate, and leave clients open
PAGE = Path(__file__).parents[2] / "docs" / "gallery.md"

each_bug = pytest.mark.parametrize("bug", BUGS, ids=str)


@pytest.fixture
def play(bug, monkeypatch):
    """Replay the bug's day with one of its apps, its side effects marked."""
    for name in APPS[bug.apps]:
        library(name)
    apps = importlib.import_module(f"gallery.{bug.apps}")
    exhibit = getattr(apps, bug.exhibit)

    def mark(chaos):
        for name in exhibit.side_effects:
            monkeypatch.setattr(apps, name, chaos.side_effect(getattr(apps, name)))

    return lambda which: (exhibit.play(getattr(exhibit, which), mark), exhibit.claims)


def found(report):
    """The verdicts of each check; of some there is one for each provider."""
    verdicts = defaultdict(set)
    for finding in report.findings:
        verdicts[finding.check.partition("(")[0]].add(finding.verdict)
    return verdicts


@each_bug
def test_the_check_finds_the_bug(bug, play):
    report, claims = play("bug")
    with pytest.raises(CheckFailed):
        report.check(*claims)
    assert "fail" in found(report)[bug.check]


@each_bug
def test_every_check_passes_on_its_fix(bug, play):
    report, claims = play("fixed")
    report.check()
    report.check(*claims)
    assert "pass" in found(report)[bug.check]


@each_bug
@pytest.mark.skipif("NO_LIBRARY_IS_ABSENT" not in os.environ, reason="the lanes pin versions")
def test_the_library_is_the_one_that_the_table_names(bug):
    assert metadata.version(bug.library) == bug.version


def test_no_check_in_the_table_is_unknown():
    assert {bug.check for bug in BUGS} <= set(checks.__all__)


def test_each_bug_of_the_catalogue_is_shown_or_has_a_reason():
    assert {bug.id for bug in (*BUGS, *UNSEEN)} == {f"B{number:02}" for number in range(1, 31)}


def test_the_page_of_the_docs_is_made_of_this_table():
    if os.environ.get("UPDATE_GALLERY"):
        PAGE.write_text(page(), encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == page(), "make it anew with UPDATE_GALLERY=1"


PAGE_TEXT = """\
# The gallery

Real bugs of released libraries. Each is shown by a small app in `tests/gallery/` that asserts
nothing itself: `report.check()` finds the bug, and passes the same app with a defence against it.
`nox -s gallery` runs it all, each library in an environment of its own. Versions are those that
the bug was seen with. Where a library has no report of its own, those of the same defect elsewhere
are given.

| bug | library | what is wrong | found by | reported in |
|---|---|---|---|---|
{bugs}

Not to be seen from outside:

{unseen}

False alarms count as much as misses. A correct fallback after a truncated stream and a correct
stale cache pass, and forty prompts to a dead provider without a breaker fail
(`tests/gallery/test_apps_that_are_often_misjudged.py`); the demo's hardened bot fails no check on
any shipped profile (`tests/gallery/test_hardened_bot.py`).
"""


def page() -> str:
    bugs = "\n".join(map(row, sorted(BUGS, key=lambda bug: bug.id)))
    return PAGE_TEXT.format(bugs=bugs, unseen="\n".join(map(line, UNSEEN)))


def row(bug: Bug) -> str:
    library = f"{bug.library} {bug.version}"
    return f"| {bug.id} | {library} | {bug.says} | `{bug.check}` | {links(bug)} |"


def line(bug: Unseen) -> str:
    library = f"{bug.library} {bug.version}"
    return f"* {bug.id}, {library}: {bug.says} ({links(bug)}). Why: {bug.why}"


def links(bug: Bug | Unseen) -> str:
    parts = (issue.partition("#") for issue in bug.issues)
    return ", ".join(f"[{r}#{n}](https://github.com/{r}/issues/{n})" for r, _, n in parts)
