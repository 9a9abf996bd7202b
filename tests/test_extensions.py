"""Extensions by entry points, from an installed package."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from support.once import made_once
from support.wheels import unpack_wheel

pytestmark = pytest.mark.exhaustive(of_file=6)  # each installs a package and runs pytest

PACK = Path(__file__).parent / "example_extension" / "acme_chaos"
DAY = "acme-tea-time"

SUITE = """
import httpx
import pytest

from chaos_llm.checks import standard

URL = "https://llm.acme.example/v1/chat/completions"
BODY = {"model": "acme-1", "messages": [{"role": "user", "content": "hi"}]}


def ask(question):
    body = BODY | {"messages": [{"role": "user", "content": question}]}
    answer = httpx.post(URL, json=body, headers={"authorization": "Bearer k"})
    answer.raise_for_status()
    return answer.json()["choices"][0]["message"]["content"]


@pytest.mark.chaos("acme-tea-time", at="tea time")
def test_a_teapot_answers(chaos):
    assert httpx.post(URL, json=BODY, headers={"authorization": "Bearer k"}).status_code == 418
    assert chaos.journal[0].applied[0].fault == "teapot"


@pytest.mark.chaos(tags="acme")
def test_its_day_is_replayed_and_its_check_made(chaos):
    report = chaos.replay(ask, calls=12)
    assert report.run.applied
    made = {check.name: check for check in standard(report.run)}
    assert made["asks_acme"](report.run).verdict == "pass"
"""


@pytest.fixture(scope="session")
def installed(tmp_path_factory):
    """A folder with the pack in it, as an installer leaves it."""
    return made_once(tmp_path_factory, "acme_chaos", lambda site: unpack_wheel(PACK, site))


def run(site, *command, cwd):
    environment = os.environ | {"PYTHONPATH": str(site), "COLUMNS": "100"}
    return subprocess.run(
        [sys.executable, *command],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_an_extension_works_like_the_built_in_parts(installed, tmp_path):
    (tmp_path / "test_acme.py").write_text(SUITE, encoding="utf-8")

    result = run(installed, "-m", "pytest", "-q", "-p", "no:cacheprovider", ".", cwd=tmp_path)

    assert result.returncode == 0, result.stdout + result.stderr
    assert "2 passed" in result.stdout


@pytest.mark.parametrize(
    ("command", "says"),
    [
        (["profiles", "--tag", "acme"], "Acme: a teapot for an hour"),
        (["profiles", "--provider", "acme"], DAY),
        (["show", DAY], "teapot(status=418)"),
        (["lint", DAY], "1 profile, no problem"),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_the_commands_list_an_extension(installed, tmp_path, command, says):
    result = run(installed, "-m", "chaos_llm", *command, cwd=tmp_path)

    assert (result.returncode, result.stderr) == (0, "")
    assert says in result.stdout


BY_HAND = """
from chaos_llm import extensions
from teapot import Teapot

extensions.add("faults", "teapot", Teapot)
"""
BY_HAND_SUITE = '''
import httpx
import pytest

from chaos_llm import outage
from chaos_llm.profiles import loads

TEXT = """
title = "tea"
starts = 2026-05-01T15:00:00Z
ends = "+1h"
[[window]]
name = "tea"
from = "+0m"
until = "+1h"
on = [{ provider = "openai" }]
share = 1.0
faults = [{ fault = "teapot" }]
evidence = "assumed"
"""


def test_a_teapot_answers():
    with outage(loads(TEXT, name="tea")):
        answer = httpx.post("https://api.openai.com/v1/chat/completions", json={})
    assert answer.status_code == 418
'''


def test_a_conftest_adds_extensions_without_a_package(tmp_path):
    fault = (PACK / "acme_chaos" / "teapot.py").read_text(encoding="utf-8")
    texts = {"teapot": fault, "conftest": BY_HAND, "test_tea": BY_HAND_SUITE}
    for name, text in texts.items():
        (tmp_path / f"{name}.py").write_text(text, encoding="utf-8")

    result = run("", "-m", "pytest", "-q", "-p", "no:cacheprovider", ".", cwd=tmp_path)

    assert result.returncode == 0, result.stdout + result.stderr
    assert "1 passed" in result.stdout


def test_an_extension_is_imported_only_when_it_is_looked_up(installed, tmp_path):
    shown = "import sys, json, chaos_llm, chaos_llm.profiles as p; p.names(); "
    shown += "print(json.dumps(sorted(n for n in sys.modules if n.startswith('acme_chaos.'))))"

    result = run(installed, "-c", shown, cwd=tmp_path)

    assert json.loads(result.stdout) == []


MISTAKES = {
    "faults": ("nobody:Fault", "cannot be imported: ModuleNotFoundError"),
    "faults-no-fault": ("json:JSONDecoder", "expected a subclass of Fault; got"),
    "faults-elsewhere": ("acme_chaos.teapot:Teapot", "expected it in a file called kettle.py"),
    "faults-twice": ("acme_chaos.teapot:Teapot", "there is a fault of that name already"),
    "providers": ("json:JSONDecoder", "expected a Provider; got"),
    "profiles": ("acme_chaos.teapot", "is not a package; expected one with .toml files"),
    "profiles-nowhere": ("nobody.outages", "cannot be found"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_broken_extension_is_reported_by_its_name(installed, tmp_path, mistake):
    value, says = MISTAKES[mistake]
    group = mistake.partition("-")[0]
    name = {"faults-twice": "hang"}.get(mistake, "kettle")
    information = tmp_path / "site" / "broken_pack-1.dist-info"
    information.mkdir(parents=True)
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: broken-pack\nVersion: 1\n")
    (information / "entry_points.txt").write_text(f"[chaos_llm.{group}]\n{name} = {value}\n")
    sites = os.pathsep.join((str(tmp_path / "site"), str(installed)))

    result = run(sites, "-m", "chaos_llm", "show", DAY, cwd=tmp_path)

    assert (result.returncode, result.stdout) == (2, "")
    what = f"broken-pack: entry point chaos_llm.{group}: {name} = {value}: "
    assert result.stderr.startswith(f"chaos-llm: {what}{says}")
