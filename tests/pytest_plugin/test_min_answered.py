"""`--chaos-min-answered`: a share of answered calls as a gate."""

from __future__ import annotations

import pytest
from support.plugin_suites import STORM

pytestmark = pytest.mark.exhaustive(of_file=2)  # each runs pytest, some in workers

REPLAYS = f"""
    import pytest
    from bot import ask

    @pytest.mark.chaos({STORM!r})
    def test_naive(chaos):
        chaos.replay(lambda prompt: ask(prompt, max_retries=0), every="1m")

    def test_healthy(chaos):
        chaos.replay(lambda prompt: ask(prompt), calls=3)
"""
ENTERED = f"""
    from bot import ask
    from chaos_llm import outage

    def test_naive():
        with outage({STORM!r}) as chaos:
            chaos.replay(lambda prompt: ask(prompt, max_retries=0), every="1m")
"""
NO_REPLAY = "def test(): pass"


@pytest.mark.parametrize("more", [(), ("-n", "2")], ids=["alone", "xdist"])
def test_a_test_that_answers_less_fails_and_no_other(run, more):
    result = run(REPLAYS, "--chaos-min-answered", "0.99", *more, subprocess=bool(more))
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.re_match_lines(
        [
            rf"--chaos-min-answered=0.99: \d+\.\d+% of the \d+ calls of a replay on {STORM} were "
            "answered"
        ]
    )


def test_a_test_that_answers_enough_passes(run):
    result = run(REPLAYS, "--chaos-min-answered", "20%")
    result.assert_outcomes(passed=2)
    assert result.ret == pytest.ExitCode.OK


def test_so_it_is_where_a_test_enters_its_own_outage(run):
    run(ENTERED, "--chaos-min-answered", "0.99").assert_outcomes(failed=1)


@pytest.mark.parametrize("more", [(), ("-n", "2")], ids=["alone", "xdist"])
def test_a_run_without_a_replay_fails_because_nothing_was_judged(run, more):
    result = run(NO_REPLAY, "--chaos-min-answered", "0.99", *more, subprocess=bool(more))
    result.assert_outcomes(passed=1)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(
        ["chaos_llm: --chaos-min-answered judged nothing: no test made a replay"]
    )


@pytest.mark.parametrize("more", [(), ("-n", "2")], ids=["alone", "xdist"])
def test_where_tests_were_left_out_it_is_said_and_no_failure(run, more):
    text = REPLAYS + "\n    def test_other():\n        pass\n"
    result = run(text, "--chaos-min-answered", "0.99", "-k", "other", *more, subprocess=bool(more))
    assert result.ret == pytest.ExitCode.OK
    result.stdout.fnmatch_lines(["chaos_llm: --chaos-min-answered judged nothing*"])


@pytest.mark.parametrize("given", ["1.5", "-1", "most", "99", "nan"])
def test_what_is_no_share_is_an_error_at_the_start(run, given):
    result = run(NO_REPLAY, f"--chaos-min-answered={given}", subprocess=True)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*a share is written as 0.99 or 99%; got *"])
