"""What pytest's summary says of outages: checks that were not judged, and what `--chaos` did."""

from __future__ import annotations

import pytest
from support.plugin_suites import STORM, WAVES

pytestmark = pytest.mark.exhaustive(of_file=4)  # each runs pytest, some in workers

NOT_JUDGED = """
    import pytest
    from bot import ask
    from chaos_llm import outage
    from chaos_llm.checks import Finding, stops_calling, stays_within
    from chaos_llm.faults import overloaded

    def unclear(run):
        return Finding("unclear()", "not judged", "nobody knows")

    def test_it(chaos):
        chaos.on("anthropic").inject(overloaded(), times=1)
        chaos.replay(ask, calls=5).check(unclear, stays_within(["anthropic"]))
"""


def test_what_was_not_judged_is_in_the_summary_of_a_passing_run(run):
    result = run(NOT_JUDGED)
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(
        ["chaos_llm: one check was not judged in one test: unclear (nobody knows)"]
    )


def test_so_it_is_where_a_test_enters_its_own_outage(run):
    text = NOT_JUDGED.replace(
        "def test_it(chaos):", "def test_it():\n      with outage() as chaos:"
    )
    result = run(text)
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["chaos_llm: one check was not judged in one test: unclear *"])


@pytest.mark.parametrize("more", [(), ("-n", "1")], ids=["alone", "xdist"])
def test_strict_it_fails_the_test(run, more):
    result = run(NOT_JUDGED, "--chaos-strict", *more, subprocess=bool(more))
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["NOT JUDGED unclear(): nobody knows"])


def test_strict_a_test_whose_checks_were_judged_passes(run):
    text = NOT_JUDGED.replace("check(unclear, ", "check(")
    result = run(text, "--chaos-strict")
    result.assert_outcomes(passed=1)
    result.stdout.no_fnmatch_line("*not judged*")


SUITE = """
    import pytest
    from bot import ask

    made = []

    def test_asks_once():
        assert ask(max_retries=0)

    def test_is_broken_anyway():
        ask(max_retries=0).no_such_method()

    def test_survives():
        try:
            ask(max_retries=0)
        except Exception:
            pass

    def test_knows_no_provider():
        assert 1 + 1 == 2

    def test_fails_without_asking():
        assert 1 + 1 == 3

    @pytest.fixture
    def row():
        made.append(1)
        yield
        made.pop()

    def test_with_a_fixture(row):
        assert made == [1]
        assert ask(max_retries=0)
"""


@pytest.mark.parametrize("more", [(), ("-n", "2")], ids=["alone", "xdist"])
def test_after_a_suite_on_a_profile_it_counts_who_asked_met_and_failed(run, more):
    result = run(SUITE, "--chaos", STORM, *more, subprocess=bool(more))
    result.assert_outcomes(passed=2, failed=4)
    result.stdout.fnmatch_lines(
        [
            f"chaos_llm: on {STORM} 4 of 6 tests asked a provider, 4 met a fault, and 3 of those "
            "failed; 2 of the failed ones pass with healthy providers; one test failed without "
            "having met a fault",
            "  test_it.py::test_asks_once",
            "  test_it.py::test_with_a_fixture",
        ]
    )


def test_a_test_with_a_profile_of_its_own_does_not_count(run):
    result = run(
        f"""
        import pytest
        from bot import ask

        @pytest.mark.chaos({WAVES!r})
        def test_of_its_own():
            ask(max_retries=0)

        def test_of_the_option():
            ask()
        """,
        "--chaos",
        WAVES,
    )
    result.stdout.fnmatch_lines(
        [f"chaos_llm: on {WAVES} 1 of 1 tests asked a provider, 1 met a fault*"]
    )


def test_the_second_run_leaves_the_page_of_the_first(run, pytester):
    result = run(SUITE, "--chaos", STORM, "--chaos-report", "pages", "-k", "asks_once")
    result.assert_outcomes(failed=1)
    (page,) = (pytester.path / "pages").glob("*asks_once*.json")
    assert '"failed"' in page.read_text()
    assert STORM in page.read_text()


def test_a_suite_that_uses_nothing_is_told_nothing(run):
    result = run("def test(): pass")
    result.stdout.no_fnmatch_line("chaos_llm: *judged*")
    result.stdout.no_fnmatch_line("chaos_llm: *provider*")
