"""Wrong from the start is said at the start, with the nearest right words, and runs nothing."""

from __future__ import annotations

import pytest
from support.plugin_suites import STORM, WAVES

pytestmark = pytest.mark.exhaustive(of_file=4)  # each runs pytest


def refused(result, *lines):
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(lines)
    assert "Traceback" not in result.stdout.str()


@pytest.mark.parametrize(
    ("mark", "line"),
    [
        ('"anthropic-530-storm"', f"*unknown profile 'anthropic-530-storm'*: '{STORM}'*"),
        ('tags="5xxx"', "*unknown tag '5xxx'*: '5xx'*"),
        ('tags=["5xx", "no"]', "*unknown tag 'no'*"),
        (f'"{WAVES}", at="wave 1: logins"', "*unknown window*: 'wave 1: logins fail'*"),
        (f'"{WAVES}", seed=3', "*the marker is chaos(*"),
        ("42", "*the marker is chaos(*"),
    ],
    ids=["profile", "tag", "one-tag-of-two", "window", "keyword", "type"],
)
def test_an_unknown_name(run, mark, line):
    result = run(f"import pytest\n\n@pytest.mark.chaos({mark})\ndef test(): pass\n")
    refused(result, f"*test_it.py::test: {line.lstrip('*')}" if line[0] != "*" else line)


def test_tags_that_no_profile_has_together(run):
    text = 'import pytest\n\n@pytest.mark.chaos(tags=["web-only", "healthy"])\ndef test(): pass\n'
    result = run(text)
    assert result.ret != 0
    result.assert_outcomes(errors=1)


def test_chaos_with_given_and_the_text_to_use_instead(run):
    result = run("""
        from hypothesis import given, strategies

        @given(strategies.integers())
        def test(chaos, number):
            pass
    """)
    refused(result, "*test_it.py::test: one `chaos` cannot*", "*with outage(*")


def test_the_marker_with_given_too(run):
    result = run(f"""
        import pytest
        from hypothesis import given, strategies

        @pytest.mark.chaos({STORM!r})
        @given(strategies.integers())
        def test(number):
            pass
    """)
    refused(result, "*with outage(*")


def test_the_text_to_use_instead_works(run):
    run("""
        from hypothesis import given, settings, strategies
        from chaos_llm import load, outage
        from bot import ask

        @settings(max_examples=5, deadline=None)
        @given(strategies.integers())
        def test(number):
            with outage("anthropic-2026-03-02-three-waves") as chaos:
                assert ask(f"number {number}")
                assert len(chaos.journal) == 1
    """).assert_outcomes(passed=1)


def test_in_workers_it_is_reported_once_too(run):
    """A mistake is an error of its file, so pytest-xdist passes it on as any other."""
    text = '\nimport pytest\n\n@pytest.mark.chaos("anthropic-530-storm")\ndef test(): pass\n'
    result = run(text, "-n", "2", subprocess=True)
    assert result.ret != 0
    result.stdout.fnmatch_lines(["*unknown profile 'anthropic-530-storm'*: 'anthropic-529-storm'*"])
    result.stdout.no_fnmatch_line("*INTERNALERROR*")
