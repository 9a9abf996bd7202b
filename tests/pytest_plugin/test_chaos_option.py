"""`pytest --chaos NAME`: an existing suite under an outage profile."""

from __future__ import annotations

import pytest
from support.plugin_suites import AUTH, STORM, WAVES, names

SUITE = """
    import anthropic
    import pytest
    from bot import ask

    def test_answers():
        assert ask(max_retries=0)

    def test_knows_no_provider():
        assert 1 + 1 == 2
"""


def test_runs_every_test_at_the_peak(run):
    result = run(SUITE, "--chaos", STORM)
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["*OverloadedError*", "*chaos timeline*"])


def test_without_it_the_suite_is_as_ever(run):
    result = run("def test(): pass", "--durations=3")
    result.assert_outcomes(passed=1)


def test_may_be_given_twice(run):
    result = run("def test(): pass", "--chaos", STORM, "--chaos", AUTH, "-v")
    assert names(result) == [f"test[{STORM}]", f"test[{AUTH}]"]


@pytest.mark.parametrize("given", [f"{STORM},{AUTH}", f"{STORM}, {AUTH},"])
def test_may_have_several_names_by_commas(run, given):
    result = run("def test(): pass", "--chaos", given, "-v")
    assert names(result) == [f"test[{STORM}]", f"test[{AUTH}]"]


@pytest.mark.parametrize("more", [(), ("-n", "2")], ids=["alone", "xdist"])
def test_a_client_that_is_made_at_import_needs_no_key(pytester, run, monkeypatch, more):
    for name in ("ANTHROPIC_API_KEY", "OPENAI_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    pytester.makeconftest("import openai\nCLIENT = openai.OpenAI(max_retries=0)")
    pytester.makepyfile(
        app="""
        import anthropic
        CLIENT = anthropic.Anthropic(max_retries=0)
        """
    )
    text = """
        import os
        from app import CLIENT

        def test_it():
            asked = {"role": "user", "content": "Where is my order?"}
            CLIENT.messages.create(model="claude-sonnet-5-5", max_tokens=9, messages=[asked])
        """
    assert "Missing credentials" in run(text, *more, subprocess=True).stderr.str()
    result = run(text, "--chaos", "openai-2025-06-10-gpu-network", *more, subprocess=True)
    result.assert_outcomes(passed=1)


def test_of_one_name_leaves_ids_alone(run):
    assert names(run("def test(): pass", "--chaos", STORM, "-v")) == ["test"]


@pytest.mark.parametrize("more", [(), ("-n", "2")], ids=["alone", "xdist"])
def test_an_unknown_name_is_one_error_at_the_start(run, more):
    text = "\n".join(f"def test_{number}(): pass" for number in range(9))
    result = run(text, "--chaos", "anthropic-530-storm", *more, subprocess=True)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: --chaos: unknown profile*nearest first: *529-storm*"])
    assert result.stderr.str().count("530-storm") == 1


def test_a_marker_of_the_tests_own_wins(run):
    run(
        f"""
        import pytest

        @pytest.mark.chaos({WAVES!r})
        def test(chaos):
            assert chaos.profile.name == {WAVES!r}
            assert chaos.now == 0
        """,
        "--chaos",
        STORM,
    ).assert_outcomes(passed=1)


def test_skips_tests_of_hypothesis_with_the_reason(run):
    result = run(
        """
        from hypothesis import given, strategies

        @given(strategies.integers())
        def test(number):
            pass
        """,
        "--chaos",
        STORM,
        "-rs",
    )
    result.assert_outcomes(skipped=1)
    result.stdout.fnmatch_lines(["*--chaos: one `chaos` cannot*"])


def test_covers_doctests_and_unittests_too(run, pytester):
    pytester.makepyfile(
        documented='''
        def today():
            """
            >>> today()
            2026
            """
            import datetime
            return datetime.datetime.now(datetime.UTC).year
        '''
    )
    result = run(
        """
        import unittest, datetime

        class TestOld(unittest.TestCase):
            def test(self):
                assert datetime.datetime.now(datetime.UTC).year == 2026
        """,
        "--doctest-modules",
        "--chaos",
        STORM,
    )
    assert result.parseoutcomes()["passed"] == 2
