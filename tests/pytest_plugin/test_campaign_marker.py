"""`@pytest.mark.chaos_campaign`: ids, seeds, the table at the end, and markers that cannot work."""

from __future__ import annotations

import pytest
from support.plugin_suites import STORM, names

from chaos_llm.campaign import intervals
from chaos_llm.errors import UsageError
from chaos_llm.profiles import with_tag

pytest.importorskip("scipy.stats")  # here: it cannot be imported anew by each run of pytester

CREDIT = "anthropic-credit-too-low"
SUITE = f"""
    import pytest
    from bot import ask
    from contextlib import suppress

    @pytest.mark.chaos_campaign(profiles=["{STORM}", "{CREDIT}"], seeds=3)
    def test_asks(chaos):
        print(f"seed {{chaos.seed}} of {{chaos.profile.name}}")
        with suppress(Exception):
            ask(max_retries=0)
        assert chaos.seed != 1
"""
CASE = """
    import unittest, pytest
    from bot import ask

    class TestBot(unittest.TestCase):
        @pytest.mark.chaos_campaign(profiles="anthropic-529-storm", seeds=2)
        def test_asks(self):
            with self.assertRaises(Exception):
                ask(max_retries=0)
"""


def test_each_seed_of_each_profile_is_a_test_whose_id_names_both(run):
    result = run(SUITE, "-v")
    wanted = [f"test_asks[{name}-{seed}]" for name in (CREDIT, STORM) for seed in range(3)]
    assert sorted(names(result)[:6]) == sorted(wanted)
    result.assert_outcomes(passed=4, failed=2)


def test_an_id_repeats_one_run_with_its_seed(run, pytester):
    run(SUITE)
    chosen = f"test_it.py::test_asks[{STORM}-1]"
    result = pytester.runpytest("-p", "no:randomly", chosen)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [f"*seed 1 of {STORM}", f'profile {STORM}, seed 1: repeat with pytest "{chosen}"']
    )


def assert_table(result):
    """The table of the suite above is in what pytest said."""
    result.assert_outcomes(passed=4, failed=2)
    result.stdout.fnmatch_lines(
        [
            "chaos_llm: campaign of test_it.py::test_asks",
            "  profile                   runs  passed  95 % interval",
            f"  {STORM:<24}     3       2  66.7 % (20.8 to 93.9)",
            f"  {CREDIT:<24}     3       2  66.7 % (20.8 to 93.9)",
            f"  {'all profiles':<24}     6       4  66.7 % (30.0 to 90.3)",
        ],
        consecutive=True,
    )
    result.stdout.no_fnmatch_line("*not hit*")


def test_the_summary_shows_runs_and_intervals_by_profile(run):
    assert_table(run(SUITE))


@pytest.mark.exhaustive(sample=0)  # its workers are processes
def test_the_summary_counts_the_runs_of_all_workers_of_xdist(run):
    assert_table(run(SUITE, "-n", "2", subprocess=True))


def test_without_scipy_the_table_has_shares_and_says_what_is_missing(run, monkeypatch):
    def refuse():
        raise UsageError("no scipy")

    monkeypatch.setattr(intervals, "stats", refuse)
    result = run(SUITE)
    result.stdout.fnmatch_lines(
        [f"  {STORM:<24}     3       2  66.7 %", "  intervals need scipy: *chaos_llm?campaign?*"]
    )


def test_a_unittest_case_runs_with_each_seed_too(run):
    result = run(CASE, "-v")
    assert names(result)[:2] == [f"TestBot::test_asks[{STORM}-{seed}]" for seed in range(2)]
    result.stdout.fnmatch_lines(["chaos_llm: campaign of test_it.py::TestBot::test_asks"])


def test_a_run_that_meets_no_fault_is_skipped_and_not_counted(run):
    result = run("""
        import pytest

        @pytest.mark.chaos_campaign(profiles="tag:relapse", seeds=1)
        def test_nothing_is_asked(chaos):
            chaos.replay(lambda prompt: prompt, calls=2, warmup="1m").check()
    """)
    outcomes = result.parseoutcomes()
    assert set(outcomes) == {"skipped"}
    assert outcomes["skipped"] == len(with_tag("relapse"))
    result.stdout.fnmatch_lines([f"  {outcomes['skipped']} runs were skipped, and not counted"])


def test_a_first_seed_goes_on_where_another_campaign_ended(run):
    result = run(SUITE.replace("seeds=3", "seeds=2, first_seed=7"), "--collect-only", "-q")
    assert [name.rpartition("-")[2] for name in names(result)] == ["7]", "8]"] * 2


def test_a_campaign_s_seed_is_not_that_of_the_option(run):
    result = run(SUITE, "--chaos-seed", "9", "-v")
    result.assert_outcomes(passed=4, failed=2)
    result.stdout.no_fnmatch_line("*seed 9 of*")


@pytest.mark.parametrize(
    ("marker", "said"),
    [
        ("chaos_campaign()", "*the marker is chaos_campaign(profiles=*"),
        ("chaos_campaign('x')", "*the marker is chaos_campaign(profiles=*"),
        ("chaos_campaign(profiles='tag:5xx', seeds=0)", "*the marker is chaos_campaign(profiles=*"),
        ("chaos_campaign(profiles='tag:5xx', seed=3)", "*the marker is chaos_campaign(profiles=*"),
        ("chaos_campaign(profiles='antropic-529-storm')", "*unknown profile *anthropic-529-storm*"),
        ("chaos_campaign(profiles='tag:relaps')", "*unknown tag 'relaps'*"),
        ("chaos('anthropic-529-storm')\n@pytest.mark.chaos_campaign(profiles='x')", "*not both*"),
    ],
)
def test_a_marker_that_cannot_work_is_an_error_at_collection(run, marker, said):
    result = run(f"import pytest\n@pytest.mark.{marker}\ndef test(chaos): pass")
    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.fnmatch_lines([said])
