"""Real bugs of real libraries: the check that is for them finds them, and lets their fix pass.

Each library has a lane with an environment of its own: `nox -s gallery`.
"""

from __future__ import annotations

import importlib
import os
from collections import defaultdict
from importlib import metadata

import pytest
from gallery.bugs import APPS, BUGS, IN_THAT_RELEASE_ONLY, UNSEEN
from support.libraries import library

from chaos_llm import checks
from chaos_llm.reports.report import CheckFailed

pytestmark = pytest.mark.filterwarnings("ignore")  # libraries deprecate, and leave clients open

each_bug = pytest.mark.parametrize("bug", BUGS, ids=str)


@pytest.fixture
def play(bug, monkeypatch):
    """Replay the bug's day with one of its apps, its side effects marked."""
    for name in APPS[bug.apps]:
        library(name)
    if bug.apps in IN_THAT_RELEASE_ONLY and metadata.version(bug.library) != bug.version:
        pytest.skip(f"{bug.library} {bug.version} has the bug")
    apps = importlib.import_module(f"gallery.{bug.apps}")
    exhibit = getattr(apps, bug.exhibit)

    def mark(chaos):
        for name in exhibit.side_effects:
            monkeypatch.setattr(apps, name, chaos.side_effect(getattr(apps, name)))

    return lambda which: (exhibit.run(getattr(exhibit, which), mark), exhibit.claims)


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
    assert {bug.id for bug in (*BUGS, *UNSEEN)} == {f"B{number:02}" for number in range(1, 41)}
