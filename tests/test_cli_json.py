"""`--json` where a command lists or judges: the same facts as its text, and nothing else."""

from __future__ import annotations

import json
import sys

import pytest
from support.apps.bots import ask
from support.commands import run_command
from support.small_profiles import HOUR, profile_of, window

from chaos_llm import outage
from chaos_llm.cli import main
from chaos_llm.reports.journals.file import written
from chaos_llm.sdk_matrix.matrix_text import chosen, left_out

ASKS = """
import json, os, urllib.error, urllib.request
url = os.environ["ANTHROPIC_BASE_URL"] + "/v1/messages"
said = [{"role": "user", "content": "x"}]
asked = {"model": "claude-sonnet-5-5", "max_tokens": 9, "messages": said}
headers = {"x-api-key": "k", "anthropic-version": "2023-06-01", "content-type": "application/json"}
try:
    urllib.request.urlopen(urllib.request.Request(url, json.dumps(asked).encode(), headers))
except urllib.error.HTTPError as error:
    print(error.code)
"""


@pytest.fixture
def shown(capsys):
    """What a command prints, which is one JSON document."""

    def shown(*arguments, status=0):
        assert main([*arguments, "--json"]) == status
        return json.loads(capsys.readouterr().out)

    return shown


@pytest.fixture
def journal(tmp_path):
    storm = profile_of(window(share=0.75, ends=HOUR, name="the storm"))
    with outage(storm, seed=7) as chaos:
        chaos.replay(ask, calls=20)
    path = tmp_path / "a.jsonl"
    path.write_text(written(chaos.journal, chaos.plan), encoding="utf-8")
    return path, chaos.journal


def test_explain_has_the_figures_of_the_summary(shown, journal):
    path, exchanges = journal
    said = shown("explain", str(path))

    assert said["seed"] == 7
    assert said["requests"] == len(exchanges)
    assert said["providers"]["anthropic"]["requests"] == len(exchanges)
    storm = said["windows"]["the storm"]
    assert storm["hit"] == storm["effects"]["applied"] == sum(bool(e.applied) for e in exchanges)
    assert said["calls"]["with_planned_faults"] <= said["calls"]["with_requests"]


def test_explain_has_each_request_of_a_call_and_what_is_said_of_it(shown, journal, capsys):
    path, exchanges = journal
    call = next(exchange.call for exchange in exchanges if exchange.applied)
    said = shown("explain", str(path), str(call))
    main(["explain", str(path), str(call)])
    text = " ".join(capsys.readouterr().out.split())

    assert said["call"] == call
    for request in said["requests"]:
        assert request["call"] == call
        assert all(sentence in text for sentence in request["explanation"])
    assert any("was applied" in each for each in said["requests"][0]["explanation"])


def test_explain_of_nothing_has_no_times(shown, tmp_path):
    (tmp_path / "empty.jsonl").write_text("")
    said = shown("explain", str(tmp_path / "empty.jsonl"))
    assert (said["requests"], said["begins"], said["calls"]) == (0, None, None)


@pytest.mark.exhaustive
def test_matrix_has_an_outcome_for_each_fault_and_way(shown):
    client = chosen()[0]
    said = shown("matrix", "--sdk", client.name)

    sdk, *_ = said["sdks"]
    assert (sdk["sdk"], sdk["version"]) == (client.name, client.version)
    assert "OverloadedError" in str(sdk["outcomes"]["overloaded()"])
    assert said["left_out"] == left_out()


@pytest.mark.exhaustive
def test_demo_has_the_report_of_each_bot(shown):
    said = shown("demo")

    assert said["seed"] == 0
    assert set(said["bots"]) == {"naive", "hardened"}
    assert said["bots"]["naive"]["answered"] < said["bots"]["hardened"]["answered"] == 1


def test_run_writes_its_verdict_to_a_file_and_leaves_the_output_to_the_command(tmp_path):
    verdict = tmp_path / "verdict.json"
    done = run_command(
        "run", "anthropic-529-storm", "--json", str(verdict), "--", sys.executable, "-c", ASKS
    )
    said = json.loads(verdict.read_text())

    assert done.stdout in ("529\n", "500\n", "503\n", "")
    assert (said["requests"], said["exit_code"]) == (1, done.returncode)
    assert said["verdict"] in ("pass", "fail", "not judged")
    assert {"check", "verdict", "seen"} <= set(said["findings"][0])


def test_a_verdict_that_cannot_be_written_is_said(tmp_path):
    missing = tmp_path / "no" / "verdict.json"
    done = run_command(
        "run", "anthropic-529-storm", "--json", str(missing), "--", sys.executable, "-c", "pass"
    )
    assert done.returncode == 2
    assert f"--json {missing}: " in done.stderr
