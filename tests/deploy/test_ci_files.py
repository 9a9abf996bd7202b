"""The action, the GitLab template and the hook: what they run is run here."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from support.plugin_suites import STORM

ROOT = Path(__file__).parents[2]
BASH = "/bin/bash"
pytestmark = [
    pytest.mark.exhaustive(of_file=1),  # each runs what a CI job runs
    pytest.mark.skipif(not Path(BASH).exists(), reason="bash is not at /bin/bash"),
]
TEST = """
import anthropic
import pytest

def ask(question):
    message = {"role": "user", "content": question}
    client = anthropic.Anthropic(max_retries=0)
    reply = client.messages.create(model="claude-sonnet-5-5", max_tokens=9, messages=[message])
    return reply.content[0].text

def test_asks(chaos):
    assert ask("hi")
"""
REPLAY = f"""
@pytest.mark.chaos({STORM!r})
def test_replay(chaos):
    chaos.replay(ask, every="2m")
"""


def parsed(*parts):
    return yaml.safe_load(ROOT.joinpath(*parts).read_text(encoding="utf-8"))


@pytest.fixture
def project(tmp_path):
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_bot.py").write_text(TEST + REPLAY)
    return tmp_path


def shell(script, folder, **variables):
    """Run a script as a CI system's shell does, with this environment's Python first on PATH."""
    here = str(Path(sys.executable).parent)
    env = os.environ | {"PATH": f"{here}{os.pathsep}{os.environ['PATH']}"} | variables
    env["PYTEST_ADDOPTS"] = "-p no:cacheprovider -p no:randomly"
    return subprocess.run(
        [BASH, "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
        cwd=folder,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )


class Action:
    """The steps of action.yml, run with some inputs as a runner runs them."""

    def __init__(self, folder, **inputs):
        self.made = parsed("action.yml")
        defaults = {name: each["default"] for name, each in self.made["inputs"].items()}
        assert set(inputs) <= set(defaults)
        self.inputs = defaults | inputs
        self.folder = folder
        self.output, self.summary = folder / "output", folder / "summary.md"
        self.output.touch()

    def run(self, name):
        (step,) = (each for each in self.made["runs"]["steps"] if each["name"] == name)
        variables = {key: self._expanded(value) for key, value in step["env"].items()}
        files = {"GITHUB_OUTPUT": str(self.output), "GITHUB_STEP_SUMMARY": str(self.summary)}
        return shell(step["run"], self.folder, **variables, **files)

    def _expanded(self, text):
        return re.sub(r"\$\{\{ inputs\.([\w-]+) \}\}", lambda found: self.inputs[found[1]], text)


def test_the_action_replays_and_writes_summary_annotations_and_sarif(project):
    action = Action(project, tests="tests -k replay", **{"min-answered": "0.99"})
    outages = action.run("Outages")
    assert outages.returncode == 1, outages.stdout
    assert "--chaos-min-answered=0.99: " in outages.stdout
    summary = action.run("Summary")
    assert summary.returncode == 0, summary.stderr
    assert "::error file=tests/test_bot.py,title=chaos_llm%3A test_failed::" in summary.stdout
    assert action.summary.read_text().startswith("## chaos_llm: 1 of ")
    assert json.loads((project / "outage-report" / "outages.sarif").read_text())["runs"]
    assert (project / "outage-report" / "junit.xml").exists()
    assert action.output.read_text().splitlines() == [
        "report=outage-report",
        "sarif=outage-report/outages.sarif",
    ]


def test_the_action_takes_several_profiles_and_tests_that_pass(project):
    action = Action(project, profile=f"{STORM}\nanthropic-credit-too-low\n", tests="-k asks")
    outages = action.run("Outages")
    assert "2 failed" in outages.stdout
    assert f"test_asks[{STORM}]" in outages.stdout
    healthy = Action(project, tests="-k asks").run("Outages")
    assert healthy.returncode == 0, healthy.stdout


def test_an_input_of_the_action_is_data_and_no_code(project):
    action = Action(project, profile='$(touch pwned)"; touch pwned; "', tests="`touch pwned`")
    action.run("Outages")
    assert not (project / "pwned").exists()
    for step in action.made["runs"]["steps"]:
        assert "${{" not in step.get("run", "")


def test_without_a_report_the_summary_step_is_quiet(project):
    summary = Action(project).run("Summary")
    assert (summary.returncode, summary.stdout) == (0, "")


@pytest.mark.parametrize("profile", ["", STORM])
def test_the_gitlab_template_runs_and_writes_what_its_artifacts_name(project, profile):
    job = parsed("deploy", "gitlab-ci.yml")[".outages"]
    variables = {key: str(value) for key, value in job["variables"].items()}
    variables |= {"OUTAGE_PROFILE": profile, "OUTAGE_MIN_ANSWERED": "0.01"}
    done = shell("\n".join(job["script"]), project, **variables)
    assert "2 passed" in done.stdout if not profile else "1 failed, 1 passed" in done.stdout
    after = shell("\n".join(job["after_script"]), project, **variables)
    assert after.returncode == 0, after.stderr
    for artifact in job["artifacts"]["reports"].values():
        assert (project / artifact.replace("$OUTAGE_REPORT", "outage-report")).exists()
    assert json.loads((project / "outage-report" / "codequality.json").read_text()) == [] or profile


def test_the_hook_lints_the_profiles_of_a_repository_and_nothing_else(tmp_path):
    (hook,) = parsed(".pre-commit-hooks.yaml")
    files = re.compile(hook["files"])
    assert files.search("outages/ours.toml")
    assert files.search("services/shop/fault_profiles/ours.toml")
    assert not files.search("pyproject.toml")
    (tmp_path / "ours.toml").write_text("title = 3\n")
    done = shell(f"{hook['entry']} ours.toml", tmp_path)
    assert done.returncode == 1
    assert "ours.toml:1: " in done.stdout
