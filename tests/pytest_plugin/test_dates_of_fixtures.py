"""What is set up after `chaos` is asked for is of the profile's day; what came before is not."""

import textwrap

import pytest

pytestmark = pytest.mark.exhaustive(of_file=4)  # each runs pytest in a process

HEAD = """
import sqlite3, time
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

DAY = "2026-03-02"
pytestmark = pytest.mark.chaos("anthropic-2026-03-02-three-waves")

def age(made):
    return (datetime.now(UTC) - made).total_seconds()
"""


@pytest.fixture
def run(pytester):
    def run(text, *args):
        pytester.makepyfile(HEAD + textwrap.dedent(text))
        return pytester.runpytest_subprocess("-p", "no:randomly", *args)

    return run


def test_a8_a_fixture_that_uses_chaos_sees_the_profiles_date(run):
    run("""
        @pytest.fixture
        def token(chaos):
            began = time.monotonic()
            time.sleep(0.01)
            assert 0.01 <= time.monotonic() - began < 240
            return datetime.now(UTC)

        def test_it(token, chaos):
            assert str(token.date()) == DAY
            assert 0 < age(token) < 1800
    """).assert_outcomes(passed=1)


def test_a8_a_fixture_is_never_younger_than_the_replay(run):
    run("""
        @pytest.fixture
        def token(chaos):
            time.sleep(0.05)
            return datetime.now(UTC)

        def test_it(token, chaos):
            ages = []
            chaos.replay(lambda question: ages.append(age(token)), calls=3)
            assert min(ages) > 0
    """).assert_outcomes(passed=1)


def test_a8_compiled_code_in_fixtures_sees_the_profiles_date(run):
    run("""
        @pytest.fixture
        def made(chaos):
            with closing(sqlite3.connect(":memory:")) as database:
                return database.execute("select date('now')").fetchone()[0]

        def test_it(made):
            assert made == DAY
    """).assert_outcomes(passed=1)


def test_a8_fixtures_from_before_and_all_that_comes_after_see_the_real_date(run):
    run("""
        @pytest.fixture(scope="session")
        def before():
            return datetime.now(UTC)

        @pytest.fixture
        def around(chaos):
            yield
            assert str(datetime.now(UTC).date()) != DAY

        def test_it(before, around):
            assert str(before.date()) != DAY

        def test_next():
            pass
    """).assert_outcomes(passed=2)


def test_a8_the_real_date_is_back_when_a_fixture_fails(run):
    run("""
        @pytest.fixture
        def broken(chaos):
            raise ZeroDivisionError

        def test_it(broken):
            pass

        @pytest.fixture
        def other():
            return datetime.now(UTC)

        @pytest.mark.parametrize("n", [1])
        def test_next(other, n):
            assert str(other.date()) != DAY
    """).assert_outcomes(passed=1, errors=1)


@pytest.mark.parametrize("clock", ["time_machine.travel", "freezegun.freeze_time"])
@pytest.mark.parametrize("first", ["", "chaos"])
def test_a8_another_clock_in_a_fixture_is_refused_and_leaves_real_time_behind(run, clock, first):
    module, _, function = clock.partition(".")
    pytest.importorskip(module)
    found = run(f"""
        import {module}

        @pytest.fixture
        def frozen({first}):
            with {module}.{function}(datetime(2020, 1, 1, tzinfo=UTC)):
                yield

        def test_it(frozen, chaos):
            pass

        def test_next():
            assert datetime.now(UTC).year == 2026

        @pytest.fixture
        def real():
            return datetime.now(UTC)

        def test_last(real):
            assert real.year >= 2026 and str(real.date()) != DAY
    """)
    found.assert_outcomes(passed=2, failed=1)
    found.stdout.fnmatch_lines(["*UsageError: * is already active*"])


def test_a8_a_token_from_before_the_outage_that_is_not_yet_valid_gets_a_note(run):
    pytest.importorskip("jwt_rs")
    found = run("""
        import jwt_rs as jwt
        KEY = "a secret that is long enough for HMAC with SHA-256"

        @pytest.fixture(scope="session")
        def token():
            return jwt.encode({"nbf": datetime.now(UTC)}, KEY, algorithm="HS256")

        def test_it(token, chaos):
            try:
                jwt.decode(token, KEY, algorithms=["HS256"])
            except jwt.PyJWTError as error:
                raise RuntimeError("401") from error
    """)
    found.assert_outcomes(failed=1)
    found.stdout.fnmatch_lines(["*the date in this outage is 2 March 2026*requests `chaos`*"])
