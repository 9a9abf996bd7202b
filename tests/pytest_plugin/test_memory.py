"""What a test leaves behind when it has been reported."""

from __future__ import annotations

import pytest

SUITE = """
    import gc
    import resource
    import weakref

    import httpx2
    import pytest

    ALIVE = weakref.WeakSet()
    SIZES = {{}}

    @pytest.mark.chaos
    @pytest.mark.parametrize("number", range({tests}))
    def test_asks(chaos, number):
        def ask(prompt):
            reply = httpx2.post(
                "https://api.anthropic.com/v1/messages",
                json={{"model": "claude-opus-4-6", "max_tokens": 9,
                       "messages": [{{"role": "user", "content": prompt}}]}},
                headers={{"x-api-key": "k"}},
            )
            return reply.json()["content"][0]["text"]

        ALIVE.add(chaos)
        if number % {each} == 0:
            chaos.replay(ask, calls={calls})
        SIZES[number] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        assert number % {fails} or not number

    def test_no_outage_is_left():
        gc.collect()
        assert len(ALIVE) == 0, len(ALIVE)
        first, last = SIZES[{tests} // 4], SIZES[{tests} - 1]
        print(f"peak after a quarter {{first // 1024}} MB, at the end {{last // 1024}} MB")
        assert last - first < 16 * 1024, (first, last)
"""


@pytest.mark.timeout(600)
def test_e_a_thousand_outages_of_one_session_are_let_go(pytester):
    pytester.makepyfile(SUITE.format(tests=1000, each=10, calls=20, fails=100))
    result = pytester.runpytest_subprocess("-q", "-p", "no:randomly", "--tb=no", timeout=600)
    result.assert_outcomes(passed=992, failed=9)  # what failed is reported, and let go as well


def test_e_an_outage_is_there_for_the_reports_and_then_gone(pytester):
    pytester.makepyfile(SUITE.format(tests=8, each=1, calls=5, fails=5))
    result = pytester.runpytest_subprocess(
        "-q", "-p", "no:randomly", "--chaos-report=pages", "--junitxml=junit.xml", timeout=120
    )
    result.assert_outcomes(passed=8, failed=1)
    result.stdout.fnmatch_lines(["*chaos timeline*"])
    files = pytester.path.joinpath("pages").glob("*.json")
    assert len([path for path in files if path.name != "history.json"]) == 8
    assert 'name="chaos_requests"' in pytester.path.joinpath("junit.xml").read_text("utf-8")


def test_a_seed_of_thousands_of_digits_is_refused(pytester):
    result = pytester.runpytest("--chaos-seed", "9" * 5000)
    result.stderr.fnmatch_lines(["ERROR: --chaos-seed is a whole number or 'random'; got *"])
