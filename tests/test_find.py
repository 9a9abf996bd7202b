"""`chaos-llm find`: a search without a test, and the files that it leaves."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from chaos_llm.cli import main
from chaos_llm.errors import UnknownName, UsageError
from chaos_llm.property_testing.search import App, Claim

pytestmark = pytest.mark.exhaustive(of_file=5)  # each searches for an outage

SHOP = """
import httpx
from support.apps import planted_bugs


def answer(question):
    return planted_bugs.ask_claude(question)


class Careful:
    def answer(self, question):
        try:
            return planted_bugs.ask_claude(question)
        except Exception:
            return "Please ask again in a minute."


def for_a_user(question, user):
    return answer(question)


def says_hello(question):
    return "Hello."


def is_broken(question):
    return answer(question[0], question[1], question[2])


class Careless:
    def answer(self):
        return "Hello."


class OfAKey(Careful):
    def __init__(self, key):
        self.key = key


class Stubborn(planted_bugs.RetriesWithoutCap):
    pass


BOT = Careful()
"""


@pytest.fixture
def shop(tmp_path, monkeypatch):
    """A folder with a small app; the planted bugs are on its path."""
    (tmp_path / "shop.py").write_text(SHOP)
    monkeypatch.setenv("PYTHONPATH", os.path.dirname(__file__))  # noqa: PTH120
    return tmp_path


@pytest.fixture
def in_shop(shop, monkeypatch):
    """The same folder, for what is done in this process."""
    monkeypatch.chdir(shop)
    monkeypatch.setattr(sys, "path", [*sys.path])
    yield shop
    for module in ("shop", "broken_shop"):
        sys.modules.pop(module, None)


def run(folder, *args):
    return subprocess.run(
        [sys.executable, *args],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def find(folder, *args):
    return run(folder, "-m", "chaos_llm", "find", "--provider", "anthropic", *args)


def test_the_shortest_outage_is_printed_and_written_with_a_test_that_reproduces_it(shop):
    found = find(shop, "shop:answer", "--budget", "10m", "--calls", "10")
    assert found.returncode == 1, found.stderr
    assert "the shortest that breaks shop:answer: anthropic: server_error for 1 s" in (found.stdout)
    assert 'until = "+1s"' in found.stdout
    assert (shop / "breaks-answer.toml").is_file()
    replayed = run(shop, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_answer.py")
    assert replayed.returncode == 1
    assert "assert report.failed == 0" in replayed.stdout
    assert "1 failed" in replayed.stdout


def test_as_json_it_says_what_was_found_and_where_it_is_written(shop):
    found = find(shop, "shop:answer", "--budget", "10m", "--calls", "10", "--json")
    said = json.loads(found.stdout)

    assert found.returncode == 1
    assert said["found"]["title"] == "anthropic: server_error for 1 s"
    assert said["claims_that_do_not_hold"] == ["assert report.failed == 0"]
    toml, test = said["written"]
    assert (shop / toml).read_text() == said["found"]["toml"]
    assert (shop / test).is_file()


def test_as_json_it_says_that_nothing_was_found(shop):
    found = find(shop, "shop:Careful.answer", "--budget", "2s", "--calls", "6", "--json")
    said = json.loads(found.stdout)

    assert (found.returncode, said["app"], said["found"]) == (0, "shop:Careful.answer", None)
    assert said["tried"] > 0


def test_the_test_passes_once_the_app_is_mended(shop):
    find(shop, "shop:answer", "--budget", "10m", "--calls", "10")
    (shop / "shop.py").write_text(SHOP + "\n\nanswer = Careful().answer\n")
    replayed = run(shop, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_answer.py")
    assert replayed.returncode == 0, replayed.stdout


def test_a_check_is_a_property_and_a_method_gets_a_new_object_each_time(shop):
    args = ["--property", "retries_stay_under(3)", "--longest", "1m", "--calls", "10"]
    found = find(shop, "shop:Stubborn.answer", "--budget", "10m", "--into", "found", *args)
    assert "anthropic: server_error for 10 s" in found.stdout, found.stderr
    text = (shop / "found" / "test_stubborn_answer.py").read_text()
    assert "from chaos_llm.checks import retries_stay_under" in text
    assert "chaos.replay(Stubborn().answer, calls=10)" in text
    replayed = run(shop, "-m", "pytest", "-q", "-p", "no:cacheprovider", "found")
    assert "CheckFailed" in replayed.stdout


def test_an_app_that_survives_is_reported(shop):
    found = find(shop, "shop:Careful.answer", "--budget", "2s", "--calls", "6")
    assert found.returncode == 0, found.stderr
    assert "broke shop:Careful.answer" in found.stdout


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["shop"], "is not the name of an app: write package.module:function"),
        (["shop:answr"], "unknown function 'answr'"),
        (["shop:Careful"], "is a class: add a method, as in shop:Careful.answer"),
        (
            ["shop:for_a_user"],
            "is called with one prompt, but: missing a required argument: 'user'",
        ),
        (["shop:Careless.answer"], "write a function of one argument, the prompt"),
        (["shop:OfAKey.answer"], "shop:OfAKey is called without arguments, but: missing"),
        (["shop:BOT"], "BOT is a Careful, which cannot be called"),
        (["shop:says_hello"], "calls no provider: an outage of anthropic does not affect it"),
        (
            ["shop:answer", "--provider", "groq"],
            "calls anthropic: an outage of groq does not affect it",
        ),
        (["shop:is_broken"], "breaks without an outage; with healthy providers this does not hold"),
        (["broken_shop:answer"], "broken_shop.py, line 3: ZeroDivisionError: division by zero"),
        (["no_such_shop:answer"], "there is no module 'no_such_shop'"),
        (["shop:answer", "--property", "retry_under(3)"], "unknown check 'retry_under'"),
        (["shop:answer", "--property", "faild == 0"], "unknown number of a report 'faild'"),
        (
            ["shop:answer", "--property", "longest_downtime"],
            "a number of the report and its limit, as",
        ),
        (["shop:answer", "--budget", "soon"], "is not a duration"),
    ],
)
def test_a_mistake_is_reported(in_shop, capsys, args, says):
    (in_shop / "broken_shop.py").write_text("\n\nNUMBER = 1 / 0\n")
    providers = [] if "--provider" in args else ["--provider", "anthropic"]
    assert main(["find", *providers, *args]) == 2
    assert says in capsys.readouterr().err


def test_an_existing_file_is_not_overwritten(shop):
    (shop / "test_answer.py").write_text("mine")
    found = find(shop, "shop:answer", "--budget", "10m", "--calls", "6")
    assert found.returncode == 2
    assert "test_answer.py exists and was not written by `chaos-llm find`" in found.stderr
    assert (shop / "test_answer.py").read_text() == "mine"


def test_an_async_app_is_searched_too(shop):
    (shop / "shop.py").write_text(
        f"{SHOP}\n\nasync def ask(question):\n    return answer(question)"
    )
    found = find(shop, "shop:ask", "--budget", "10m", "--calls", "6")
    assert "anthropic: server_error for 1 s" in found.stdout, found.stderr


def test_claims_are_read_and_never_run():
    for text in ("__import__('os').system('true')", "failed == calls", "failed", "1 < 2", "a b"):
        with pytest.raises((UsageError, UnknownName)):
            Claim.written(text)


def test_an_app_is_imported_from_the_current_folder(in_shop):
    app = App.named("shop:Careful.answer")
    assert app.fresh() != app.fresh()
    assert (app.code, app.word) == ("Careful().answer", "careful_answer")
