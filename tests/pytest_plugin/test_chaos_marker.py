"""The `chaos` marker: profiles by name or tag, at a position."""

from __future__ import annotations

from support.plugin_suites import AUTH, STORM, WAVES, names


def test_selects_the_profile_also_without_the_fixture(run):
    run(f"""
        import datetime
        import pytest

        @pytest.mark.chaos({WAVES!r})
        def test():
            now = datetime.datetime.now(datetime.UTC)
            assert now.isoformat() == "2026-03-02T11:37:00+00:00"
    """).assert_outcomes(passed=1)


def test_of_one_name_leaves_the_tests_id_alone(run):
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


def test_of_several_names_is_one_test_each(run):
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


def test_of_tags_takes_every_profile_that_has_them(run):
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


def test_at_begins_in_the_middle(run):
    run(f"""
        import pytest

        @pytest.mark.chaos({WAVES!r}, at="wave 1: some API methods fail")
        def test_window(chaos):
            assert chaos.now > 0

        @pytest.mark.chaos({WAVES!r}, at="13:00")
        def test_time(chaos):
            assert chaos.now == 83 * 60
    """).assert_outcomes(passed=2)


def test_of_class_and_module_hold_and_the_nearest_wins(run):
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


def test_stands_beside_other_parameters(run):
    run(f"""
        import pytest

        @pytest.mark.parametrize("number", [1, 2])
        @pytest.mark.chaos({STORM!r}, {AUTH!r})
        def test(chaos, number):
            assert number
    """).assert_outcomes(passed=4)


def test_takes_a_file(run, pytester):
    pytester.makefile(
        ".toml",
        mine='title = "Mine"\nstarts = 2026-05-01T10:00:00Z\nends = 2026-05-01T11:00:00Z\n'
        'tags = ["mine"]\n[[window]]\nname = "all"\nfrom = 2026-05-01T10:00:00Z\n'
        'until = 2026-05-01T11:00:00Z\non = [{ provider = "anthropic" }]\nshare = 1.0\n'
        'faults = [{ fault = "overloaded" }]\n'
        'evidence = { from = "assumed", until = "assumed", on = "assumed", share = "assumed", '
        'faults = "assumed" }\n',
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


def test_works_in_a_unittest_class(run):
    run(f"""
        import unittest
        import datetime
        import pytest

        @pytest.mark.chaos({WAVES!r})
        class TestOld(unittest.TestCase):
            def test(self):
                assert datetime.datetime.now(datetime.UTC).month == 3
    """).assert_outcomes(passed=1)


def test_is_registered(run):
    run("def test(): pass", "--markers").stdout.fnmatch_lines(["@pytest.mark.chaos(*"])


def test_a_tagged_profile_without_effect_is_skipped_and_a_named_one_fails(run):
    result = run(
        """
        import pytest
        from bot import ask

        @pytest.mark.chaos(tags="web-only")
        def test_tagged(chaos):
            chaos.replay(ask, calls=20).check()

        @pytest.mark.chaos("azure-openai-2026-01-27-sweden-central")
        def test_named(chaos):
            chaos.replay(ask, calls=20).check()
        """,
        "-rs",
    )
    result.assert_outcomes(skipped=3, failed=1)
    result.stdout.fnmatch_lines(
        ["*nothing was tested: azure-openai-* hits azure-openai, and the app asked anthropic*"]
    )
    result.stdout.fnmatch_lines(["SKIPPED * test_it.py:*no fault of * was applied to any request*"])


def test_with_strict_false_answers_what_the_real_apis_refuse(run):
    run("""
        import anthropic
        import pytest

        def ask():
            anthropic.Anthropic(api_key="k", max_retries=0).messages.create(
                model="m", max_tokens=9, messages=[{"role": "tool", "content": "x"}]
            )

        @pytest.mark.chaos(strict=False)
        def test_lenient(chaos):
            ask()

        def test_strict(chaos):
            with pytest.raises(anthropic.BadRequestError):
                ask()
    """).assert_outcomes(passed=2)
