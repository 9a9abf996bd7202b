"""What `chaos-llm summary` makes of a report folder for CI, from a real run of pytest."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import pytest
from support.commands import run_command
from support.plugin_suites import STORM

pytestmark = pytest.mark.exhaustive(of_file=3)  # each runs pytest and reads its files

APP = """
import anthropic


class Bot:
    def __init__(self):
        self.memory = {}

    def answer(self, question):
        if question not in self.memory:
            self.memory[question] = self.ask(question)
        return self.memory[question]

    def ask(self, question):
        message = {"role": "user", "content": question}
        claude = anthropic.Anthropic(max_retries=0, timeout=20)
        asked = {"model": "claude-sonnet-5-5", "max_tokens": 9, "messages": [message]}
        try:
            reply = claude.messages.create(**asked)
        except anthropic.APIError:
            return "Sorry | `later`."
        return reply.content[0].text
"""
LINE = 1 + APP.splitlines().index("            reply = claude.messages.create(**asked)")
TESTS = f"""
import pytest
from app.bot import Bot
from chaos_llm.checks import never_caches_the_outage, stays_available

@pytest.mark.chaos({STORM!r})
@pytest.mark.parametrize("number", [1, 2])
def test_promise(chaos, number):
    chaos.replay(Bot().answer, every="1m").check(stays_available(0.999))

@pytest.mark.chaos({STORM!r})
def test_raises(chaos):
    Bot().answer("hi")
    raise RuntimeError("100% wrong,\\nreally: yes")

def test_healthy(chaos):
    chaos.replay(Bot().answer, calls=3)
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The folder of a session in which three tests failed; the report is in `pages`."""
    root = tmp_path_factory.mktemp("shop")
    (root / "app").mkdir()
    (root / "app" / "bot.py").write_text(APP)
    (root / "test_bot.py").write_text(TESTS)
    command = [sys.executable, "-m", "pytest", "-p", "no:randomly", "--chaos-report", "pages"]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert "3 failed, 1 passed" in done.stdout, done.stdout
    return root


def summary(folder, form, *more):
    return run_command("summary", "pages", "--format", form, *more, cwd=folder)


def test_markdown_has_the_verdict_the_tests_and_what_failed_where(folder):
    text = run_command("summary", "pages", cwd=folder).stdout
    assert text.startswith("## chaos_llm: 3 of 4 tests on one outage profile failed.\n")
    assert "❌ failed | test\\_bot.py::test\\_promise\\[1\\] |" in text
    assert "✅ passed | test\\_bot.py::test\\_healthy | healthy | 100 %" in text
    assert f"| `stays_available` | app/bot.py:{LINE} |" in text
    assert "| RuntimeError: 100% wrong, |" in text


def test_every_row_of_markdown_has_the_columns_of_its_head(folder):
    text = run_command("summary", "pages", cwd=folder).stdout
    for table in re.findall(r"(?:^\|.*\|\n)+", text, re.MULTILINE):
        assert len({len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()}) == 1


def test_github_annotates_the_line_of_the_app_once_for_both_tests(folder):
    lines = summary(folder, "github").stdout.splitlines()
    assert len(lines) == 2
    first = next(line for line in lines if "stays_available" in line)
    assert first.startswith(
        f"::error file=app/bot.py,line={LINE},title=chaos_llm%3A stays_available::stays_available("
    )
    assert "and 1 more." in first
    raised = next(line for line in lines if "RuntimeError" in line)
    assert raised.startswith(
        "::error file=test_bot.py,title=chaos_llm%3A test_failed::RuntimeError"
    )
    assert "100%25 wrong" in raised


def test_sarif_has_a_rule_and_a_result_at_the_line(folder):
    (run,) = json.loads(summary(folder, "sarif").stdout)["runs"]
    rules = {rule["id"] for rule in run["tool"]["driver"]["rules"]}
    assert rules == {"stays_available", "test_failed"}
    result = next(each for each in run["results"] if each["ruleId"] == "stays_available")
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": "app/bot.py", "uriBaseId": "%SRCROOT%"}
    assert place["region"] == {"startLine": LINE}


def test_gitlab_has_one_entry_a_problem_with_a_unique_fingerprint(folder):
    entries = json.loads(summary(folder, "gitlab").stdout)
    assert {each["check_name"]: each["location"] for each in entries} == {
        "stays_available": {"path": "app/bot.py", "lines": {"begin": LINE}},
        "test_failed": {"path": "test_bot.py", "lines": {"begin": 1}},
    }
    assert len({each["fingerprint"] for each in entries}) == len(entries)


def test_json_has_every_test_and_the_check_option_decides_the_exit_code(folder):
    said = summary(folder, "json")
    assert said.returncode == 0
    verdicts = [each["verdict"] for each in json.loads(said.stdout)["tests"]]
    assert sorted(verdicts) == ["failed", "failed", "failed", "passed"]
    assert summary(folder, "json", "--check").returncode == 1


def test_a_folder_that_is_not_there_is_said_with_how_to_make_it(tmp_path):
    result = run_command("summary", "pages", cwd=tmp_path)
    assert result.returncode == 2
    assert "run `pytest --chaos-report pages` first" in result.stderr


def test_an_empty_folder_is_a_session_without_outages(tmp_path):
    (tmp_path / "pages").mkdir()
    result = run_command("summary", "pages", "--check", cwd=tmp_path)
    assert (result.returncode, result.stdout) == (
        0,
        "## chaos_llm: No test used an outage profile.\n",
    )
