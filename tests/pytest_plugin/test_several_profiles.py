"""`--chaos` with several profiles and tags: ids, the table at the end, other kinds of tests."""

from __future__ import annotations

import pytest
from support.plugin_suites import STORM, WAVES, names

from chaos_llm.profiles import with_tag

pytestmark = pytest.mark.exhaustive(of_file=3)  # each runs pytest, some in workers

CREDIT = "anthropic-credit-too-low"
SUITE = """
    from bot import ask

    def test_asks():
        assert ask(max_retries=0)

    def test_knows_no_provider():
        assert 1 + 1 == 2
"""
CASE = """
    import unittest
    from bot import ask

    class TestBot(unittest.TestCase):
        def setUp(self):
            self.options = {"max_retries": 0}

        def test_asks(self):
            assert ask(**self.options)

        def test_knows_no_provider(self):
            assert 1 + 1 == 2
"""


def test_a_tag_runs_each_test_with_each_of_its_profiles(run):
    result = run("def test(): pass", "--chaos", "tag:relapse", "-v")
    assert names(result) == [f"test[{name}]" for name in with_tag("relapse")]
    count = len(with_tag("relapse"))
    result.stdout.fnmatch_lines([f"chaos_llm: *every test on tag:relapse ({count} profiles)"])


def test_of_several_tags_a_profile_has_all(run):
    result = run("def test(): pass", "--chaos", "tag:5xx+relapse", "-v")
    both = set(with_tag("5xx")) & set(with_tag("relapse"))
    assert 0 < len(both) < len(with_tag("relapse"))
    assert set(names(result)) == {f"test[{name}]" for name in both}


def test_a_profile_that_has_a_tag_and_is_named_runs_once(run):
    name = with_tag("relapse")[0]
    result = run("def test(): pass", "--chaos", "tag:relapse", "--chaos", name, "-v")
    assert len(names(result)) == len(with_tag("relapse"))


@pytest.mark.parametrize("given", ["tag:relaps", "tag:5xx+login+hang+empty", "tag:"])
def test_a_tag_that_selects_nothing_is_one_error_at_the_start(run, given):
    result = run("def test(): pass", "--chaos", given, subprocess=True)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: --chaos: * tag*"])


def test_an_id_of_the_list_selects_that_test_alone(run, pytester):
    run(SUITE, "--chaos", STORM, "--chaos", CREDIT)
    chosen = f"test_it.py::test_asks[{CREDIT}]"
    result = pytester.runpytest("--chaos", STORM, "--chaos", CREDIT, chosen, "-v")
    assert names(result)[0] == f"test_asks[{CREDIT}]"
    result.assert_outcomes(failed=1)


@pytest.mark.parametrize("text", [SUITE, CASE], ids=["functions", "unittest"])
@pytest.mark.parametrize("more", [(), ("-n", "2")], ids=["alone", "xdist"])
def test_the_table_counts_tests_by_profile(run, text, more):
    result = run(text, "--chaos", STORM, "--chaos", CREDIT, *more, subprocess=bool(more))
    result.assert_outcomes(passed=2, failed=2)
    result.stdout.fnmatch_lines(
        [
            "chaos_llm: profile                   passed  failed  not hit",
            f"           {STORM}            0       1        1",
            f"           {CREDIT}       0       1        1",
        ]
    )


def test_one_profile_has_no_table(run):
    run(SUITE, "--chaos", STORM).stdout.no_fnmatch_line("chaos_llm: profile *")


def test_a_test_of_a_test_case_is_selected_by_its_id(run, pytester):
    run(CASE, "--chaos", STORM, "--chaos", CREDIT)
    chosen = f"test_it.py::TestBot::test_asks[{CREDIT}]"
    result = pytester.runpytest("--chaos", STORM, "--chaos", CREDIT, chosen, "-v")
    result.assert_outcomes(failed=1)
    assert f"TestBot::test_asks[{CREDIT}]" in names(result)


def test_a_test_case_with_a_marker_of_two_profiles_runs_with_each(run):
    text = CASE.replace(
        "    class", f"    import pytest\n    @pytest.mark.chaos({STORM!r}, {WAVES!r})\n    class"
    )
    result = run(text, "-v")
    found = set(names(result))
    assert {f"TestBot::test_asks[{STORM}]", f"TestBot::test_asks[{WAVES}]"} <= found


def test_a_wrong_marker_on_a_test_case_is_an_error_of_its_collection(run):
    text = CASE.replace(
        "    class", f"    import pytest\n    @pytest.mark.chaos({STORM!r}, 'x')\n    class"
    )
    result = run(text)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*unknown profile 'x'*"])


def test_a_doctest_is_skipped_with_several_profiles_and_the_reason_said(run, pytester):
    pytester.makepyfile(
        documented='def one():\n    """\n    >>> one()\n    1\n    """\n    return 1\n'
    )
    result = run("", "--doctest-modules", "--chaos", STORM, "--chaos", CREDIT, "-rs")
    result.assert_outcomes(skipped=1)
    result.stdout.fnmatch_lines(["*DoctestItem runs with one profile, not with 2"])


def test_with_a_tag_a_report_that_met_no_fault_is_skipped(run):
    text = """
        from bot import ask

        def test_replay(chaos):
            chaos.replay(ask, calls=5, warmup=0, recovery=0).check(skip=["stops_calling"])
    """
    result = run(text, "--chaos", "tag:login", "-rs")
    outcomes = result.parseoutcomes()
    assert outcomes["skipped"]
    result.stdout.fnmatch_lines(["*no fault of * was applied to any request of this test"])
