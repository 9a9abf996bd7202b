"""The `chaos` fixture: an outage in force while the test function runs."""

from __future__ import annotations


def test_alone_every_provider_is_healthy(run):
    run("""
        from bot import ask

        def test(chaos):
            assert ask()
            assert chaos.profile.name == "healthy"
            assert [e.status for e in chaos.journal] == [200]
    """).assert_outcomes(passed=1)


def test_time_is_virtual_in_the_test_and_real_around_it(run):
    run("""
        import time
        import pytest

        real = time.monotonic

        @pytest.fixture
        def clocked(chaos):
            begun = time.monotonic()
            time.sleep(0.01)
            assert 0.01 <= time.monotonic() - begun < 240
            yield begun
            assert time.monotonic() - begun < 240

        def test(chaos, clocked):
            before = time.monotonic()
            time.sleep(36_000)
            assert time.monotonic() - before == 36_000
    """).assert_outcomes(passed=1)


def test_a_fixture_may_inject_faults_first(run):
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


def test_clients_that_fixtures_make_find_a_key_and_are_on_the_outage(run):
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


def test_requested_too_late_it_fails_with_a_message(run):
    result = run("""
        def test(request):
            request.getfixturevalue("chaos")
    """)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*as an argument*"])


def test_a_fixture_of_theirs_by_that_name_is_theirs(run):
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
            assert time.monotonic() - begun < 240
    """).assert_outcomes(passed=1)


def test_two_outages_at_once_are_refused_and_the_first_stays(run):
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


def test_a_test_that_is_run_again_has_a_new_outage(pytester, run):
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
