"""The report of a failing test, and the silence of a passing one."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

from support.plugin_suites import STORM, WAVES

FAILING = f"""
    import pytest
    from bot import ask

    @pytest.mark.chaos({STORM!r})
    def test(chaos):
        ask()
        assert not "this fails"
"""


def test_a_failing_test_shows_what_happened_and_how_to_repeat_it(run):
    result = run(FAILING)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "*chaos timeline*",
            "*anthropic*",
            "*chaos seed*",
            f"profile {STORM}, seed *: repeat with --chaos-seed=*",
        ]
    )


def test_in_a_worker_too(run):
    result = run(FAILING, "-n", "1", subprocess=True)
    result.stdout.fnmatch_lines(["*chaos timeline*", "*chaos seed*"])


def test_the_seed_that_is_shown_repeats_it(run):
    text = FAILING.replace("ask()", "print('first', ask())").replace(STORM, WAVES)
    first = run(text).stdout.str()
    seed = re.search(r"repeat with --chaos-seed=(\d+)", first)[1]
    again = run(text, f"--chaos-seed={seed}").stdout.str()
    assert re.search("first .*", again)[0] == re.search("first .*", first)[0]


def test_a_passing_test_shows_nothing(run):
    result = run("def test(chaos): pass", "-rA")
    result.assert_outcomes(passed=1)
    result.stdout.no_fnmatch_line("*chaos timeline*")


def test_a_test_that_fails_in_its_setup_shows_nothing_of_ours(run):
    result = run("""
        import pytest

        @pytest.fixture
        def broken(chaos):
            raise ZeroDivisionError

        def test(broken):
            pass
    """)
    result.assert_outcomes(errors=1)
    result.stdout.no_fnmatch_line("*chaos timeline*")


def test_a_timeline_that_cannot_be_drawn_does_not_hide_the_failure(run):
    result = run("""
        def test(chaos):
            chaos.timeline = lambda: 1 / 0
            assert not "this fails"
    """)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*this fails*", "*could not be drawn: ZeroDivisionError*"])


def test_durations_and_junit_are_in_real_time(run, pytester):
    result = run(
        """
        import time

        def test(chaos):
            time.sleep(36_000)
        """,
        "--durations=9",
        "--durations-min=0",
        "--junitxml=junit.xml",
    )
    seconds = float(re.search(r"([\d.]+)s call +test_it", result.stdout.str())[1])
    assert seconds < 30
    case = ET.parse(pytester.path / "junit.xml").find(".//testcase")
    assert float(case.get("time")) < 30


def test_a_harness_error_that_the_app_swallowed_fails_the_test(run):
    result = run("""
        import socket

        def test(chaos):
            try:
                socket.getaddrinfo("api.anthropic.com", 443)
            except BaseException:
                pass
    """)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*UncaughtEgress: a request to api.anthropic.com*"])


def test_the_next_test_after_a_harness_error_is_in_real_time(run):
    run("""
        import socket
        import time
        import pytest

        @pytest.mark.xfail(raises=BaseException)
        def test_first(chaos):
            socket.getaddrinfo("api.anthropic.com", 443)

        def test_second():
            begun = time.monotonic()
            time.sleep(0.01)
            assert 0.01 <= time.monotonic() - begun < 240
    """).assert_outcomes(passed=1, xfailed=1)


def test_skips_and_expected_failures_are_unchanged(run):
    run("""
        import pytest

        @pytest.mark.xfail
        def test_expected(chaos):
            assert False

        def test_skipped(chaos):
            pytest.skip("not today")

        def test_raises(chaos):
            with pytest.raises(ZeroDivisionError):
                1 / 0
    """).assert_outcomes(passed=1, xfailed=1, skipped=1)
