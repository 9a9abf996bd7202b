"""The page of a session."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from support.apps.bots import ask_once
from support.apps.defended import Defended
from support.small_profiles import HOUR, profile_of, window

from chaos_llm import outage
from chaos_llm.checks import retries_stay_under, stops_calling
from chaos_llm.reports.history import Result, Session
from chaos_llm.reports.html.last_run import last_run
from chaos_llm.reports.html.session import session_page
from chaos_llm.reports.html.test_matrix import Entry
from chaos_llm.reports.records.tested import Verdict, record_of_test

MADE = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def played(app, profile=None, seconds=1.0, check=None):
    with outage(profile or profile_of(window(ends=HOUR)), seed=3) as chaos:
        report = chaos.replay(app, every="30s", warmup="10m", recovery="10m")
        if check is not None:
            report.findings.append(check(report.run))
    verdict = Verdict("tests/test_bot.py::test_one", "passed", "", seconds)
    return record_of_test(verdict, chaos.plan, chaos.journal, reports=chaos.reports)


@pytest.fixture(scope="module")
def naive():
    return played(ask_once, check=stops_calling("anthropic"))


@pytest.fixture(scope="module")
def hardened():
    return played(Defended(), check=retries_stay_under())


def entry(record, test="test_one", name=None, **more):
    profile = record.profile.model_copy(update={"name": name} if name else {})
    made = {"test": f"tests/test_bot.py::{test}", "profile": profile, **more}
    return Entry(record.model_copy(update=made), f"page-of-{test}-{name}")


def text(page):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", page.partition("</style>")[2]))


def page(*entries):
    return session_page(entries, MADE)


def test_the_heading_counts_the_failed_tests(naive, hardened):
    both = page(entry(naive, "test_a", verdict="failed"), entry(hardened, "test_b"))
    assert "1 of 2 tests on one outage profile failed." in both
    assert "Made on 2 Mar 2026 12:00 UTC." in both
    assert "2 tests on one outage profile, and none failed." in page(
        entry(hardened, "test_a"), entry(hardened, "test_b")
    ).replace("One", "one")


def test_all_calls_count(naive, hardened):
    message = text(page(entry(naive, "test_a"), entry(hardened, "test_b")))
    assert "62.5 % of 320 calls were answered." in message
    assert "120 calls were rescued when a provider failed." in message


def test_a_test_with_two_profiles_is_one_row_with_a_cell_each(naive, hardened):
    made = page(
        entry(naive, "test_a[first-day]", "first-day", verdict="failed"),
        entry(hardened, "test_a[second-day]", "second-day"),
        entry(hardened, "test_b[x-second-day]", "second-day"),
        entry(hardened, "test_c", "second-day"),
    )
    matrix = made.partition("<h2>Tests and outage profiles</h2>")[2].partition("</table>")[0]
    rows = re.findall("<tr>(.*?)</tr>", matrix.partition("<tbody>")[2])
    assert [text(f"</style>{row}").split("::")[1].split()[0] for row in rows] == [
        "test_a",
        "test_b[x]",
        "test_c",
    ]
    assert [row.count("<a ") for row in rows] == [2, 1, 1]
    assert 'href="page-of-test_a[first-day]-first-day.html"' in rows[0]
    assert "✗ 25 %" in rows[0]
    assert "✓ 100 %" in rows[0]


def test_many_profiles_are_listed_below_each_other(hardened):
    made = page(*(entry(hardened, f"test_a[day-{n}]", f"day-{n}") for n in range(5)))
    rows = re.findall("<tr>(.*?)</tr>", made.partition("<tbody>")[2].partition("</table>")[0])
    assert [re.search(r"day-\d", row)[0] for row in rows] == [f"day-{n}" for n in range(5)]


def test_a_cell_has_a_text(naive):
    made = page(entry(naive, verdict="failed"))
    message = "tests/test_bot.py::test_one on a-bad-day: failed, safe failure, 25 % answered"
    assert f'aria-label="{message}"' in made


def test_numbers_in_names_are_sorted_as_numbers(hardened):
    made = page(*(entry(hardened, f"test_{n}") for n in (10, 9, 1)))
    assert [made.index(f"test_{n}<") for n in (1, 9, 10)] == sorted(
        made.index(f"test_{n}<") for n in (1, 9, 10)
    )


def test_failed_checks_the_worst_and_the_slowest_tests_are_listed(naive, hardened):
    made = page(
        entry(naive, "test_a", verdict="failed", says="AssertionError: oh"),
        entry(hardened, "test_b", seconds=9.0),
    )
    message = text(made)
    failed = message.partition("Checks that failed")[2].partition("Worst for users")[0]
    assert "stops_calling(provider='anthropic'" in failed
    assert "retries_stay_under" not in failed
    worst = message.partition("Worst for users")[2].partition("Slowest")[0]
    assert "test_a" in worst
    assert "AssertionError: oh" in worst
    assert "test_b" not in worst
    slowest = message.partition("Slowest")[2]
    assert slowest.index("test_b") < slowest.index("test_a")


def test_tests_without_an_applied_fault_are_counted(hardened):
    made = page(entry(hardened, "test_a", applied=0), entry(hardened, "test_b"))
    assert "No fault was applied in one test" in made


def test_a_session_without_a_test_has_a_page():
    assert "No test used an outage profile." in page()


def session(made=MADE, **tests):
    return Session(made=made, tests=tests)


def result(verdict="passed", answered=1.0, downtime=0.0):
    return Result(verdict=verdict, answered=answered, calls=10, longest_downtime=downtime)


def compared(before, now):
    links = dict.fromkeys(now.tests, "a-page.html")
    shown = last_run(now, [before], links)
    return shown, re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", shown))


def test_what_changed_since_the_last_run_is_listed_the_worst_first():
    before = session(a=result(), b=result("failed", 0.5, 60), c=result(), d=result(), gone=result())
    now = session(
        a=result("failed", 0.25, 90), b=result(), c=result(answered=0.9), d=result(), new=result()
    )
    html, shown = compared(before, now)

    assert (
        "one test fails now; one test passes again; one test answers less; one test is as it was; "
        "one test did not run then; one test of that run did not run now." in shown
    )
    assert shown.index(" a fails now passed → failed 100 % → 25 % none → 1 min 30 s") < shown.index(
        " b passes again failed → passed 50 % → 100 % 1 min → none"
    )
    assert 'href="a-page.html"' in html


def test_runs_that_do_not_differ_have_no_table_of_changes():
    html, shown = compared(session(a=result(), b=result()), session(a=result(), b=result()))
    assert "2 tests are as they were." in shown
    assert "Tests that changed" not in html


def test_a_difference_that_no_one_would_see_is_none():
    _, shown = compared(session(a=result(answered=0.5)), session(a=result(answered=0.504)))
    assert "one test is as it was." in shown


def test_of_many_changes_the_first_are_shown():
    many = {f"t{number}": result() for number in range(30)}
    worse = {name: result("failed", 0.0) for name in many}
    html, shown = compared(session(**many), session(**worse))
    assert "30 tests fail now." in shown
    assert "And 10 tests more." in shown
    assert html.count("passed → failed") == 20
