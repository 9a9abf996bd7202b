"""An outage in each example of @given: in every kind of test, with all that Hypothesis does."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from textwrap import dedent

import pytest
from support.nested import run_pytest
from support.once import made_once

pytestmark = pytest.mark.exhaustive(of_file=2)  # each runs a property to its failure

APP = """
import anthropic

CLIENT = anthropic.Anthropic(api_key="sk-test", max_retries=0)
ASYNC = anthropic.AsyncAnthropic(api_key="sk-test", max_retries=0)


def asked(question):
    said = [{"role": "user", "content": question}]
    return {"model": "claude-sonnet-5-5", "max_tokens": 300, "messages": said}


def ask(question):
    return CLIENT.messages.create(**asked(question)).content[0].text


async def ask_async(question):
    return (await ASYNC.messages.create(**asked(question))).content[0].text


def ask_or_apologize(question):
    try:
        return ask(question)
    except anthropic.APIError:
        return "Please ask again."
"""
HEAD = """
    import pytest
    from hypothesis import Phase, example, given, settings
    from hypothesis.database import DirectoryBasedExampleDatabase
    from app import ask, ask_async, ask_or_apologize
    from chaos_llm import load, outage
    from chaos_llm.faults import server_error
    from chaos_llm.property_testing.strategies import climb, outages

    SHORT = [Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink]
    FEW = settings(max_examples=12, deadline=None, database=None, phases=SHORT)
    FAILING = outages(providers=["anthropic"], faults=["server_error", "overloaded"])
"""
BROKEN = f"""{HEAD}
    @FEW
    @given(FAILING)
    def test_it(profile):
        with outage(profile) as chaos:
            report = chaos.replay(ask, calls=10)
        assert report.failed == 0
"""


# Suites that one pytest plays: a file each, whose tests have names of their own.
SUITES = {
    "broken": BROKEN.replace("test_it", "test_broken"),
    "passing": f"""{HEAD}
    @FEW
    @given(FAILING)
    def test_passing(profile):
        with outage(profile) as chaos:
            report = chaos.replay(ask_or_apologize, calls=10)
            climb(report)
        assert report.failed == 0
    """,
    "threads": f"""{HEAD}
    @FEW
    @given(FAILING)
    def test_threads(profile):
        with outage(profile) as chaos:
            report = chaos.replay(ask_or_apologize, calls=12, users=4)
        assert report.failed == 0
    """,
    "deadlines": f"""{HEAD}
    @settings(max_examples=12, deadline=60_000, database=None)
    @given(outages(providers=["anthropic"], faults=["hang"], longest="12h"))
    def test_deadlines(profile):
        with outage(profile) as chaos:
            assert chaos.replay(ask_or_apologize, calls=10).calls == 10
    """,
}
for mark in ("asyncio", "anyio"):
    SUITES[mark] = f"""{HEAD}
    @pytest.mark.{mark}
    @FEW
    @given(FAILING)
    async def test_{mark}(profile):
        with outage(profile) as chaos:
            report = await chaos.replay(ask_async, calls=10, users=3)
        assert report.calls == 10

    @pytest.mark.{mark}
    @FEW
    @given(FAILING)
    async def test_{mark}_broken(profile):
        with outage(profile) as chaos:
            report = await chaos.replay(ask_async, calls=10)
        assert report.failed == 0
    """


@dataclass(frozen=True)
class Told:
    """What pytest said of the suites: the outcome of each test, and its part of the report."""

    text: str

    @cached_property
    def parts(self):
        found = re.split(r"^_{3,} (test_\w+)\S* _{3,}$", self.text, flags=re.MULTILINE)
        return dict(zip(found[1::2], found[2::2], strict=True))

    def outcomes(self, test):
        return re.findall(rf"^([A-Z]+) \S+::{test}(?:\[\w+\])?(?: |$)", self.text, re.MULTILINE)

    def shows(self, test, *lines):
        pytest.LineMatcher(self.parts[test].splitlines()).fnmatch_lines(lines)


@pytest.fixture(scope="session")
def told(tmp_path_factory):
    """All suites, run by one pytest."""

    def play(folder):
        (folder / "app.py").write_text(APP)
        for name, text in SUITES.items():
            (folder / f"test_{name}.py").write_text(dedent(text))
        (folder / "told").write_text(run_pytest(folder, "-rA").stdout)

    return Told((made_once(tmp_path_factory, "given", play) / "told").read_text())


@pytest.fixture
def run(pytester):
    """Write one test file beside the app and run it."""
    pytester.makepyfile(app=APP)
    pytester.makeini("[pytest]\nasyncio_default_fixture_loop_scope = function\n")
    pytester.syspathinsert()

    def write_and_run(text, *args):  # in a process of its own, where Hypothesis is at home
        pytester.makepyfile(test_it=text)
        return pytester.runpytest_subprocess("-p", "no:randomly", "-p", "no:cacheprovider", *args)

    return write_and_run


def test_a_failure_shows_the_shrunk_outage_as_a_timeline_and_as_a_profile(told):
    assert told.outcomes("test_broken") == ["FAILED"]
    told.shows(
        "test_broken",
        "*where 0.1 = <Report of drawn-outage: 10 calls, 90.0% answered>.failed",
        "*faults=(WeightedFault(1.0, server_error()),)*",
        "*chaos timeline*",
        "drawn-outage, seed 0*",
        "*chaos profile: fault_profiles/drawn-outage.toml*",
        "*@example(load('drawn-outage'))*",
        'title = "anthropic: server_error for 1 s"',
        'until = "+1s"',
    )


def test_the_shown_profile_can_be_saved_and_replayed(told, run, pytester):
    shown = told.parts["test_broken"]
    toml = re.search(r"^title = .*?evidence = \"assumed\"$", shown, re.DOTALL | re.MULTILINE)[0]
    pytester.path.joinpath("fault_profiles").mkdir()
    pytester.path.joinpath("fault_profiles/drawn-outage.toml").write_text(toml)
    result = run(f"""{HEAD}
    @FEW
    @example(load("fault_profiles/drawn-outage.toml"))
    @given(FAILING)
    def test_it(profile):
        with outage(profile) as chaos:
            assert chaos.replay(ask, calls=10).failed == 0
    """)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*chaos timeline*"])


def test_a_passing_test_shows_nothing(told):
    assert told.outcomes("test_passing") == ["PASSED"]
    assert "test_passing" not in told.parts  # which has a part for all that was captured


@pytest.mark.parametrize("mark", ["asyncio", "anyio"])
def test_async_tests_run_each_example_on_its_own_loop(told, mark):
    passed, failed = told.outcomes(f"test_{mark}"), told.outcomes(f"test_{mark}_broken")
    assert set(passed) == {"PASSED"}
    assert failed == ["FAILED"] * len(passed)
    told.shows(
        f"test_{mark}_broken", "*chaos timeline*", 'title = "anthropic: server_error for 1 s"'
    )


@pytest.mark.parametrize("test", ["test_threads", "test_deadlines"])
def test_examples_run_with_threads_and_deadlines_are_in_real_time(told, test):
    assert told.outcomes(test) == ["PASSED"]


@pytest.mark.exhaustive(sample=1)
@pytest.mark.parametrize("workers", ["0", "1"])
def test_a_failure_is_replayed_from_the_database_alone_and_in_workers(run, pytester, workers):
    here = (
        "database=DirectoryBasedExampleDatabase('examples'), derandomize=False, "  # CI keeps none
    )
    counting = BROKEN.replace("database=None, ", here).replace(
        "with outage", "print('x', end='', file=open('tried', 'a'))\n        with outage"
    )
    result = run(counting, "-n", workers)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*chaos timeline*", "*chaos profile*"])
    tried = pytester.path.joinpath("tried")
    first = len(tried.read_text())
    tried.unlink()
    run(counting, "-n", workers).assert_outcomes(failed=1)
    assert len(tried.read_text()) < first


def test_hypothesis_is_not_imported_until_it_is_used(run):
    result = run(
        """
    import sys

    def test_it():
        from chaos_llm import outage
        with outage() as chaos:
            chaos.on("anthropic").heal()
        assert "chaos_llm.property_testing.strategies" not in sys.modules
        assert "hypothesis" not in sys.modules
    """,
        "-p",
        "no:hypothesispytest",
    )
    result.assert_outcomes(passed=1)
