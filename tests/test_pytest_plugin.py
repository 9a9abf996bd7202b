"""The pytest door, through pytest: fixture, marker, options, reports, and what is refused."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import anthropic
import hypothesis  # noqa: F401 - its plugin imports it at the end of each run
import pytest

from chaos_llm import load, outage

pytest_plugins = ["pytester"]

STORM = "anthropic-529-storm"
AUTH = "anthropic-2026-04-28-auth"
WAVES = "anthropic-2026-03-02-three-waves"
BOT = """
import anthropic

SAID = {"role": "user", "content": "hi"}
REQUEST = {"model": "claude-opus-4-6", "max_tokens": 9, "messages": [SAID]}

def ask(question="hi", **options):
    said = {"role": "user", "content": question}
    message = anthropic.Anthropic(**options).messages.create(**REQUEST | {"messages": [said]})
    return message.content[0].text
"""


@pytest.fixture(scope="module")
def warm():
    """Import what outages need: pytester forgets all that is imported first in a run of its own."""
    with outage(load(STORM)) as chaos:
        chaos.on("anthropic").heal()
        client = anthropic.Anthropic(api_key="sk-test", max_retries=0)
        said = {"role": "user", "content": "hi"}
        client.messages.create(model="claude-opus-4-6", max_tokens=9, messages=[said])
        assert chaos.timeline()


@pytest.fixture(autouse=True)
def suite(warm, pytester, monkeypatch):
    """A suite with a small app, in which every warning is an error."""
    for key in ("ANTHROPIC_API_KEY", "OPENAI_API_KEY", "PYTEST_ADDOPTS"):
        monkeypatch.delenv(key, raising=False)
    pytester.makepyfile(bot=BOT)
    pytester.makeini(
        "[pytest]\nfilterwarnings = error\nxfail_strict = true\n"
        "asyncio_default_fixture_loop_scope = function\n"
    )
    pytester.syspathinsert()
    return pytester


@pytest.fixture
def run(pytester):
    """Write one test file and run it."""

    def write_and_run(text, *args, subprocess=False):
        pytester.makepyfile(test_it=text)
        go = pytester.runpytest_subprocess if subprocess else pytester.runpytest
        return go("-p", "no:randomly", "-p", "no:cacheprovider", *args)

    return write_and_run


def names(result):
    """The ids of the tests that were run or collected, without their file."""
    return re.findall(r"test_it\.py::(\S+)", result.stdout.str())


class TestFixture:
    def test_alone_every_provider_is_healthy(self, run):
        run("""
            from bot import ask

            def test(chaos):
                assert ask()
                assert chaos.profile.name == "healthy"
                assert [e.status for e in chaos.journal] == [200]
        """).assert_outcomes(passed=1)

    def test_time_is_virtual_in_the_test_and_real_around_it(self, run):
        run("""
            import time
            import pytest

            real = time.monotonic

            @pytest.fixture
            def clocked(chaos):
                begun = time.monotonic()
                time.sleep(0.01)
                assert 0.01 <= time.monotonic() - begun < 5
                yield begun
                assert time.monotonic() - begun < 60

            def test(chaos, clocked):
                before = time.monotonic()
                time.sleep(36_000)
                assert time.monotonic() - before == 36_000
        """).assert_outcomes(passed=1)

    def test_a_fixture_may_prepare_the_day(self, run):
        run("""
            import anthropic
            import pytest
            from bot import ask
            from chaos_llm.faults import overloaded

            @pytest.fixture
            def storm(chaos):
                chaos.on("anthropic").inject(overloaded())

            def test(storm):
                with pytest.raises(anthropic.OverloadedError):
                    ask(max_retries=0)
        """).assert_outcomes(passed=1)

    def test_clients_that_fixtures_make_find_a_key_and_are_on_the_outage(self, run):
        run("""
            import anthropic
            import pytest
            from bot import REQUEST

            @pytest.fixture
            def client():
                return anthropic.Anthropic()

            def test(client, chaos):
                client.messages.create(**REQUEST)
                assert len(chaos.journal) == 1
        """).assert_outcomes(passed=1)

    def test_asked_for_too_late_it_says_so(self, run):
        result = run("""
            def test(request):
                request.getfixturevalue("chaos")
        """)
        result.assert_outcomes(failed=1)
        result.stdout.fnmatch_lines(["*as an argument*"])

    def test_a_fixture_of_theirs_by_that_name_is_theirs(self, run):
        run("""
            import time
            import pytest

            @pytest.fixture
            def chaos():
                return 42

            def test(chaos):
                assert chaos == 42
                begun = time.monotonic()
                time.sleep(0.01)
                assert time.monotonic() - begun < 5
        """).assert_outcomes(passed=1)

    def test_two_outages_at_once_are_refused_and_the_first_stays(self, run):
        run("""
            import pytest
            from bot import ask
            from chaos_llm import load, outage

            def test(chaos):
                with pytest.raises(ValueError, match="two outages"), outage():
                    pass
                assert ask()
                assert len(chaos.journal) == 1
        """).assert_outcomes(passed=1)

    def test_a_test_that_is_run_again_has_a_new_outage(self, pytester, run):
        pytester.makeconftest("""
            from _pytest.runner import runtestprotocol

            def pytest_runtest_protocol(item, nextitem):
                for _ in range(2):
                    item._initrequest()
                    for report in runtestprotocol(item, nextitem=nextitem, log=False):
                        item.ihook.pytest_runtest_logreport(report=report)
                return True
        """)
        run("""
            from bot import ask

            def test(chaos):
                ask()
                assert len(chaos.journal) == 1
        """).assert_outcomes(passed=2)


class TestMarker:
    def test_names_the_day_also_without_the_fixture(self, run):
        run(f"""
            import datetime
            import pytest

            @pytest.mark.chaos({WAVES!r})
            def test():
                now = datetime.datetime.now(datetime.UTC)
                assert now.isoformat() == "2026-03-02T11:37:00+00:00"
        """).assert_outcomes(passed=1)

    def test_of_one_name_leaves_the_tests_id_alone(self, run):
        result = run(
            f"""
            import pytest

            @pytest.mark.chaos({STORM!r})
            def test(chaos):
                assert chaos.profile.name == {STORM!r}
            """,
            "-v",
        )
        assert names(result) == ["test"]

    def test_of_several_names_is_one_test_each(self, run):
        result = run(
            f"""
            import pytest

            @pytest.mark.chaos({STORM!r}, {AUTH!r})
            def test(chaos, request):
                assert chaos.profile.name in request.node.name
            """,
            "-v",
        )
        assert names(result) == [f"test[{STORM}]", f"test[{AUTH}]"]
        result.assert_outcomes(passed=2)

    def test_of_tags_takes_every_profile_that_has_them(self, run):
        result = run(
            """
            import pytest
            from chaos_llm import profiles

            @pytest.mark.chaos(tags=["5xx", "relapse"])
            def test(chaos):
                assert {"5xx", "relapse"} <= set(chaos.profile.tags)

            @pytest.mark.chaos(tags="status-lag")
            def test_one(chaos):
                assert "status-lag" in chaos.profile.tags
            """,
            "-v",
        )
        found = names(result)
        assert f"test[{WAVES}]" in found
        assert len([name for name in found if name.startswith("test_one[")]) >= 1
        assert result.ret == 0

    def test_at_begins_in_the_middle(self, run):
        run(f"""
            import pytest

            @pytest.mark.chaos({WAVES!r}, at="wave 1: some API methods fail")
            def test_window(chaos):
                assert chaos.now > 0

            @pytest.mark.chaos({WAVES!r}, at="13:00")
            def test_time(chaos):
                assert chaos.now == 83 * 60
        """).assert_outcomes(passed=2)

    def test_of_class_and_module_hold_and_the_nearest_wins(self, run):
        run(f"""
            import pytest

            pytestmark = pytest.mark.chaos({STORM!r})

            def test_module(chaos):
                assert chaos.profile.name == {STORM!r}

            @pytest.mark.chaos({AUTH!r})
            class TestClass:
                def test_class(self, chaos):
                    assert chaos.profile.name == {AUTH!r}

                @pytest.mark.chaos()
                def test_own(self, chaos):
                    assert chaos.profile.name == "healthy"
        """).assert_outcomes(passed=3)

    def test_stands_beside_other_parameters(self, run):
        run(f"""
            import pytest

            @pytest.mark.parametrize("number", [1, 2])
            @pytest.mark.chaos({STORM!r}, {AUTH!r})
            def test(chaos, number):
                assert number
        """).assert_outcomes(passed=4)

    def test_takes_a_file(self, run, pytester):
        pytester.makefile(
            ".toml",
            mine='title = "Mine"\nstarts = 2026-05-01T10:00:00Z\nends = 2026-05-01T11:00:00Z\n'
            'tags = ["mine"]\n[[window]]\nname = "all"\nfrom = 2026-05-01T10:00:00Z\n'
            'until = 2026-05-01T11:00:00Z\non = [{ provider = "anthropic" }]\nshare = 1.0\n'
            'mix = [{ fault = "overloaded" }]\n'
            'basis = { from = "assumed", until = "assumed", on = "assumed", share = "assumed", '
            'mix = "assumed" }\n',
        )
        result = run("""
            import anthropic
            import pytest
            from bot import ask

            @pytest.mark.chaos("mine.toml")
            def test(chaos):
                with pytest.raises(anthropic.OverloadedError):
                    ask(max_retries=0)
        """)
        result.assert_outcomes(passed=1)

    def test_works_in_a_unittest_class(self, run):
        run(f"""
            import unittest
            import datetime
            import pytest

            @pytest.mark.chaos({WAVES!r})
            class TestOld(unittest.TestCase):
                def test(self):
                    assert datetime.datetime.now(datetime.UTC).month == 3
        """).assert_outcomes(passed=1)

    def test_is_registered(self, run):
        run("def test(): pass", "--markers").stdout.fnmatch_lines(["@pytest.mark.chaos(*"])


class TestRefusedAtCollection:
    """Wrong from the start is said at the start, with the nearest right words, and runs nothing."""

    def refused(self, result, *lines):
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
    def test_an_unknown_name(self, run, mark, line):
        result = run(f"import pytest\n\n@pytest.mark.chaos({mark})\ndef test(): pass\n")
        self.refused(result, f"*test_it.py::test: {line.lstrip('*')}" if line[0] != "*" else line)

    def test_tags_that_no_profile_has_together(self, run):
        text = 'import pytest\n\n@pytest.mark.chaos(tags=["login", "latency"])\ndef test(): pass\n'
        result = run(text)
        assert result.ret != 0
        result.assert_outcomes(errors=1)

    def test_chaos_with_given_and_the_text_to_use_instead(self, run):
        result = run("""
            from hypothesis import given, strategies

            @given(strategies.integers())
            def test(chaos, number):
                pass
        """)
        self.refused(result, "*test_it.py::test: one `chaos` cannot*", "*with outage(*")

    def test_the_marker_with_given_too(self, run):
        result = run(f"""
            import pytest
            from hypothesis import given, strategies

            @pytest.mark.chaos({STORM!r})
            @given(strategies.integers())
            def test(number):
                pass
        """)
        self.refused(result, "*with outage(*")

    def test_the_text_to_use_instead_works(self, run):
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

    def test_a_unittest_class_on_several_days_fails_before_it_runs(self, run):
        result = run(f"""
            import unittest
            import pytest

            @pytest.mark.chaos({STORM!r}, {AUTH!r})
            class TestOld(unittest.TestCase):
                def test(self):
                    raise SystemExit("it ran")
        """)
        result.assert_outcomes(failed=1)
        result.stdout.fnmatch_lines(["*one bad day, not more*"])


class TestAsync:
    BODY = """
        import asyncio
        import anthropic
        import pytest
        from bot import REQUEST

        async def ask():
            async with anthropic.AsyncAnthropic() as client:
                return await client.messages.create(**REQUEST)

        MARK
        async def test(chaos):
            loop = asyncio.get_running_loop()
            begun = loop.time()
            await asyncio.sleep(36_000)
            assert loop.time() - begun == 36_000
            assert await ask()
            assert len(chaos.journal) == 1

        MARK
        async def test_again(chaos):
            await asyncio.sleep(36_000)
            assert await ask()
    """

    @pytest.mark.parametrize(
        ("mark", "options"),
        [
            ("@pytest.mark.asyncio", ["--asyncio-mode=strict"]),
            ("", ["--asyncio-mode=auto"]),
            ('@pytest.mark.asyncio(loop_scope="session")', ["--asyncio-mode=strict"]),
            ("@pytest.mark.anyio", ["--asyncio-mode=strict"]),
        ],
        ids=["strict", "auto", "session-loop", "anyio"],
    )
    def test_async_tests_need_no_marker_of_ours(self, run, mark, options):
        text = self.BODY.replace("MARK", mark)
        if "anyio" in mark:
            text += "\n        @pytest.fixture\n        def anyio_backend():\n"
            text += '            return "asyncio"\n'
        run(text, *options).assert_outcomes(passed=2)

    def test_a_session_loop_beats_on_after_the_outage(self, run):
        """A heartbeat from before the outage must not wait for ten hours after it."""
        run(
            """
            import asyncio
            import pytest

            beats = []

            async def beat():
                while True:
                    beats.append(1)
                    await asyncio.sleep(0.01)

            @pytest.fixture(scope="session")
            async def heart():
                task = asyncio.create_task(beat())
                yield
                task.cancel()

            async def test_during(heart, chaos):
                await asyncio.sleep(60)

            async def test_after(heart):
                seen = len(beats)
                await asyncio.sleep(0.2)
                assert len(beats) > seen
            """,
            "--asyncio-mode=auto",
            "-o",
            "asyncio_default_fixture_loop_scope=session",
            "-o",
            "asyncio_default_test_loop_scope=session",
        ).assert_outcomes(passed=2)


class TestChaosOption:
    """An existing suite that knows nothing of us."""

    SUITE = """
        import anthropic
        import pytest
        from bot import ask

        def test_answers():
            assert ask(max_retries=0)

        def test_knows_no_provider():
            assert 1 + 1 == 2
    """

    def test_plays_every_test_in_the_thick_of_it(self, run):
        result = run(self.SUITE, "--chaos", STORM)
        result.assert_outcomes(passed=1, failed=1)
        result.stdout.fnmatch_lines(["*OverloadedError*", "*chaos timeline*"])

    def test_without_it_the_suite_is_as_ever(self, run):
        result = run("def test(): pass", "--durations=3")
        result.assert_outcomes(passed=1)

    def test_may_be_given_twice(self, run):
        result = run("def test(): pass", "--chaos", STORM, "--chaos", AUTH, "-v")
        assert names(result) == [f"test[{STORM}]", f"test[{AUTH}]"]

    def test_of_one_name_leaves_ids_alone(self, run):
        assert names(run("def test(): pass", "--chaos", STORM, "-v")) == ["test"]

    @pytest.mark.parametrize("more", [(), ("-n", "2")], ids=["alone", "xdist"])
    def test_an_unknown_name_is_one_error_at_the_start(self, run, more):
        text = "\n".join(f"def test_{number}(): pass" for number in range(9))
        result = run(text, "--chaos", "anthropic-530-storm", *more, subprocess=True)
        assert result.ret == pytest.ExitCode.USAGE_ERROR
        result.stderr.fnmatch_lines(["ERROR: --chaos: unknown profile*nearest first: *529-storm*"])
        assert result.stderr.str().count("530-storm") == 1

    def test_a_marker_of_the_tests_own_wins(self, run):
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

    def test_leaves_out_what_hypothesis_drives_and_says_why(self, run):
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

    def test_plays_doctests_and_unittests_too(self, run, pytester):
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


class TestSeed:
    SEEN = """
        def test_a(chaos):
            print("seed", "a", chaos.seed)

        def test_b(chaos):
            print("seed", "b", chaos.seed)
    """

    def seeds(self, result):
        return dict(re.findall(r"seed (\w) (\d+)", result.stdout.str()))

    def test_follows_from_the_node_id(self, run):
        first = self.seeds(run(self.SEEN, "-s"))
        assert self.seeds(run(self.SEEN, "-s")) == first
        assert first["a"] != first["b"]

    def test_is_set_for_all(self, run):
        result = run(self.SEEN, "-s", "--chaos-seed=7")
        assert self.seeds(result) == {"a": "7", "b": "7"}
        result.stdout.fnmatch_lines(["chaos_llm: --chaos-seed=7"])

    def test_random_is_one_seed_that_the_header_says(self, run):
        result = run(self.SEEN, "-s", "--chaos-seed=random")
        said = re.search(r"chaos_llm: --chaos-seed=(\d+)", result.stdout.str())[1]
        assert self.seeds(result) == {"a": said, "b": said}

    def test_random_is_one_seed_in_all_workers(self, run):
        """The controller throws the die, and the failures say what came up."""
        failing = "\n".join(f"def test_{n}(chaos): assert not chaos.seed" for n in range(4))
        result = run(failing, "-n", "2", "--chaos-seed=random", subprocess=True)
        result.assert_outcomes(failed=4)
        said = re.search(r"chaos_llm: --chaos-seed=(\d+)", result.stdout.str())[1]
        assert set(re.findall(r"repeat with --chaos-seed=(\d+)", result.stdout.str())) == {said}

    @pytest.mark.parametrize("seed", ["garbage", "-3", "1.5", "²", ""])
    def test_that_is_no_number_is_a_usage_error(self, run, seed):
        result = run("def test(): pass", f"--chaos-seed={seed}")
        assert result.ret == pytest.ExitCode.USAGE_ERROR
        result.stderr.fnmatch_lines(["ERROR: --chaos-seed is a whole number or 'random'; got *"])

    def test_the_header_says_where_seeds_come_from(self, run):
        lines = ["chaos_llm: seeds follow from node ids; every test on " + STORM]
        run("def test(): pass", "--chaos", STORM).stdout.fnmatch_lines(lines)


class TestReport:
    FAILING = f"""
        import pytest
        from bot import ask

        @pytest.mark.chaos({STORM!r})
        def test(chaos):
            ask()
            assert not "this fails"
    """

    def test_a_failing_test_shows_what_happened_and_how_to_repeat_it(self, run):
        result = run(self.FAILING)
        result.assert_outcomes(failed=1)
        result.stdout.fnmatch_lines(
            [
                "*chaos timeline*",
                "*anthropic*",
                "*chaos seed*",
                f"profile {STORM}, seed *: repeat with --chaos-seed=*",
            ]
        )

    def test_in_a_worker_too(self, run):
        result = run(self.FAILING, "-n", "1", subprocess=True)
        result.stdout.fnmatch_lines(["*chaos timeline*", "*chaos seed*"])

    def test_the_seed_that_is_shown_repeats_it(self, run):
        text = self.FAILING.replace("ask()", "print('first', ask())")
        first = run(text).stdout.str()
        seed = re.search(r"repeat with --chaos-seed=(\d+)", first)[1]
        again = run(text, f"--chaos-seed={seed}").stdout.str()
        assert re.search("first .*", again)[0] == re.search("first .*", first)[0]

    def test_a_passing_test_shows_nothing(self, run):
        result = run("def test(chaos): pass", "-rA")
        result.assert_outcomes(passed=1)
        result.stdout.no_fnmatch_line("*chaos timeline*")

    def test_a_test_that_fails_in_its_setup_shows_nothing_of_ours(self, run):
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

    def test_a_timeline_that_cannot_be_drawn_does_not_hide_the_failure(self, run):
        result = run("""
            def test(chaos):
                chaos.timeline = lambda: 1 / 0
                assert not "this fails"
        """)
        result.assert_outcomes(failed=1)
        result.stdout.fnmatch_lines(["*this fails*", "*could not be drawn: ZeroDivisionError*"])

    def test_durations_and_junit_are_in_real_time(self, run, pytester):
        result = run(
            """
            import time

            def test(chaos):
                time.sleep(36_000)
            """,
            "--durations=1",
            "--durations-min=0",
            "--junitxml=junit.xml",
        )
        seconds = float(re.search(r"([\d.]+)s call +test_it", result.stdout.str())[1])
        assert seconds < 30
        case = ET.parse(pytester.path / "junit.xml").find(".//testcase")
        assert float(case.get("time")) < 30

    def test_a_harness_error_that_the_app_swallowed_fails_the_test(self, run):
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

    def test_the_next_test_after_a_harness_error_is_in_real_time(self, run):
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
                assert 0.01 <= time.monotonic() - begun < 5
        """).assert_outcomes(passed=1, xfailed=1)

    def test_skips_and_expected_failures_are_what_they_are(self, run):
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


class TestOtherPlugins:
    MIX = f"""
        import pytest
        from bot import ask

        @pytest.mark.chaos({STORM!r})
        @pytest.mark.parametrize("number", range(6))
        def test(chaos, number):
            chaos.replay(ask, calls=3, before=0, after=0)
            lines = [sorted(e.line().items()) for e in chaos.journal]
            print("journal", number, hash_of(lines))

        def hash_of(lines):
            import hashlib
            return hashlib.sha256(repr(lines).encode()).hexdigest()
    """

    def journals(self, result):
        return dict(re.findall(r"journal (\d) (\w+)", result.stdout.str()))

    def test_neither_order_nor_worker_changes_a_journal(self, run):
        alone = self.journals(run(self.MIX, "-rP"))
        assert len(alone) == 6
        assert len(set(alone.values())) == 6
        assert self.journals(run(self.MIX, "-rP", "-n", "2", subprocess=True)) == alone

    def test_random_order_does_not_either(self, pytester, run):
        alone = self.journals(run(self.MIX, "-rP"))
        shuffled = pytester.runpytest_subprocess("-p", "randomly", "-p", "no:cacheprovider", "-rP")
        assert self.journals(shuffled) == alone

    def test_unused_it_is_not_noticed(self, run):
        run(
            """
            import sys

            def test():
                ours = {name for name in sys.modules if name.startswith("chaos_llm")}
                assert ours <= {"chaos_llm", "chaos_llm.pytest_plugin", "chaos_llm.bad_days"}
                assert not {"pydantic", "faker", "time_machine", "anyio"} & set(sys.modules)
        """,
            "-p",
            "no:anyio",
            "-p",
            "no:faker",
            subprocess=True,
        )
