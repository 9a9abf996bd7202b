"""`chaos-llm init` in four kinds of projects: what it writes runs, and it overwrites nothing."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import textwrap
import tomllib

import pytest
import yaml
from support.commands import run_command

pytestmark = pytest.mark.exhaustive(of_file=2)  # each makes a project and runs its tests

SCRIPT = """
import openai

client = openai.OpenAI(timeout=20)
for question in ("Where is my order?", "When does it come?"):
    message = {"role": "user", "content": question}
    reply = client.chat.completions.create(model="gpt-5.5", messages=[message])
    print(reply.choices[0].message.content)
"""
SERVICE = """
import anthropic
from fastapi import FastAPI, HTTPException
from pydantic import BaseModel

app = FastAPI()


class Question(BaseModel):
    text: str
    polite: bool = True


@app.get("/health")
def health():
    return {"ok": True}


@app.post("/chat")
def chat(question: Question):
    message = {"role": "user", "content": question.text}
    claude = anthropic.Anthropic(timeout=20)
    reply = claude.messages.create(model="claude-sonnet-5-5", max_tokens=300, messages=[message])
    return {"answer": reply.content[0].text}
"""
CLIENT = '''
import httpx


class Client:
    """A client of our own."""

    def __init__(self, timeout=20):
        self.web = httpx.Client(base_url="https://api.anthropic.com", timeout=timeout)
        self.memory = {}

    def _post(self, question):
        message = {"role": "user", "content": question}
        asked = {"model": "claude-sonnet-5-5", "max_tokens": 300, "messages": [message]}
        headers = {"x-api-key": "secret", "anthropic-version": "2023-06-01"}
        return self.web.post("/v1/messages", json=asked, headers=headers)

    def ask(self, question):
        if question not in self.memory:
            reply = self._post(question)
            ok = reply.is_success
            self.memory[question] = reply.json()["content"][0]["text"] if ok else "Sorry, later."
        return self.memory[question]
'''
FUNCTION = """

def answer(question: str) -> str:
    message = {"role": "user", "content": question}
    reply = claude.messages.create(model="claude-sonnet-5-5", max_tokens=300, messages=[message])
    return reply.content[0].text
"""
AGENT = """
from langchain.agents import create_agent
from langchain_anthropic import ChatAnthropic


def build_agent():
    model = ChatAnthropic(model="claude-sonnet-5-5", max_tokens=300, max_retries=1, timeout=20)
    return create_agent(model, [])
"""
PACKAGE = """
[project]
name = "shop"
version = "1"
dependencies = ["httpx"]  # a comment that stays
[project.optional-dependencies]
test = ["pytest"]
"""
NO_LANGCHAIN = importlib.util.find_spec("langchain_anthropic") is None
LANGCHAIN = pytest.mark.skipif(NO_LANGCHAIN, reason="needs langchain_anthropic")


def made(folder, **files):
    """A project of these files; a double underscore in a name stands for a folder."""
    for name, text in files.items():
        path = folder / f"{name.replace('__', '/')}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def init(folder, *more):
    result = run_command("init", *more, cwd=folder)
    assert (result.returncode, result.stderr) == (0, "")
    return result.stdout


def pytest_says(folder):
    """What pytest prints of the first test."""
    env = {k: v for k, v in os.environ.items() if not k.endswith("_API_KEY")}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:randomly", "-p", "no:cacheprovider", "tests"],
        cwd=folder,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout


def test_a_script_is_run_as_it_is(tmp_path):
    text = init(made(tmp_path, ask=SCRIPT))
    assert "The first test calls ask: script" in text
    said = pytest_says(tmp_path)
    assert "4 failed, 5 passed" in said, said
    assert "openai.InternalServerError" in said


def test_a_service_is_called_through_its_route(tmp_path):
    text = init(made(tmp_path, service=SERVICE))
    assert "The first test calls service: route app POST /chat" in text
    said = pytest_says(tmp_path)
    assert "1 failed, 1 passed" in said, said
    assert "CheckFailed" in said


def test_a_package_with_its_own_client_in_src(tmp_path):
    (tmp_path / "pyproject.toml").write_text(PACKAGE)
    text = init(made(tmp_path, src__shop____init__="", src__shop__client=CLIENT))
    assert "The first test calls shop.client: method Client ask" in text
    said = pytest_says(tmp_path)
    assert "1 failed, 1 passed" in said, said
    assert "never_caches_the_outage" in said


def test_a_client_that_wants_a_key_gets_a_placeholder(tmp_path):
    wants = CLIENT.replace(
        "def __init__(self, timeout=20):", "def __init__(self, api_key, *, timeout=20):"
    )
    text = init(
        made(
            tmp_path,
            client=wants.replace('"secret"', "self.key").replace(
                "self.memory = {}", "self.memory = {}\n        self.key = api_key"
            ),
        )
    )
    assert 'return Client(api_key="a-placeholder")' in text
    said = pytest_says(tmp_path)
    assert "1 failed, 1 passed" in said, said
    assert "never_caches_the_outage" in said


def test_a_class_that_wants_an_sdks_client_gets_one(tmp_path):
    body = FUNCTION.replace("question: str", "self, question: str").replace(
        "claude.", "self.claude."
    )
    bot = f"""
import anthropic

class Bot:
    def __init__(self, claude: anthropic.Anthropic):
        self.claude = claude
{textwrap.indent(body, "    ")}
"""
    text = init(made(tmp_path, clerk=bot))
    assert "return Bot(claude=Anthropic())" in text
    said = pytest_says(tmp_path)
    assert "1 failed, 1 passed" in said, said
    assert "CheckFailed" in said


def test_a_class_that_wants_what_nobody_knows_is_left_alone(tmp_path):
    wants = CLIENT.replace("timeout=20):", "database):")
    text = init(made(tmp_path, client=wants), "--dry-run")
    assert 'pytest.skip("put a call of your app into `ask`")' in text


def test_a_script_may_read_its_standard_input(tmp_path):
    reads = SCRIPT.replace('("Where is my order?", "When does it come?")', "sys.stdin")
    init(made(tmp_path, ask="import sys\n" + reads))
    said = pytest_says(tmp_path)
    assert "4 failed, 5 passed" in said, said


@pytest.mark.parametrize("kind", ["service", "function"])
def test_clients_that_are_made_while_the_app_is_imported_need_no_key(tmp_path, kind):
    service = SERVICE.replace("    claude = anthropic.Anthropic(timeout=20)\n", "")
    made_at_once = "claude = anthropic.Anthropic(timeout=20)\n"
    apps = {
        "service": service.replace("app = FastAPI()", f"{made_at_once}app = FastAPI()"),
        "function": f"import anthropic\n{made_at_once}" + FUNCTION,
    }
    init(made(tmp_path, clerk=apps[kind]))
    said = pytest_says(tmp_path)
    assert "1 failed, 1 passed" in said, said
    assert "CheckFailed" in said


@pytest.mark.parametrize(
    ("text", "listed"),
    [
        ('agent = create_agent("openai:gpt-5.2", tools=[])', ""),
        ("agent = create_agent(MODEL, tools=[])", "langchain-openai>=1\n"),
    ],
    ids=["by-model", "by-dependency"],
)
def test_the_provider_of_an_agent_is_that_of_its_model_or_of_a_dependency(tmp_path, text, listed):
    (tmp_path / "requirements.txt").write_text(listed)
    agent = f"from langchain.agents import create_agent\n{text}\n"
    assert "The provider that fails is openai." in init(made(tmp_path, clerk=agent), "--dry-run")


@LANGCHAIN
def test_an_agent_of_langchain_is_made_and_asked(tmp_path):
    text = init(made(tmp_path, clerk=AGENT))
    assert "The first test calls clerk: agent build_agent" in text
    said = pytest_says(tmp_path)
    assert "1 failed, 1 passed" in said, said
    assert "CheckFailed" in said


def test_an_agent_is_found_without_langchain(tmp_path):
    text = init(made(tmp_path, clerk=AGENT), "--dry-run")
    assert "The first test calls clerk: agent build_agent" in text
    assert "build_agent().invoke(" in text


def test_an_empty_folder_gets_a_test_with_a_place_to_fill(tmp_path):
    text = init(tmp_path)
    assert "to do: no function of the app was found" in text
    assert "2 skipped" in pytest_says(tmp_path)


def test_the_files_are_shown_before_they_are_written(tmp_path):
    text = init(made(tmp_path, service=SERVICE))
    for name in ("tests/test_outages.py", "outages/our-example.toml", "pyproject.toml"):
        assert text.index(f"--- {name}") < text.index(f"written: {name}")
        first = (tmp_path / name).read_text().strip().splitlines()[0]
        assert first in text


def test_the_profile_has_no_mistake_and_is_found(tmp_path):
    init(tmp_path)
    assert run_command("lint", "outages", cwd=tmp_path).stdout == "1 profile, no problem\n"
    assert "our-example" in run_command("profiles", "our-example", cwd=tmp_path).stdout


def test_settings_are_added_behind_what_a_pyproject_has(tmp_path):
    (tmp_path / "pyproject.toml").write_text(PACKAGE.rstrip("\n"))
    init(tmp_path)
    text = (tmp_path / "pyproject.toml").read_text()
    assert text.startswith(PACKAGE.rstrip("\n"))
    assert tomllib.loads(text)["tool"]["chaos_llm"] == {"profiles": ["outages"]}


def test_pytest_settings_that_are_there_stay_alone(tmp_path):
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    init(made(tmp_path, service=SERVICE))
    assert "pytest" not in tomllib.loads((tmp_path / "pyproject.toml").read_text())["tool"]
    assert "1 failed, 1 passed" in pytest_says(tmp_path)


def test_nothing_is_overwritten_and_a_second_time_nothing_is_left_to_do(tmp_path):
    made(tmp_path, service=SERVICE, tests__test_outages="MINE = 1\n")
    text = init(tmp_path)
    assert "is there, and stays as it is: tests/test_outages.py" in text
    assert (tmp_path / "tests" / "test_outages.py").read_text() == "MINE = 1\n"
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert "Nothing to write: all files are there." in init(tmp_path)
    assert before == {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}


def test_a_dry_run_writes_nothing(tmp_path):
    text = init(made(tmp_path, service=SERVICE), "--dry-run")
    assert "--- tests/test_outages.py" in text
    assert [path.name for path in tmp_path.iterdir()] == ["service.py"]


def test_the_ci_step_is_that_of_the_ci_that_is_there(tmp_path):
    init(made(tmp_path, service=SERVICE))
    job = yaml.safe_load((tmp_path / ".github/workflows/outages.yml").read_text())["jobs"]
    assert "chaos_llm" in job["outages"]["steps"][2]["run"]
    other = tmp_path / "other"
    other.mkdir()
    (other / ".gitlab-ci.yml").write_text("stages: [test]\n")
    (other / "requirements.txt").write_text("httpx\n")
    text = init(other)
    job = yaml.safe_load((other / ".gitlab/outages.yml").read_text())["outages"]
    assert job["script"][0] == "python -m pip install -r requirements.txt chaos_llm"
    assert "include: { local: .gitlab/outages.yml }" in text


def test_a_pyproject_that_is_no_toml_is_said(tmp_path):
    (tmp_path / "pyproject.toml").write_text("[tool\n")
    result = run_command("init", cwd=tmp_path)
    assert result.returncode == 2
    assert "pyproject.toml: " in result.stderr
    assert "Traceback" not in result.stderr


def test_nothing_of_the_project_is_run(tmp_path):
    boom = SCRIPT + "\nopen('ran', 'w')\n"
    init(made(tmp_path, ask=boom), "--dry-run")
    assert not (tmp_path / "ran").exists()
