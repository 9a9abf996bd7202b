"""chaos_llm beside the plugins and frameworks of the pytest world, each of them really installed.

A row of docs/reference/pytest-plugin.md stands for each test. The lane `other_plugins` of
noxfile.py installs all of them.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import textwrap
from importlib.metadata import PackageNotFoundError, version

import pytest
from support.plugin_suites import BOT, STORM

pytestmark = pytest.mark.exhaustive(of_file=1)  # each runs pytest, some in workers

CREDIT = "anthropic-credit-too-low"
BOTH = ("--chaos", STORM, "--chaos", CREDIT)


def needs(distribution):
    """Skip where a distribution is not installed; the lane of CI has all of them."""
    try:
        version(distribution)
    except PackageNotFoundError:
        if os.environ.get("NO_LIBRARY_IS_ABSENT"):
            raise
        return pytest.mark.skip(reason=f"needs {distribution}")
    return pytest.mark.filterwarnings("default")


@pytest.fixture
def suite(tmp_path):
    """A folder for a suite with the bot; `write` adds files to it."""
    (tmp_path / "bot.py").write_text(BOT)
    (tmp_path / "pytest.ini").write_text("[pytest]\npythonpath = .\n")
    return tmp_path


def write(folder, name, text):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(textwrap.dedent(text))


def run(folder, *arguments, module="pytest"):
    """What a run prints; with this environment's plugins, but without random order."""
    env = {k: v for k, v in os.environ.items() if k not in ("PYTEST_ADDOPTS", "ANTHROPIC_API_KEY")}
    quiet = ("-p", "no:randomly", "-p", "no:cacheprovider") if module == "pytest" else ()
    command = [sys.executable, "-m", module, *quiet, *arguments]
    done = subprocess.run(
        command, cwd=folder, env=env, capture_output=True, text=True, check=False, timeout=300
    )
    return done.stdout + done.stderr


ASKS = """
    from bot import ask

    def test_asks():
        assert ask(max_retries=0)
"""


@needs("pytest-xdist")
@pytest.mark.parametrize("how", ["load", "loadscope", "worksteal"])
def test_xdist_spreads_the_tests_of_a_profile_and_counts_all(suite, how):
    write(suite, "test_it.py", ASKS)
    said = run(suite, *BOTH, "-n", "2", "--dist", how)
    assert "2 failed" in said
    assert f"{CREDIT}       0       1        0" in said


@needs("pytest-rerunfailures")
def test_rerunfailures_reruns_with_a_new_outage_and_counts_a_test_once(suite):
    write(
        suite,
        "test_it.py",
        f"""
        import pytest
        from bot import ask

        seen = []

        def test_fails_by_the_fault():
            ask(max_retries=0)

        @pytest.mark.chaos({STORM!r})
        def test_each_attempt_has_an_outage_of_its_own(chaos):
            seen.append(len(chaos.journal))
            assert len(seen) == 3
            assert seen == [0, 0, 0]
        """,
    )
    said = run(suite, "--chaos", STORM, "--reruns", "2")
    assert "1 failed, 1 passed, 4 rerun" in said, said
    assert "1 of 1 tests asked a provider, 1 met a fault, and 1 of those failed" in said
    assert "it passes with healthy providers" in said


@needs("pytest-split")
def test_split_runs_each_test_in_one_group_with_its_profile(suite):
    write(suite, "test_it.py", ASKS)
    groups = [run(suite, *BOTH, "--splits", "2", "--group", group) for group in "12"]
    for said in groups:
        assert "1 failed" in said, said
    gate = run(suite, "--splits", "2", "--group", "1", "--chaos-min-answered", "0.9")
    assert "judged nothing" in gate


def test_subtests_of_pytest_count_as_one_test(suite):
    write(
        suite,
        "test_it.py",
        """
        from bot import ask

        def test_three(subtests):
            for number in range(3):
                with subtests.test(number=number):
                    assert ask(max_retries=0 if number == 1 else 12)
        """,
    )
    said = run(suite, "--chaos", STORM, "--chaos-report", "pages")
    assert "1 of 1 tests asked a provider, 1 met a fault, and 1 of those failed" in said, said
    assert len(list((suite / "pages").glob("test-*.html"))) <= 1


def test_unittest_s_subtests_count_as_one_test_too(suite):
    write(
        suite,
        "test_it.py",
        """
        import unittest
        from bot import ask

        class TestIt(unittest.TestCase):
            def test_three(self):
                for number in range(3):
                    with self.subTest(number=number):
                        ask(max_retries=0 if number == 1 else 12)
        """,
    )
    said = run(suite, *BOTH)
    assert f"{STORM}            0       1        0" in said, said


def test_unittest_s_own_runner_enters_an_outage_itself(suite):
    write(
        suite,
        "test_it.py",
        """
        import unittest
        from bot import ask
        from chaos_llm import outage

        class TestIt(unittest.TestCase):
            def setUp(self):
                self.chaos = self.enterContext(outage())

            def test_healthy(self):
                assert ask()
                assert len(self.chaos.journal) == 1

        class TestAsync(unittest.IsolatedAsyncioTestCase):
            async def test_it(self):
                with outage() as chaos:
                    assert ask()
                    assert len(chaos.journal) == 1
        """,
    )
    said = run(suite, "-v", module="unittest")
    assert "OK" in said, said


SETTINGS = """
    SECRET_KEY = "x"
    INSTALLED_APPS = ["shop"]
    DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
    ROOT_URLCONF = "urls"
    ALLOWED_HOSTS = ["*"]
    DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
"""
URLS = """
    from bot import ask
    from django.http import HttpResponse
    from django.urls import path
    from shop.models import Question

    def answer(request):
        Question.objects.create(text=request.GET["question"])
        return HttpResponse(ask(request.GET["question"], max_retries=0))

    urlpatterns = [path("answer", answer)]
"""
MODELS = """
    from django.db import models

    class Question(models.Model):
        text = models.TextField()

        class Meta:
            app_label = "shop"
"""


@pytest.fixture
def django(suite):
    """A Django project with a view that asks and a table that it writes to."""
    write(suite, "settings.py", SETTINGS)
    write(suite, "urls.py", URLS)
    write(suite, "shop/__init__.py", "")
    write(suite, "shop/models.py", MODELS)
    write(
        suite,
        "manage.py",
        """
        import os, sys
        os.environ["DJANGO_SETTINGS_MODULE"] = "settings"
        from django.core.management import execute_from_command_line
        execute_from_command_line(sys.argv)
        """,
    )
    return suite


@needs("django")
def test_django_s_runner_enters_an_outage_itself(django):
    write(
        django,
        "shop/tests.py",
        f"""
        from django.test import TestCase
        from chaos_llm import outage
        from chaos_llm.faults import overloaded
        from shop.models import Question

        class TestAnswer(TestCase):
            def test_the_view_answers(self):
                with outage() as chaos:
                    assert self.client.get("/answer?question=hi").status_code == 200
                    assert len(chaos.journal) == 1
                assert Question.objects.count() == 1

            def test_the_view_fails(self):
                self.client.raise_request_exception = False
                with outage({STORM!r}, at="the peak"):
                    assert self.client.get("/answer?question=hi").status_code == 500
        """,
    )
    said = run(django, "test", module="manage")
    assert "Ran 2 tests" in said
    assert "OK" in said, said


@needs("pytest-django")
def test_pytest_django_runs_its_tests_with_each_profile(django):
    write(django, "pytest.ini", "[pytest]\npythonpath = .\nDJANGO_SETTINGS_MODULE = settings\n")
    write(
        django,
        "test_it.py",
        """
        import pytest
        from django.test import TestCase
        from shop.models import Question

        @pytest.mark.django_db
        def test_function(client):
            client.raise_request_exception = False
            status = client.get("/answer?question=hi").status_code
            assert Question.objects.count() == 1
            assert status == 200

        class TestAnswer(TestCase):
            def test_case(self):
                self.client.raise_request_exception = False
                assert self.client.get("/answer?question=hi").status_code == 200
        """,
    )
    said = run(django, *BOTH)
    assert "4 failed" in said, said
    assert f"test_it.py::TestAnswer::test_case[{CREDIT}]" in said
    assert "4 of the failed ones pass with healthy providers" in said


@needs("pytest-bdd")
def test_pytest_bdd_runs_a_scenario_with_each_profile(suite):
    write(
        suite,
        "answers.feature",
        """
        Feature: Answers
          Scenario: A customer asks
            Given a bot
            When a customer asks
            Then there is an answer
        """,
    )
    write(
        suite,
        "test_it.py",
        """
        import pytest
        from bot import ask
        from pytest_bdd import given, scenarios, then, when

        scenarios("answers.feature")

        @given("a bot", target_fixture="bot")
        def bot():
            return lambda question: ask(question, max_retries=0)

        @when("a customer asks", target_fixture="answer")
        def asked(bot):
            return bot("hi")

        @then("there is an answer")
        def answered(answer):
            assert answer
        """,
    )
    said = run(suite, *BOTH)
    assert "2 failed" in said, said
    assert f"test_a_customer_asks[{STORM}]" in said


@needs("pytest-asyncio")
def test_asyncio_tests_run_with_each_profile(suite):
    write(
        suite,
        "test_it.py",
        """
        import anthropic
        import pytest
        from bot import REQUEST

        @pytest.mark.asyncio
        async def test_asks():
            await anthropic.AsyncAnthropic(max_retries=0).messages.create(**REQUEST)
        """,
    )
    said = run(suite, *BOTH)
    assert "2 failed" in said, said
    assert "2 of the failed ones pass with healthy providers" in said


@needs("pytest-repeat")
def test_repeat_multiplies_beside_the_profiles(suite):
    write(suite, "test_it.py", ASKS)
    said = run(suite, *BOTH, "--count", "2")
    assert "4 failed" in said, said


@needs("pytest-cov")
def test_cov_measures_what_runs_in_an_outage(suite):
    write(suite, "test_it.py", ASKS)
    said = run(suite, "--cov=bot", "--cov-report=term")
    assert importlib.util.find_spec("pytest_cov")
    assert "bot.py" in said
    assert "100%" in said, said


@needs("pytest-html")
def test_html_shows_the_timeline_of_a_failed_test(suite):
    write(suite, "test_it.py", ASKS)
    said = run(suite, "--chaos", STORM, "--html=page.html", "--self-contained-html")
    assert "1 failed" in said, said
    assert "chaos timeline" in (suite / "page.html").read_text()
